"""What is simulated: how many shops, agents and events, and around which clock."""

from __future__ import annotations

import datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ...contract.ids import DAY, HOUR, MINUTE

Curve: TypeAlias = Literal["day", "flat"]

ZONE: Final = datetime.timezone(datetime.timedelta(hours=8), "Asia/Shanghai")
"""Time zone of every simulated shop; it has had no daylight saving time since 1991."""

OFFSET_MINUTES: Final = 8 * 60


class Room(Struct, frozen=True, kw_only=True):
    """A service room.

    `rate`: events per second of all shops together, averaged over the day curve. `agents`: per
    shop. `curve`: `day` is busy at 10, 15 and 21 o'clock, nearly asleep at 4, with shifts; `flat`
    is busy around the clock with everybody on duty (a demo must not depend on the hour at which it
    is shown). `all_topics` adds feedback, after-sales, presence and assessments at a low frequency.
    """

    rate: float = 5.0
    shops: int = 1
    agents: int = 6
    curve: Curve = "day"
    all_topics: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.rate < float("inf"):
            raise ValueError("rate: must be more than 0 events per second")
        if self.shops < 1:
            raise ValueError("shops: must be at least 1")
        if self.agents < 1:
            raise ValueError("agents: must be at least 1")


def minute_of_day(at: int) -> int:
    """Return the shop's local minute of the day, 0..1439."""
    return (at // MINUTE + OFFSET_MINUTES) % 1440


def day_number(at: int) -> int:
    """Return the number of the shop's local day since the epoch."""
    return (at // MINUTE + OFFSET_MINUTES) // 1440


def date_of(at: int) -> datetime.date:
    """Return the shop's local day."""
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=day_number(at))


def start_of_day(day: int) -> int:
    """Return the instant at which the local day of this number begins."""
    return day * DAY - OFFSET_MINUTES * MINUTE


def clock(hours: float) -> int:
    """Return a time of day as a minute of the day."""
    return int(hours * HOUR) // MINUTE
