"""What ends a worker with one clear line instead of a traceback."""

from __future__ import annotations


class RefusedError(Exception):
    """The worker cannot go on without a person; `str()` is one clear line with the remedy."""
