"""`make audit`: ask PyPI for advisories about the locked dependencies.

Where nobody tells, as on a closed network, nothing was found either way: that is said, and is no
failure. All else is one: an advisory, a package that PyPI does not know, a service that stops
answering halfway.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

import requests

KNOWN: Final = "https://pypi.org/pypi/aiohttp/3.8.0/json"
"""What is told of a version that has advisories. A mirror that knows of none is not the service."""

PATIENCE_SECONDS: Final = 15.0

AUDIT: Final = (
    *(sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes"),
    *("--progress-spinner", "off", "-r", "requirements/run.lock"),
)


def main(
    command: Sequence[str] = AUDIT, known: str = KNOWN, patience_seconds: float = PATIENCE_SECONDS
) -> int:
    """Return 0 if there is no advisory, or nobody to ask."""
    reason = silence(known, patience_seconds)
    if reason is not None:
        print(f"not audited: the advisory service cannot be reached ({reason})")
        return 0
    return subprocess.run(command, check=False).returncode


def silence(known: str, seconds: float) -> str | None:
    """Return, within `seconds`, why the service tells of no advisories; None if it does."""
    answers = queue.SimpleQueue[str | None]()
    # No time-out of a request bounds all of it: names to look up, an answer byte by byte.
    asking = threading.Thread(target=lambda: answers.put(_ask(known, seconds)), daemon=True)
    asking.start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        return f"no answer within {seconds:g} s"


def _ask(known: str, seconds: float) -> str | None:
    try:
        answer = requests.get(known, timeout=seconds)
        if not answer.ok:
            return f"it answers {answer.status_code}"
        told = answer.json()
    except requests.RequestException as error:  # an answer that is no JSON is one
        return type(error).__name__
    match told:
        case {"vulnerabilities": [_, *_]}:
            return None
        case _:
            return "it answers without advisories"


if __name__ == "__main__":
    sys.exit(main())
