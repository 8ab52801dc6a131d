"""The shell around the engine: Faust app, stage loop, checkpoints, web."""
