"""Boards: the sum of the tallies of all conversations of a shop, by day and by minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from ..conversations.tally import Moment, Tally
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

    def copy(self) -> DayBoard:
        """Return a board of the same numbers, which does not change when this one does."""
        board = DayBoard(self.day)
        board.counts = {owner: Counter(counts) for owner, counts in self.counts.items()}
        board._steps = {owner: dict(steps) for owner, steps in self._steps.items()}
        return board

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
    """Numbers by minute for the sliding windows; what nobody looks at any more is dropped.

    The sums of `windows` (lengths in minutes) are kept as minutes come and go.
    """

    __slots__ = ("_minutes", "_now", "_sums", "length")

    def __init__(self, length: int, windows: Iterable[int] = ()) -> None:
        """`length`: how many minutes are kept, the current one included."""
        self.length = length
        self._minutes: dict[int, dict[str, Counter[str]]] = {}
        self._now = 0
        self._sums: dict[int, dict[str, Counter[str]]] = {window: {} for window in windows}

    def add(self, tally: Tally, now_minute: int, sign: int = 1) -> None:
        """Add a tally's moments, as far as a window can still see them; `sign` as of a day."""
        self.expire(now_minute)
        oldest = now_minute - self.length
        for moment in tally.moments or ():
            if moment.minute > oldest:
                _add_moment(self._minutes.setdefault(moment.minute, {}), moment, sign)
                for window, sums in self._sums.items():
                    if now_minute - window < moment.minute <= now_minute:
                        _add_moment(sums, moment, sign)

    def expire(self, now_minute: int) -> None:
        """Let the current minute be `now_minute`, never an earlier one than before."""
        if now_minute <= self._now:
            return
        for window, sums in self._sums.items():
            for minute in self._between(self._now, now_minute):
                _merge(sums, self._minutes[minute], 1)
            for minute in self._between(self._now - window, now_minute - window):
                _merge(sums, self._minutes[minute], -1)
        self._now = now_minute
        for minute in [m for m in self._minutes if m <= now_minute - self.length]:
            del self._minutes[minute]

    def minute(self, minute: int) -> Counts:
        """Return the numbers by owner of one minute, as long as it is kept."""
        return self._minutes.get(minute, {})

    def window(self, now_minute: int, length: int) -> Counts:
        """Return the numbers by owner of the current minute and the `length - 1` before it."""
        if now_minute == self._now and length in self._sums:
            return self._sums[length]
        total: dict[str, Counter[str]] = {}
        for minute in self._between(now_minute - length, now_minute):
            _merge(total, self._minutes[minute], 1)
        return total

    def _between(self, after: int, until: int) -> list[int]:
        return [minute for minute in self._minutes if after < minute <= until]


def _add_moment(owners: dict[str, Counter[str]], moment: Moment, sign: int) -> None:
    counts = owners.get(moment.owner)
    if counts is None:
        counts = owners[moment.owner] = Counter()
    _count(counts, moment.names, sign)
    if moment.response_ms:
        counts["response_ms_sum"] += sign * moment.response_ms


def _merge(sums: dict[str, Counter[str]], counts: Counts, sign: int) -> None:
    """Add the numbers of a minute, or take them back; an owner left with nothing goes."""
    for owner, numbers in counts.items():
        own = sums.setdefault(owner, Counter())
        for name, amount in numbers.items():
            own[name] += sign * amount
        if sign < 0 and not any(own.values()):
            del sums[owner]


def _count(counts: Counter[str], names: Iterable[str], sign: int) -> None:
    if sign > 0:
        counts.update(names)
    else:
        counts.subtract(names)
