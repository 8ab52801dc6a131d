"""Who has to hear of a group that the first receiver did not get resolved in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct

from .alerts import Group
from .ledger import FORGET_MS


class Step(NamedTuple):
    """Tell `target` after `after_ms`."""

    target: str
    after_ms: int


class Watch(Struct, frozen=True, kw_only=True):
    """A group that fires and that one receiver was told of."""

    receiver: str
    group: Group
    """As it was last reported."""
    since_ms: int
    heard_ms: int
    done: bool = False
    """The second receiver has been told."""


class Escalations:
    """All groups that may have to be escalated."""

    def __init__(self, steps: Mapping[str, Step], watches: Iterable[Watch] = ()) -> None:
        self._steps = steps
        self._watches = {(w.receiver, w.group.key): w for w in watches if w.receiver in steps}

    def heard(self, receiver: str, group: Group, now_ms: int) -> str | None:
        """Begin, go on or end to watch a group; return who has to be told of this as well."""
        if receiver not in self._steps:
            return None
        key = (receiver, group.key)
        watch = self._watches.get(key)
        if not group.firing:
            self._watches.pop(key, None)
        elif watch is None:
            self._watches[key] = Watch(
                receiver=receiver, group=group, since_ms=now_ms, heard_ms=now_ms
            )
        else:
            self._watches[key] = msgspec.structs.replace(watch, group=group, heard_ms=now_ms)
        return self._steps[receiver].target if watch and watch.done else None

    def due(self, now_ms: int) -> Iterator[tuple[str, Watch]]:
        """Give each group whose time is over, once, with the receiver to tell."""
        for key, watch in list(self._watches.items()):
            step = self._steps[watch.receiver]
            if not watch.done and watch.since_ms + step.after_ms <= now_ms:
                self._watches[key] = msgspec.structs.replace(watch, done=True)
                yield step.target, watch

    def prune(self, now_ms: int) -> None:
        """Drop the groups that nobody has heard of for long."""
        old = [key for key, watch in self._watches.items() if now_ms - watch.heard_ms > FORGET_MS]
        for key in old:
            del self._watches[key]

    @property
    def next_ms(self) -> int | None:
        """When the next group is due; None if none is waiting."""
        dues = (
            w.since_ms + self._steps[w.receiver].after_ms
            for w in self._watches.values()
            if not w.done
        )
        return min(dues, default=None)

    @property
    def waiting(self) -> int:
        """How many groups are watched and not yet escalated."""
        return sum(not watch.done for watch in self._watches.values())

    def dump(self) -> list[Watch]:
        """Return everything that is remembered."""
        return list(self._watches.values())
