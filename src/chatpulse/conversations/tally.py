"""What one conversation contributes to the numbers of one day of its shop."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct, field


class Moment(Struct, frozen=True, gc=False):
    """What happened in one minute (since the epoch), for the sliding windows."""

    minute: int
    owner: str
    names: tuple[str, ...]
    response_ms: int = 0


class Tally(Struct):
    """Numbers by owner (agent id, or NOBODY for the shop itself); additive over conversations.

    `names` has the name of a number once for each time it counts, `sums` the numbers that are
    sums. `spans` are (owner, first minute, last minute) in conversation.
    """

    day: int
    names: dict[str, list[str]] = field(default_factory=dict)
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    def count(self, owner: str, *names: str) -> None:
        """Count one for each of the names."""
        counted = self.names.get(owner)
        if counted is None:
            self.names[owner] = list(names)
        else:
            counted += names

    def add(self, owner: str, name: str, amount: int) -> None:
        """Add an amount to a sum."""
        sums = self.sums.get(owner)
        if sums is None:
            self.sums[owner] = {name: amount}
        else:
            sums[name] = sums.get(name, 0) + amount

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """All numbers by owner and name."""
        owners = dict.fromkeys([*self.names, *self.sums])
        return {
            owner: {**Counter(self.names.get(owner, ())), **self.sums.get(owner, {})}
            for owner in owners
        }
