"""Boards: the sum of the tallies of all conversations of a shop, by day and by minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from ..conversations.tally import Moment, Summed, Tally
from .scorecard import Scorecard, scorecard

Counts: TypeAlias = Mapping[str, Mapping[str, int]]
"""Numbers by owner and name."""


_NOTHING: Final[Mapping[str, int]] = {}


class DayBoard:
    """One day of one shop: numbers by owner, and how many conversations each minute has."""

    __slots__ = ("_steps", "counts", "day")

    def __init__(
        self,
        day: int,
        counts: dict[str, Counter[str]] | None = None,
        steps: dict[str, dict[int, int]] | None = None,
    ) -> None:
        """Start from numbers by owner, or from nothing.

        `steps`: by owner and minute how many more conversations than in the minute before.
        """
        self.day = day
        self.counts = counts or {}
        self._steps = steps or {}

    def add(self, tally: Tally) -> None:
        """Add a conversation's tally of this day."""
        for owner, numbers in tally.owners.items():
            counts = self._of(owner)
            counts.update(numbers.names)
            for name, amount in numbers.sums.items():
                counts[name] += amount
        self._step(tally.spans, 1)

    def exchange(self, before: Summed, after: Summed) -> None:
        """Count `after` in the place of `before`; what both say is left alone."""
        for owner in before.counts.keys() | after.counts.keys():
            old, new = before.counts.get(owner, _NOTHING), after.counts.get(owner, _NOTHING)
            if old != new:
                _change(self._of(owner), old, new)
        if before.spans != after.spans:
            self._step(before.spans, -1)
            self._step(after.spans, 1)

    def _of(self, owner: str) -> Counter[str]:
        counts = self.counts.get(owner)
        if counts is None:
            counts = self.counts[owner] = Counter()
        return counts

    def _step(self, spans: Iterable[tuple[str, int, int]], sign: int) -> None:
        for owner, first, last in spans:
            steps = self._steps.setdefault(owner, {})
            steps[first] = steps.get(first, 0) + sign
            steps[last + 1] = steps.get(last + 1, 0) - sign

    def copy(self) -> DayBoard:
        """Return a board of the same numbers, which does not change when this one does."""
        return DayBoard(
            self.day,
            {owner: Counter(counts) for owner, counts in self.counts.items()},
            {owner: dict(steps) for owner, steps in self._steps.items()},
        )

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

    def exchange(self, before: Sequence[Moment], after: Sequence[Moment], now_minute: int) -> None:
        """Count the moments `after` in the place of `before`, as far as a window can see them.

        What both begin and end with is left alone: a conversation goes on where it was.
        """
        self.expire(now_minute)
        oldest = now_minute - self.length
        old = [moment for moment in before if moment.minute > oldest]
        new = [moment for moment in after if moment.minute > oldest]
        shorter = min(len(old), len(new))
        first = last = 0
        while first < shorter and old[first] == new[first]:
            first += 1
        while last < shorter - first and old[-1 - last] == new[-1 - last]:
            last += 1
        for moments, sign in ((old, -1), (new, 1)):
            for moment in moments[first : len(moments) - last]:
                self._add(moment, now_minute, sign)

    def _add(self, moment: Moment, now_minute: int, sign: int) -> None:
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
    for name in moment.names:
        counts[name] += sign
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


def _change(counts: Counter[str], before: Mapping[str, int], after: Mapping[str, int]) -> None:
    for name, amount in after.items():
        change = amount - before.get(name, 0)
        if change:
            counts[name] += change
    for name in before.keys() - after.keys():
        counts[name] -= before[name]
