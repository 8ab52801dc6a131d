"""The records that were fetched and not yet taken by the stage: a bounded queue of batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from typing import Final

from .broker import Tp
from .records import Batch

MAX_WAITING: Final = 10_000
"""Records that may wait for the stage; then nothing is fetched until it has caught up."""


class Intake:
    """Batches in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: deque[Batch] = deque()
        self._count = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def put(self, batch: Batch) -> None:
        """Take over a batch that was fetched."""
        self._waiting.append(batch)
        self._count += len(batch.records)
        self._arrived.set()
        if self._count >= MAX_WAITING:
            self._room.clear()

    @property
    def is_empty(self) -> bool:
        """Tell whether the stage has taken all that has come."""
        return not self._waiting

    @property
    def is_full(self) -> bool:
        """Tell whether nothing should be fetched until there is `room`."""
        return not self._room.is_set()

    def room(self) -> Awaitable[bool]:
        """Wait until more may be fetched."""
        return self._room.wait()

    async def take(self, most: int, wait_seconds: float) -> list[Batch]:
        """Return batches of `most` records at most; none if none came within `wait_seconds`."""
        if not self._waiting:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), wait_seconds)
            except TimeoutError:
                return []
        taken: list[Batch] = []
        count = 0
        while self._waiting and count < most:
            batch = self._waiting.popleft()
            room = most - count
            if len(batch.records) > room:
                self._waiting.appendleft(batch._replace(records=batch.records[room:]))
                batch = batch._replace(records=batch.records[:room])
            taken.append(batch)
            count += len(batch.records)
        self._count -= count
        if self._count < MAX_WAITING:
            self._room.set()
        return taken

    def next_offset(self, tp: Tp, generation: int) -> int | None:
        """Return the offset of the first waiting record of `tp` and this generation."""
        for batch in self._waiting:
            if batch.tp == tp and batch.generation == generation:
                return batch.records[0].offset
        return None
