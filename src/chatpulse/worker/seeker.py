"""Getting the record that is expected next: seek when assigned, at gaps, and when nothing comes.

Faust and aiokafka may hand over records from the wrong place after a rebalance, drop some, or stop
without a word (docs/decisions/0006-own-stage-loop.md). The stage therefore knows for every input
which offset it expects, and here is what it does when another one comes, or none.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from .broker import Broker, Tp
from .group import Group
from .loader import Loader
from .owned import Owned

AGAIN_SECONDS: Final = 1.0


class Seeker:
    """Which inputs have to be sought, and when."""

    def __init__(self, group: Group, broker: Broker, loader: Loader) -> None:
        self._group = group
        self._broker = broker
        self._loader = loader
        self._due: dict[Tp, float] = {}  # when to seek (again), monotonic seconds
        self._seen: dict[Tp, int] = {}  # positions at the last look for a stall

    def begin(self, parts: Mapping[int, Owned]) -> None:
        """Seek every input of a new generation."""
        self._seen.clear()
        self._due = {Tp(topic, n): 0.0 for n, part in parts.items() for topic in part.positions}

    def arrived(self, tp: Tp) -> None:
        """Take note that the expected record has come."""
        self._due.pop(tp, None)

    async def accept(self, part: Owned, tp: Tp, offset: int) -> bool:
        """Tell whether nothing exists between the expected offset and `offset`; else seek back."""
        expected = part.positions[tp.topic]
        if tp in self._due:
            return False
        async with self._broker.lock:
            begin = (await self._broker.begins([tp]))[tp]
            if begin > expected:
                self._loader.gap(tp, expected, begin)
                part.positions[tp.topic] = expected = begin
            if expected == offset:
                return True
            if await self._broker.first(tp, expected) == offset:
                part.positions[tp.topic] = offset
                return True  # a transaction's marker, or compacted away
        self._due[tp] = 0.0
        return False

    def watch(self, positions: Mapping[Tp, int], ends: Mapping[Tp, int]) -> None:
        """Seek where input exists but nothing has come since the last call."""
        for tp, end in ends.items():
            if end > positions[tp] == self._seen.get(tp):
                self._due.setdefault(tp, 0.0)
        self._seen = dict(positions)

    async def seek(self, parts: Mapping[int, Owned]) -> None:
        """Do the seeks that are due; each is repeated until the expected record has come."""
        now = time.monotonic()
        due = {
            tp: position
            for tp, when in self._due.items()
            if when <= now
            and self._group.next_offset(tp) != (position := parts[tp.partition].positions[tp.topic])
        }
        if not due:
            return
        await self._group.seek(due)
        async with self._broker.lock:
            ends = await self._broker.ends(due)
        for tp, end in ends.items():
            if end > due[tp]:
                self._due[tp] = now + AGAIN_SECONDS
            else:
                self._due.pop(tp, None)
