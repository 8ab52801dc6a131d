"""What `chatpulse.logs.set_up` does to the process of the tests, undone."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chatpulse.logs import NOISY


@contextmanager
def logging_kept() -> Iterator[None]:
    """Restore at the end of the block: handlers, levels, and who hears of uncaught errors."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("", *NOISY)}
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for name, level in levels.items():
            logging.getLogger(name or None).setLevel(level)
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
        logging.captureWarnings(False)
