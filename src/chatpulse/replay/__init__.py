"""The same engine as the worker's in a for-loop over files: debugger, audit tool, batch report."""
