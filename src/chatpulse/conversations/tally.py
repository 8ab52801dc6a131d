"""What one conversation contributes to the numbers of one day of its shop."""

from __future__ import annotations

from msgspec import Struct, field


class Tally(Struct):
    """Counts by owner (agent id, or NOBODY for the shop itself) and name, and their minutes.

    All of it is additive over conversations. `minutes` are for the sliding windows: (minute since
    the epoch, owner, name, amount). `spans` are (owner, first minute, last minute) in conversation.
    """

    day: int
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    minutes: list[tuple[int, str, str, int]] = field(default_factory=list)

    def add(self, owner: str, name: str, amount: int = 1) -> None:
        """Add to one number of one owner."""
        counts = self.counts.get(owner)
        if counts is None:
            self.counts[owner] = {name: amount}
        else:
            counts[name] = counts.get(name, 0) + amount
