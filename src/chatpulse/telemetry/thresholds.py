"""Thresholds and colours that alerts, dashboards and the wall page share: `thresholds.toml`.

The file beside this module is the only place where they are written down. Here is what the wall
page needs of it; the generators of rules and dashboards read all of it and refuse what is wrong.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

FILE: Final = "thresholds.toml"
"""Name of the file, in this package."""


class Levels(Struct, frozen=True):
    """Where the levels of a number begin; a critical value below the warning means low is bad.

    None: there is no such level. `samples`: with fewer behind it the number has no level at all.
    """

    warning: float | None = None
    critical: float | None = None
    samples: int = 0


class Alerts(Struct, frozen=True):
    """Numbers that are alerts as well; waits in seconds, shares from 0 to 1."""

    buyer_waiting: Levels
    buyers_queued: Levels
    slow_responder: Levels
    shop_slow: Levels
    shop_reply_rate: Levels


class Display(Struct, frozen=True):
    """Numbers that are only coloured; spans in seconds, shares from 0 to 1."""

    data_delay: Levels
    silence: Levels
    thirty_second_rate: Levels
    conversion: Levels


class Colours(Struct, frozen=True):
    """Colours of the levels, `#RRGGBB`."""

    good: str
    warning: str
    critical: str
    neutral: str


class Thresholds(Struct, frozen=True):
    """What the file says, as far as the wall page needs it."""

    alerts: Alerts
    display: Display
    colours: Colours


def parse_thresholds(text: str) -> Thresholds:
    """Return what a thresholds file says; raise `msgspec.DecodeError` if something is missing."""
    return msgspec.toml.decode(text, type=Thresholds)
