"""A command that ends with its parent: `python -m chatpulse.demo.leash COMMAND ...`.

The parent holds the other end of standard input. When that ends, however the parent went, SIGKILL
included, the command is asked to stop, and a little later made to.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

from ..cli import main

GRACE_SECONDS: Final = 3.0


def watch() -> None:
    """Stop this process when standard input ends."""
    while os.read(0, 1024):  # not sys.stdin: its lock would be held at the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=watch, daemon=True).start()
    main()
