"""The compiled engine, if it is installed and wanted.

CHATPULSE_ENGINE chooses: `python`, `native` (a `Failure` where it cannot be had) or `auto`.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Final

from . import __version__
from .failure import Failure

CHOICES: Final = ("auto", "native", "python")


def _found(wanted: str) -> Any:
    """Return the compiled module; None if the plain Python is to be used."""
    if wanted not in CHOICES:
        raise Failure(f"CHATPULSE_ENGINE must be one of {', '.join(CHOICES)}, not {wanted!r}")
    if wanted == "python":
        return None
    try:
        module = import_module("chatpulse_native")
    except ImportError as error:
        reason = f"it cannot be imported ({error}); build it with `make native`"
    else:
        if module.__version__ == __version__:
            return module
        reason = f"it is of version {module.__version__}, chatpulse of {__version__}"
    if wanted == "native":
        raise Failure(f"CHATPULSE_ENGINE=native, but there is no compiled engine: {reason}")
    return None


engine: Final[Any] = _found(os.environ.get("CHATPULSE_ENGINE", "auto"))
"""The module `chatpulse_native`, or None."""

NAME: Final = "plain Python" if engine is None else "the compiled engine"
"""What folds the events here, for people."""
