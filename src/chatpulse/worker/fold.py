"""One record into one partition, and what it has to say afterwards."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from .broker import BROKER_ERRORS, Broker, Tp
from .owned import Owned
from .records import Record

log = logging.getLogger(__name__)


class Fold:
    """What the stage does with owned partitions, beside deciding which record is next."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def take(self, part: Owned, record: Record, now_ms: int) -> None:
        """Fold the next record of its topic into `part`."""
        try:
            event = part.read(record, now_ms)
            if event is None:
                return
            if part.turns_day(event):
                await self.look_at_ends([part], event.at)
            part.apply(record, event)
        except BROKER_ERRORS:
            raise
        except Exception:
            log.critical("the engine failed at %s", record)
            raise

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
