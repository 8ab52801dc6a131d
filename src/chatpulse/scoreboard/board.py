"""Boards: the sum of the tallies of all conversations of a shop, by day and by minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..conversations.tally import Tally
from .scorecard import Scorecard, scorecard

Counts = dict[str, dict[str, int]]


class DayBoard:
    """One day of one shop: counts by owner, and how many conversations each minute has."""

    __slots__ = ("_steps", "counts", "day")

    def __init__(self, day: int) -> None:
        self.day = day
        self.counts: Counts = {}
        self._steps: dict[str, dict[int, int]] = {}

    def add(self, tally: Tally, sign: int = 1) -> None:
        """Add a conversation's tally of this day; with `sign=-1` take it back."""
        for owner, numbers in tally.counts.items():
            counts = self.counts.setdefault(owner, {})
            for name, amount in numbers.items():
                counts[name] = counts.get(name, 0) + sign * amount
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
            counts = self.counts.get(owner, {})
            card = scorecard(shop_id, owner, self.day, counts, self.max_concurrent(owner))
            if card is not None:
                yield card


class MinuteRing:
    """Counts by minute for the sliding windows; what has left the longest window is dropped."""

    __slots__ = ("_minutes", "length")

    def __init__(self, length: int) -> None:
        """`length`: the minutes of the longest window."""
        self.length = length
        self._minutes: dict[int, Counts] = {}

    def add(self, tally: Tally, now_minute: int, sign: int = 1) -> None:
        """Add a tally's minutes, as far as a window can still see them."""
        oldest = now_minute - self.length
        for minute, owner, name, amount in tally.minutes:
            if minute <= oldest:
                continue
            counts = self._minutes.setdefault(minute, {}).setdefault(owner, {})
            counts[name] = counts.get(name, 0) + sign * amount

    def expire(self, now_minute: int) -> None:
        """Forget the minutes no window sees any more."""
        for minute in [m for m in self._minutes if m <= now_minute - self.length]:
            del self._minutes[minute]

    def window(self, now_minute: int, length: int) -> Counts:
        """Return the counts by owner of the current minute and the `length - 1` before it."""
        total: Counts = {}
        for minute in range(now_minute - length + 1, now_minute + 1):
            _merge(total, self._minutes.get(minute, {}).items())
        return total


def _merge(total: Counts, counts: Iterable[tuple[str, dict[str, int]]]) -> None:
    for owner, numbers in counts:
        sums = total.setdefault(owner, {})
        for name, amount in numbers.items():
            sums[name] = sums.get(name, 0) + amount
