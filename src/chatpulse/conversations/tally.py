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


class Numbers(Struct):
    """The numbers of one owner.

    `names` has the name of a number once for each time it counts; `sums` are those that are sums.
    """

    names: list[str] = field(default_factory=list)
    sums: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, amount: int) -> None:
        """Add an amount to a sum."""
        self.sums[name] = self.sums.get(name, 0) + amount


class Tally(Struct):
    """Numbers by owner (agent id, or NOBODY for the shop itself); additive over conversations.

    `spans` are (owner, first minute, last minute) in conversation. `moments` is None where nobody
    looks at sliding windows; those before the minute `since` may be missing.
    """

    day: int
    moments: list[Moment] | None = None
    since: int = 0
    owners: dict[str, Numbers] = field(default_factory=dict)
    spans: list[tuple[str, int, int]] = field(default_factory=list)

    def of(self, owner: str) -> Numbers:
        """Return the owner's numbers, to be added to."""
        numbers = self.owners.get(owner)
        if numbers is None:
            numbers = self.owners[owner] = Numbers()
        return numbers

    def count(self, owner: str, *names: str) -> None:
        """Count one for each of the names."""
        self.of(owner).names += names

    def add(self, owner: str, name: str, amount: int) -> None:
        """Add an amount to a sum."""
        self.of(owner).add(name, amount)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """All numbers by owner and name."""
        return {
            owner: {**Counter(numbers.names), **numbers.sums}
            for owner, numbers in self.owners.items()
        }

    def summed(self) -> Summed:
        """Return the same with a number for each name, as it is kept."""
        return Summed(self.counts, self.spans, self.moments or [])


class Summed(Struct, gc=False):
    """A tally as the boards remember it: numbers by owner and name, spans, moments."""

    counts: dict[str, dict[str, int]]
    spans: list[tuple[str, int, int]]
    moments: list[Moment]
