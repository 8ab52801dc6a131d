"""The kinds of faults, each as a script of timed actions."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Action:
    """Something to do at an instant, counted in seconds from the first worker's start."""

    at: float
    do: str
    """A method of `inject.Injector`."""
    target: int = 0
    value: float = 0.0


class Script:
    """Collects the actions of one fault; times are relative to its begin."""

    def __init__(self, rng: random.Random, begin: float) -> None:
        self.rng = rng
        self._begin = begin
        self.actions: list[Action] = []

    def at(self, seconds: float, do: str, target: int = 0, value: float = 0.0) -> None:
        when = round(self._begin + seconds, 2)
        self.actions.append(Action(when, do, target, round(value, 3)))

    def then(self, seconds: float, do: str, target: int = 0, value: float = 0.0) -> None:
        """Do something so long after the action before it."""
        self.at(self.actions[-1].at - self._begin + seconds, do, target, value)

    def between(self, low: float, high: float) -> float:
        return self.rng.uniform(low, high)

    def any(self) -> int:
        return self.rng.randrange(12)


Write = Callable[[Script], None]


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what the brokers must be able to bear, and what it excludes meanwhile."""

    name: str
    write: Write
    needs: frozenset[str] = frozenset()
    group: str = "workers"
    """`all` overlaps with nothing, `workers` with everything else, others not among themselves."""
    weight: int = 2


def _killed(script: Script) -> None:
    script.at(0, "kill", target := script.any())
    script.at(script.between(0.2, 4), "start", target)


def _all_killed(script: Script) -> None:
    script.at(0, "kill_all")
    script.at(script.between(0.2, 2), "start_all")


def _joins(script: Script) -> None:
    script.at(0, "start")


def _leaves(script: Script) -> None:
    script.at(0, "terminate", script.any())


def _come_and_go(script: Script) -> None:
    script.at(0, "scale", value=1)
    for count in (3, 2, 4):
        script.then(script.between(3, 6), "scale", value=count)


def _zombie(script: Script) -> None:
    target = script.any()
    script.at(0, "freeze", target)
    script.at(script.between(8.5, 12), "thaw", target)


def _alone(script: Script) -> None:
    script.at(0, "scale", value=1)
    script.at(script.between(1, 3), "freeze", 0)
    script.then(script.between(8, 11), "thaw", 0)


def _idle_zombie(script: Script) -> None:
    target = script.any()
    script.at(0, "hold_input")
    script.at(0.5, "freeze", target)
    awake = script.between(9, 11)
    script.at(awake, "thaw", target)
    script.at(awake + 2.5, "go_on_with_input")


def _gets_them_back(script: Script) -> None:
    target = script.any()
    script.at(0, "at_least", value=2)
    begin = script.between(2, 4)
    script.at(begin, "freeze", target)
    awake = begin + script.between(9.5, 11)
    script.at(awake, "thaw", target)
    script.at(awake + script.between(0.1, 1.5), "kill_others", target)


def _late_checkpoint(script: Script) -> None:
    target = script.any()
    script.at(0, "at_least", value=2)
    begin = script.between(2, 4)
    script.at(begin, "freeze_in_checkpoint", target)
    awake = begin + script.between(11, 13)
    script.at(awake, "thaw", target)
    script.at(awake + script.between(0.5, 2), "kill_others", target)
    script.at(awake + 3, "start")


def _damage(how: str) -> Write:
    def write(script: Script) -> None:
        script.at(0, "await_checkpoints")
        script.at(0.1, "kill_all")
        script.at(0.3, "damage_" + how, script.any())
        script.at(0.6, "start_all")

    return write


def _checkpoints_gone(script: Script) -> None:
    script.at(0, "await_checkpoints")
    script.at(0.1, "lose_checkpoints")


def _input_gone(script: Script) -> None:
    script.at(0, "await_checkpoints")
    script.at(0.1, "kill_all")
    script.at(script.between(1.1, 2), "lose_input")


def _commits_moved(script: Script) -> None:
    script.at(0, "kill_all")
    script.at(7.0, "move_commits")  # the dead must have left the group
    script.at(7.2, "start_all")


def _clock(script: Script) -> None:
    script.at(0, "clock", value=script.rng.choice([-365, -1, -0.01, 0.01, 1, 40, 365 * 20]))
    script.at(script.between(2, 6), "clock", value=0.0)


def _broker_killed(role: str) -> Write:
    def write(script: Script) -> None:
        script.at(0, "kill_broker_" + role, target := script.any())
        script.at(script.between(1, 6), "start_broker", target)

    return write


def _broker_frozen(script: Script) -> None:
    script.at(0, "freeze_broker", target := script.any())
    script.at(script.between(2, 10), "thaw_broker", target)


def _two_brokers_killed(script: Script) -> None:
    script.at(0, "kill_broker_any", 0)
    script.at(0.1, "kill_broker_any", 1)
    back = script.between(2, 6)
    script.at(back, "start_broker", 0)
    script.at(back + script.between(0, 3), "start_broker", 1)


def _resets(script: Script) -> None:
    script.at(0, "reset_links")
    for _ in range(script.rng.randrange(4)):
        script.then(script.between(0.2, 2), "reset_links")


def _half_open(script: Script) -> None:
    script.at(0, "silence_links", script.any())
    script.at(script.between(3, 10), "fair_links", value=1)


def _slow(script: Script) -> None:
    script.at(0, "slow_links", value=script.between(30_000, 150_000))
    script.at(script.between(4, 8), "fair_links")


def _delayed(script: Script) -> None:
    script.at(0, "delay_links", value=script.between(0.1, 0.5))
    script.at(script.between(4, 8), "fair_links")


_DELETE, _LINKS = frozenset({"delete"}), frozenset({"links"})
_BROKER, _THREE = frozenset({"broker"}), frozenset({"three"})

KINDS: Final = (
    Kind("worker killed (SIGKILL)", _killed, weight=5),
    Kind("all workers killed", _all_killed, weight=3),
    Kind("worker joins", _joins, weight=2),
    Kind("worker leaves (SIGTERM)", _leaves, weight=2),
    Kind("workers come and go: 1, 3, 2, 4", _come_and_go),
    Kind("zombie: sleeps past its session", _zombie, weight=3),
    Kind("zombie, the only worker", _alone),
    Kind("zombie, idle meanwhile", _idle_zombie),
    Kind("zombie that gets its partitions back", _gets_them_back),
    Kind("zombie's late checkpoint, then the owner killed", _late_checkpoint, weight=3),
    Kind("checkpoint damaged: chunk missing", _damage("missing"), group="all", weight=1),
    Kind("checkpoint damaged: bad checksum", _damage("flipped"), group="all", weight=1),
    Kind("checkpoint damaged: cut off", _damage("cut"), group="all", weight=1),
    Kind("checkpoint damaged: two mixed", _damage("mixed"), group="all", weight=1),
    Kind("newest checkpoint is an old one", _damage("old"), group="all", weight=1),
    Kind("all checkpoints deleted", _checkpoints_gone, _DELETE, "all"),
    Kind("input deleted before it was read", _input_gone, _DELETE, "all"),
    Kind("committed offsets moved", _commits_moved, _DELETE, "all", 1),
    Kind("clock moved", _clock, group="clock"),
    Kind("broker killed", _broker_killed("any"), _BROKER, "brokers"),
    Kind("broker frozen", _broker_frozen, _BROKER, "brokers"),
    Kind("partition leader killed", _broker_killed("leader"), _THREE, "brokers"),
    Kind("group coordinator killed", _broker_killed("coordinator"), _THREE, "brokers"),
    Kind("controller killed", _broker_killed("controller"), _THREE, "brokers"),
    Kind("two of three brokers killed (ISR 1)", _two_brokers_killed, _THREE, "brokers"),
    Kind("connections reset", _resets, _LINKS, "brokers"),
    Kind("connections half-open", _half_open, _LINKS, "brokers"),
    Kind("slow links", _slow, _LINKS, "brokers"),
    Kind("delayed links", _delayed, _LINKS, "brokers"),
)
