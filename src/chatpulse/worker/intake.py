"""Whole fetch batches from the consumer to the stage, past the framework's per-message machinery.

Faust hands over every message through four tasks, a queue and an event object of its own, 50
microseconds each; the records of a fetch are a list already. `Intake.drain` replaces
`Consumer._drain_messages`. Nothing is tracked or acknowledged: which record counts is the stage's
decision, by its generation and offset.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

from .records import Record

MAX_WAITING: Final = 50_000
"""Records that may wait for the stage; then nothing is fetched until it has caught up."""


class Intake:
    """The records that were fetched and not yet taken by the stage."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._waiting: deque[Record] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def take(self, most: int, wait_seconds: float) -> list[Record]:
        """Return up to `most` records, in order; none if none came within `wait_seconds`."""
        if not self._waiting:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), wait_seconds)
            except TimeoutError:
                return []
        taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        if len(self._waiting) < MAX_WAITING:
            self._room.set()
        return taken

    async def drain(self, fetcher: Any) -> None:
        """Fetch until consumer or fetcher stop."""
        app = self._app
        consumer = app.consumer
        try:
            while not (consumer.should_stop or fetcher.should_stop):
                generation = app.consumer_generation_id  # records are never newer than this
                batches, _ = await consumer._wait_next_records(1.0)
                for batch in (batches or {}).values():
                    self._put(batch, generation)
                await asyncio.sleep(0)
                if not self._room.is_set():
                    await consumer.wait_first(self._room.wait(), consumer.suspend_flow.wait())
        except consumer.consumer_stopped_errors:
            if not app.should_stop:
                raise

    def _put(self, batch: list[Any], generation: int) -> None:
        self._waiting.extend(
            Record(m.topic, m.partition, m.offset, m.key, m.value, generation) for m in batch
        )
        self._arrived.set()
        if len(self._waiting) >= MAX_WAITING:
            self._room.clear()
