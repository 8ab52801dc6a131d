"""Boards to samples: the metric catalogue and what it says right now."""
