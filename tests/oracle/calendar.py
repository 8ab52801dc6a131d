"""Days of a shop: instants are integer milliseconds, days are ordinals of `datetime.date`."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UNIX_DAY_ZERO = dt.date(1970, 1, 1).toordinal()
_QUARTER = 15 * MINUTE


class Calendar:
    """`day(t)` is the calendar day of `t` in the shop's time zone (default `Asia/Shanghai`)."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._offsets: dict[int, int] = {}
        self._starts: dict[int, int] = {}

    def _offset(self, t: int) -> int:
        # clocks change on whole quarters of an hour, so the offset is one number per quarter
        quarter = t // _QUARTER
        offset = self._offsets.get(quarter)
        if offset is None:
            local = dt.datetime.fromtimestamp(quarter * 900, self._zone)
            shift = local.utcoffset()
            assert shift is not None
            offset = self._offsets[quarter] = int(shift.total_seconds()) * 1000
        return offset

    def day(self, t: int) -> int:
        return (t + self._offset(t)) // DAY + UNIX_DAY_ZERO

    def time_of_day(self, t: int) -> int:
        """Milliseconds on the wall clock since midnight."""
        return (t + self._offset(t)) % DAY

    def start(self, day: int) -> int:
        """Return the first instant of a day; it is the end of the day before."""
        start = self._starts.get(day)
        if start is None:
            date = dt.date.fromordinal(day)
            midnight = dt.datetime(date.year, date.month, date.day, tzinfo=self._zone)
            since = midnight - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
            start = self._starts[day] = round(since.total_seconds() * 1000)
        return start


def iso(day: int) -> str:
    return dt.date.fromordinal(day).isoformat()
