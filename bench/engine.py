"""Which engine folds the events: the compiled one where it is installed, else plain Python.

`python -m bench.engine` prints which one this environment gives.
"""

import subprocess
import sys
from typing import Final

from bench.processes import environment
from chatpulse.scoreboard import native

VARIABLE: Final = "CHATPULSE_ENGINE"
DEFAULT: Final = "auto"
PLAIN: Final = "python"
COMPILED: Final = "native"
NAMES: Final = {COMPILED: "the compiled engine", PLAIN: "plain Python"}


def used() -> str:
    """Return which engine this process folds with: `native` or `python`."""
    return COMPILED if native.AVAILABLE else PLAIN


def default() -> str:
    """Return the engine of a worker that is told nothing about it."""
    command = [sys.executable, "-m", "bench.engine"]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment(**{VARIABLE: DEFAULT})
    )
    return done.stdout.strip()


if __name__ == "__main__":
    print(used())
