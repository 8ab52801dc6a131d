"""The compiled form of `live`: boards that the extension keeps beside its rows (decision 0014)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from .board import Counts, DayBoard
from .live import WINDOWS, OpenWait, Reading
from .shop import NO_LIMIT, Shop


class Days(Mapping[int, DayBoard]):
    """The boards of the days by day, each as it is when it is asked for."""

    def __init__(self, native: Any) -> None:
        self._native = native

    def __getitem__(self, day: int) -> DayBoard:
        counts = self._native.day_counts(day)
        if counts is None:
            raise KeyError(day)
        own = {owner: Counter(numbers) for owner, numbers in counts.items()}
        return DayBoard(day, own, self._native.day_steps(day))

    def __iter__(self) -> Iterator[int]:
        return iter(self._native.board_days())

    def __len__(self) -> int:
        return len(self._native.board_days())


class NativeBoards(Reading):
    """`LiveBoards`, compiled."""

    def __init__(self, shop: Shop, native: Any) -> None:
        """`native`: the notes of the shop in the extension."""
        super().__init__(shop)
        self._native = native
        self.days = Days(native)

    def refresh(self, now: int, limit: int = NO_LIMIT) -> int:
        """Bring everything up to `now`; a clock that steps back stands still.

        Count at most `limit` conversations again, and return how many were.
        """
        return int(self._native.refresh(now, limit))

    @property
    def uncounted(self) -> int:
        """Conversations that changed, or whose time has come, and are not counted again yet."""
        return int(self._native.uncounted)

    @property
    def now(self) -> int:
        """The instant of the last refresh."""
        return int(self._native.now)

    def window(self, name: str) -> Counts:
        """Return the counts by owner of a window: `5m`, `1h` or `today`."""
        counts: Counts
        if name == "today":
            counts = self._native.day_counts(self.today) or {}
        else:
            counts = self._native.window(WINDOWS[name])
        return counts

    def minute(self, minute: int) -> Mapping[str, int]:
        """Return the shop's own numbers of one minute, as long as it is kept."""
        numbers: dict[str, int] = self._native.minute(minute)
        return numbers

    def open_waits(self) -> list[OpenWait]:
        """Return the buyers who wait now, for at most two hours."""
        return [OpenWait(*wait) for wait in self._native.open_waits()]

    def active_assignees(self) -> list[str]:
        """Return the assignee of each conversation with a message in the last 10 minutes."""
        assignees: list[str] = self._native.active_assignees()
        return assignees

    @property
    def response_counts(self) -> list[int]:
        """Replies by response time, in the buckets of the histogram."""
        counts: list[int] = self._native.responses()[0]
        return counts

    @property
    def response_ms_sum(self) -> int:
        """The sum of these response times, in milliseconds."""
        return int(self._native.responses()[1])
