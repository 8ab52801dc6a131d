"""Batches into one partition, and what it has to say afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from .broker import Broker, Tp
from .owned import Owned
from .records import Batch


class Fold:
    """What the stage does with owned partitions, beside deciding which record is next."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def take(self, part: Owned, batch: Batch, start: int, now_ms: int) -> int:
        """Fold the records from `start` on; return the index of the first unexpected one."""
        while True:
            start, turning = part.fold(batch, start, now_ms)
            if turning is None:
                return start
            await self.look_at_ends([part], turning.at)
            part.begin_day(batch.tp.topic, turning)

    async def say(self, part: Owned) -> None:
        """Close the days that may close, and send what has come of it."""
        part.close_due()
        await part.outbox.send()
        if part.outbox.crowded:
            await part.outbox.settle()

    async def look_at_ends(self, parts: list[Owned], newest: int = 0) -> Mapping[Tp, int]:
        """Learn the ends of all inputs of `parts`, as of what they have read by now."""
        read = [(part, max(newest, part.horizon.newest)) for part in parts]
        tps = [Tp(topic, part.number) for part in parts for topic in part.positions]
        async with self._broker.lock:
            ends = await self._broker.ends(tps) if tps else {}
        for part, newest_read in read:
            found = {topic: ends[Tp(topic, part.number)] for topic in part.positions}
            part.note_ends(found)
            part.horizon.look(found, newest_read)
        return ends
