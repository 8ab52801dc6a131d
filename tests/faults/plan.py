"""What goes wrong in a campaign, and when: made from a seed, the same for the same seed.

A fault is a few timed actions. Which worker or broker an action meets is a number, taken modulo
those alive at that moment.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

from tests.faults.kinds import KINDS, Action, Script

WORKERS: Final = 4
"""As many as there are partitions."""

LATEST: Final = 16.0
"""No fault begins later, in seconds: a campaign should take half a minute."""


@dataclass(frozen=True)
class Fault:
    """A named fault: its actions, the first and the last of them mark its begin and its end."""

    name: str
    actions: tuple[Action, ...]

    @property
    def begin(self) -> float:
        return self.actions[0].at

    @property
    def end(self) -> float:
        return self.actions[-1].at


@dataclass(frozen=True)
class Plan:
    """A campaign."""

    seed: int
    kind: str
    workers: int
    events: int
    flood: int
    poison: int
    backlog: float
    """Share of the input that is there before the first worker; it is killed while it reads it."""
    faults: tuple[Fault, ...] = field(default=())

    @property
    def seconds(self) -> float:
        """For how long input flows: until the last fault is over, and a little more."""
        return max((fault.end for fault in self.faults), default=0.0) + 3.0


OF_THE_INPUT: Final = ("flood of one partition", "poison records", "killed before its checkpoint")
"""Faults that are part of the input, or of the start."""


def make(seed: int, kind: str, can: frozenset[str], *, only: str = "", featuring: str = "") -> Plan:
    """Return the campaign of a seed on brokers that bear what `can` says.

    `only`: faults whose name contains this, and just one of them. `featuring`: the first fault is
    one whose name contains this, the others are any.
    """
    rng = random.Random(f"{seed} {kind}")
    possible = [kind for kind in KINDS if kind.needs <= can and only in kind.name]
    weights = [kind.weight for kind in possible]
    first = [kind for kind in possible if featuring and featuring in kind.name]
    free: dict[str, float] = {}
    written: list[Fault] = []
    backlog = rng.choice([0.0, 0.0, 0.3])
    begin = 12.0 if backlog else 4.0  # who was killed over the backlog is missed for a session
    for _ in range(1 if only else rng.randrange(2, 6)):
        chosen = rng.choices(possible, weights)[0] if written or not first else rng.choice(first)
        begin += rng.uniform(0.5, 4.0)
        if chosen.group == "all":
            begin = max([begin, *(end + 4.0 for end in free.values())])
        elif chosen.group != "workers":
            begin = max(begin, free.get(chosen.group, 0.0))
        begin = max(begin, free.get("all", 0.0))
        if begin > LATEST and written:
            break
        script = Script(rng, round(begin, 2))
        chosen.write(script)
        fault = Fault(chosen.name, tuple(script.actions))
        written.append(fault)
        rest = 6.0 if chosen.group == "all" else 1.0
        free[chosen.group] = max(fault.end + rest, free.get(chosen.group, 0.0))
    return Plan(
        seed=seed,
        kind=kind,
        workers=rng.randrange(1, 4),
        events=rng.randrange(2_500, 5_000),
        flood=rng.choice([0, 0, 3_000]),
        poison=rng.choice([0, 0, 300]),
        backlog=backlog,
        faults=tuple(written),
    )
