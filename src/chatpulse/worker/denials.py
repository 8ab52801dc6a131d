"""What brokers do not let this worker do any more, for want of a right; it tries again meanwhile.

Rights are checked at the start (`rights.py`); they may still be taken away while a worker runs.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from ..logs import Lid
from .reasons import missing_right

log = logging.getLogger(__name__)

RECENT_SECONDS: Final = 5.0
"""A refusal is over when none has come for so long; every request is repeated within 2 s."""


class Denials:
    """The newest refusal of what a worker needs to read; notes may come from any thread."""

    def __init__(self) -> None:
        self._newest: tuple[float, str] | None = None
        self._lid = Lid()

    def note(self, error: BaseException, right: str) -> None:
        """Take note that brokers refused a request for want of `right`, and say so in the log."""
        text = missing_right(error, right)
        self._newest = time.monotonic(), text
        if self._lid.lifts(text):
            log.warning("the brokers refuse: %s; trying again", text)

    @property
    def recent(self) -> str | None:
        """Say which right is missing, None when nothing has been refused for some seconds."""
        newest = self._newest
        if newest is None or time.monotonic() - newest[0] > RECENT_SECONDS:
            return None
        return f"the brokers refuse: {newest[1]}"
