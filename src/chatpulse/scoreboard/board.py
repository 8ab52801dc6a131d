"""Boards: the sum of the tallies of all conversations of a shop, by day and by minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from ..conversations.tally import Tally
from .scorecard import Scorecard, scorecard

Counts: TypeAlias = Mapping[str, Mapping[str, int]]
"""Numbers by owner and name."""


class DayBoard:
    """One day of one shop: numbers by owner, and how many conversations each minute has."""

    __slots__ = ("_steps", "counts", "day")

    def __init__(self, day: int) -> None:
        self.day = day
        self.counts: dict[str, Counter[str]] = {}
        self._steps: dict[str, dict[int, int]] = {}

    def add(self, tally: Tally, sign: int = 1) -> None:
        """Add a conversation's tally of this day; with `sign=-1` take it back."""
        for owner, numbers in tally.owners.items():
            counts = self.counts.get(owner)
            if counts is None:
                counts = self.counts[owner] = Counter()
            _count(counts, numbers.names, sign)
            for name, amount in numbers.sums.items():
                counts[name] += sign * amount
        for owner, first, last in tally.spans:
            steps = self._steps.setdefault(owner, {})
            steps[first] = steps.get(first, 0) + sign
            steps[last + 1] = steps.get(last + 1, 0) - sign

    def max_concurrent(self, owner: str) -> int:
        """Return the largest number of buyers in conversation with the owner in one minute."""
        running = most = 0
        for _, step in sorted(self._steps.get(owner, {}).items()):
            running += step
            most = max(most, running)
        return most

    def scorecards(self, shop_id: str) -> Iterator[Scorecard]:
        """Yield the scorecards with a number that is not zero, the shop's own first."""
        for owner in sorted(self.counts.keys() | self._steps.keys()):
            counts = self.counts.get(owner, Counter())
            card = scorecard(shop_id, owner, self.day, counts, self.max_concurrent(owner))
            if card is not None:
                yield card


class MinuteRing:
    """Numbers by minute for the sliding windows; what nobody looks at any more is dropped."""

    __slots__ = ("_minutes", "length")

    def __init__(self, length: int) -> None:
        """`length`: how many minutes are kept, the current one included."""
        self.length = length
        self._minutes: dict[int, dict[str, Counter[str]]] = {}

    def add(self, tally: Tally, now_minute: int, sign: int = 1) -> None:
        """Add a tally's moments, as far as a window can still see them; `sign` as of a day."""
        oldest = now_minute - self.length
        for moment in tally.moments or ():
            if moment.minute > oldest:
                owners = self._minutes.setdefault(moment.minute, {})
                counts = owners.setdefault(moment.owner, Counter())
                _count(counts, moment.names, sign)
                counts["response_ms_sum"] += sign * moment.response_ms

    def expire(self, now_minute: int) -> None:
        """Forget the minutes no window sees any more."""
        for minute in [m for m in self._minutes if m <= now_minute - self.length]:
            del self._minutes[minute]

    def minute(self, minute: int) -> Counts:
        """Return the numbers by owner of one minute, as long as it is kept."""
        return self._minutes.get(minute, {})

    def window(self, now_minute: int, length: int) -> Counts:
        """Return the numbers by owner of the current minute and the `length - 1` before it."""
        total: dict[str, Counter[str]] = {}
        for minute in range(now_minute - length + 1, now_minute + 1):
            for owner, counts in self._minutes.get(minute, {}).items():
                total.setdefault(owner, Counter()).update(counts)
        return total


def _count(counts: Counter[str], names: Iterable[str], sign: int) -> None:
    if sign > 0:
        counts.update(names)
    else:
        counts.subtract(names)
