"""When checkpoints are written: by the clock, at most a twentieth of the time, and at the end."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from .broker import BROKER_ERRORS, Tp
from .checkpoints import Checkpoints, Cut
from .counters import Counters
from .group import Group
from .owned import Owned
from .reasons import told
from .stage import Stage

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.2
COST_FACTOR: Final = 20
"""Checkpoints are at least this many times their cost apart: 5 % of the time."""

REVOKED_SECONDS: Final = 2.0


class Checkpointer:
    """Writes the checkpoints of the partitions a stage holds."""

    def __init__(
        self,
        stage: Stage,
        group: Group,
        checkpoints: Checkpoints,
        counters: Counters,
        *,
        interval_seconds: float,
        rules: str,
    ) -> None:
        self._stage = stage
        self._group = group
        self._checkpoints = checkpoints
        self._counters = counters
        self._interval_seconds = interval_seconds
        self._rules = rules
        self._lock = asyncio.Lock()  # one checkpoint at a time
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()

    async def run(self) -> None:
        """Write checkpoints that are due until `stop`."""
        while not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)
            except TimeoutError:
                await self._write_due()

    async def last(self, seconds: float) -> bool:
        """Write what is not yet written within `seconds`; tell whether it succeeded.

        Nothing depends on it but how much input is read again.
        """
        try:
            async with asyncio.timeout(seconds):
                async with self._lock:
                    written = [
                        (part, await self._write(part))
                        for part in list(self._stage.held.values())
                        if part.reach != part.saved
                    ]
                    for part, positions in written:
                        await self._tidy(part, positions, self._stage.generation)
        except BROKER_ERRORS as error:
            log.warning("the last checkpoint was not written: %s", told(error, right="Write"))
            return False
        return True

    async def revoked(self) -> None:
        """Say a last word about partitions that are being taken away."""
        self._stage.revoked()
        await self.last(REVOKED_SECONDS)

    async def _write_due(self) -> None:
        parts = self._stage.held
        cost = sum(part.cost_seconds for part in parts.values())
        interval = max(self._interval_seconds, COST_FACTOR * cost)
        for number, part in list(parts.items()):
            due = part.reach != part.saved and time.monotonic() - part.tried_at >= interval
            if not due or self._stopping.is_set():
                continue
            async with self._lock:
                if self._stage.held.get(number) is not part:
                    continue
                part.tried_at = time.monotonic()
                try:
                    generation = self._stage.generation
                    positions = await self._write(part)
                    await self._tidy(part, positions, generation)
                except BROKER_ERRORS as error:
                    reason = told(error, right="Write")
                    log.warning("partition %s: no checkpoint: %s", number, reason)

    async def _write(self, part: Owned) -> dict[str, int]:
        begun = time.monotonic()
        cut = Cut(dict(part.positions), part.engine.dump(), self._rules)
        cut_seconds = time.monotonic() - begun
        await part.outbox.settle()  # outputs that came of the input up to the cut are durable first
        written = await self._checkpoints.write(part.number, cut, way=self._stage.way)
        part.saved = sum(cut.positions.values())
        part.saved_at = written.at
        part.saved_bytes = written.bytes
        part.cost_seconds = cut_seconds + written.seconds
        part.starts = [*part.starts[-1:], written.start]
        self._counters.writes.add(part.cost_seconds)
        return cut.positions

    async def _tidy(self, part: Owned, positions: dict[str, int], generation: int | None) -> None:
        """Commit for lag displays; delete old checkpoints if that proves we are still a member."""
        if generation != self._group.generation or not self._group.settled:
            return
        offsets = {Tp(topic, part.number): at for topic, at in positions.items()}
        if await self._group.commit(offsets) and len(part.starts) == 2:
            await self._checkpoints.prune(part.number, part.starts[0])
