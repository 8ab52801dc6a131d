"""What each receiver has been told about each group, so that nobody is told twice.

Alertmanager sends a group again whenever it is not sure (time-outs, two instances, restarts). The
same group, in the same status, with the same alerts, is news only after the repeat window.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from .alerts import Group

FORGET_MS: Final = 7 * 24 * 3_600_000
"""A group that was not heard of for this long is forgotten."""


class Told(Struct, frozen=True, kw_only=True):
    """The last that one receiver was told about one group."""

    receiver: str
    key: str
    at_ms: int
    firing: frozenset[str]
    resolved: frozenset[str]


class Ledger:
    """The newest `Told` of every receiver and group."""

    def __init__(self, window_ms: int, told: Iterable[Told] = ()) -> None:
        self._window_ms = window_ms
        self._told = {(one.receiver, one.key): one for one in told}

    def is_news(self, receiver: str, group: Group, now_ms: int) -> bool:
        """Tell whether the receiver has to be told of this."""
        told = self._told.get((receiver, group.key))
        if told is None:
            return bool(group.alerts)
        if group.firing - told.firing or group.resolved - told.resolved:
            return True
        return bool(group.firing) and now_ms - told.at_ms >= self._window_ms

    def record(self, receiver: str, group: Group, now_ms: int) -> None:
        """Remember that the receiver was told of this."""
        self._told[receiver, group.key] = self._next(receiver, group, now_ms)

    def note(self, receiver: str, group: Group) -> None:
        """Remember what is firing without the receiver having been told: what stops silently."""
        if told := self._told.get((receiver, group.key)):
            self._told[receiver, group.key] = self._next(receiver, group, told.at_ms)

    def forget(self, receiver: str, key: str) -> None:
        """Take it back: the receiver could not be told."""
        self._told.pop((receiver, key), None)

    def prune(self, now_ms: int) -> None:
        """Drop the groups that are long over."""
        old = [key for key, told in self._told.items() if now_ms - told.at_ms > FORGET_MS]
        for key in old:
            del self._told[key]

    def dump(self) -> list[Told]:
        """Return everything that is remembered."""
        return list(self._told.values())

    def _next(self, receiver: str, group: Group, at_ms: int) -> Told:
        before = self._told.get((receiver, group.key))
        resolved = (before.resolved if before else frozenset()) - group.firing
        return Told(
            receiver=receiver,
            key=group.key,
            at_ms=at_ms,
            firing=group.firing,
            resolved=group.resolved if not group.firing else resolved | group.resolved,
        )
