"""What a replay read and did not count: how many lines, for which reason, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ..printable import printable

LISTED: Final = 20
"""Lines named one by one; the others are only counted."""


@dataclass(slots=True)
class LeftOut:
    """The rejected, late and overdue lines of one run, in bounded memory."""

    counts: Counter[str] = field(default_factory=Counter)
    _listed: list[str] = field(default_factory=list)

    def add(self, name: str, number: int, reason: str, detail: str) -> None:
        """Count line `number` (from 1) of the file `name`."""
        self.counts[reason] += 1
        if len(self._listed) < LISTED:
            self._listed.append(printable(f"{name}:{number}: {reason}: {detail}"))

    def report(self) -> Iterator[str]:
        """Yield the lines of the report; nothing when nothing was left out."""
        total = self.counts.total()
        if not total:
            return
        by_reason = ", ".join(f"{reason} {count}" for reason, count in sorted(self.counts.items()))
        yield f"left out {total} line{'s' if total > 1 else ''}: {by_reason}"
        yield from self._listed
        if total > len(self._listed):
            yield f"... and {total - len(self._listed)} more"
