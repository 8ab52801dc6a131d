"""What a replay read and did not count: how many lines, for which reason, and where."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ..printable import printable

LISTED: Final = 20
"""Lines named one by one; the others are only counted."""


@dataclass(slots=True)
class LeftOut:
    """The rejected, late and overdue lines of one run, in bounded memory.

    `places` gives the files their order; others follow as they come. Whenever the lines are met,
    the first ones of the first files are named.
    """

    places: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    _listed: list[tuple[int, int, str]] = field(default_factory=list)

    @classmethod
    def of(cls, names: Iterable[str]) -> LeftOut:
        """Return an empty one for these files in this order."""
        return cls({name: place for place, name in enumerate(names)})

    def add(self, name: str, number: int, reason: str, detail: str) -> None:
        """Count line `number` (from 1) of the file `name`."""
        self.counts[reason] += 1
        place = self.places.setdefault(name, len(self.places))
        if len(self._listed) < LISTED or (place, number) < self._listed[-1][:2]:
            text = printable(f"{name}:{number}: {reason}: {detail}")
            insort(self._listed, (place, number, text))
            del self._listed[LISTED:]

    def merge(self, other: LeftOut) -> None:
        """Add what another run has left out of the same files."""
        self.counts.update(other.counts)
        self._listed = sorted(self._listed + other._listed)[:LISTED]

    def report(self) -> Iterator[str]:
        """Yield the lines of the report; nothing when nothing was left out."""
        total = self.counts.total()
        if not total:
            return
        by_reason = ", ".join(f"{reason} {count}" for reason, count in sorted(self.counts.items()))
        yield f"left out {total} line{'s' if total > 1 else ''}: {by_reason}"
        yield from (text for _, _, text in self._listed)
        if total > len(self._listed):
            yield f"... and {total - len(self._listed)} more"
