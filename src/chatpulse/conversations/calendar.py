"""Days of a shop: which calendar day an instant belongs to, and when that day begins."""

from __future__ import annotations

import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ..contract.ids import DAY

_EPOCH_DAY: Final = datetime.date(1970, 1, 1).toordinal()
_LAST_DAY: Final = datetime.date.max.toordinal() - 1


class Calendar:
    """The calendar of one time zone.

    A day is a proleptic Gregorian ordinal (`datetime.date.toordinal`), so that days can be counted
    on; an instant is in milliseconds since the epoch. Days of 23 and 25 hours are days.
    """

    __slots__ = ("_first", "_last", "_starts", "_today", "zone")

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)
        self._starts: dict[int, int] = {}
        self._first = self._last = self._today = 0  # the day asked for last: [_first, _last)

    def day(self, at: int) -> int:
        """Return the day of the instant `at`; of one beyond all days, the nearest."""
        if self._first <= at < self._last:
            return self._today
        day = max(1, min(at // DAY + _EPOCH_DAY, _LAST_DAY))
        while day > 1 and at < self.start(day):
            day -= 1
        while day < _LAST_DAY and at >= self.start(day + 1):
            day += 1
        self._first, self._last, self._today = self.start(day), self.start(day + 1), day
        return day

    def start(self, day: int) -> int:
        """Return the first instant of `day`, which is the end of the day before."""
        start = self._starts.get(day)
        if start is None:
            date = datetime.date.fromordinal(max(1, min(day, _LAST_DAY + 1)))
            midnight = datetime.datetime.combine(date, datetime.time(), self.zone)
            start = int(midnight.timestamp()) * 1000
            if len(self._starts) > 4096:
                self._starts.clear()
            self._starts[day] = start
        return start

    def end(self, day: int) -> int:
        """Return the first instant after `day`."""
        return self.start(day + 1)

    def time_of_day(self, at: int) -> int:
        """Return what the shop's wall clock shows at `at`, in milliseconds since 00:00."""
        if not self._first <= at < self._last:
            self.day(at)
        if self._last - self._first == DAY:
            return at - self._first
        local = datetime.datetime.fromtimestamp(at // 1000, self.zone)
        seconds = (local.hour * 60 + local.minute) * 60 + local.second
        return seconds * 1000 + at % 1000


def iso(day: int) -> str:
    """Return a day as an ISO date."""
    return datetime.date.fromordinal(day).isoformat()
