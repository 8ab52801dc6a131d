"""The stage: one sequential loop that folds the input of the owned partitions.

Take what has arrived, fold its records in order, act on what came of them. Whoever gets a partition
loads its checkpoint and expects exactly the next offset after it: a record of an older generation
or below the expected offset is dropped, one above it makes the stage seek back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from ..logs import Lid
from .broker import BROKER_ERRORS, Broker, Tp
from .counters import Counters
from .errors import RefusedError
from .fold import Fold
from .group import Group
from .loader import Loader
from .owned import Owned
from .reasons import told
from .records import Batch
from .seeker import Seeker

log = logging.getLogger(__name__)

WAIT_SECONDS = 0.3
STALL_SECONDS = 2.0
WAY_TURNS = 3
WAY_SECONDS = 0.02
STUCK_SECONDS = 90.0
RETRY_SECONDS = 0.5


class Stage:
    """The owned partitions and the loop that feeds them."""

    def __init__(
        self,
        group: Group,
        broker: Broker,
        loader: Loader,
        counters: Counters,
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._group = group
        self._broker = broker
        self._loader = loader
        self._counters = counters
        self._now_ms = now_ms
        self._parts: dict[int, Owned] = {}
        self._generation: int | None = None
        self._serving = False
        self._fold = Fold(broker)
        self._seeker = Seeker(group, broker, loader)
        self._look = 0.0
        self._lid = Lid()
        self._turned_at = time.monotonic()
        self._turned = asyncio.Event()  # set for those who wait for it, never for longer
        self._stopping = asyncio.Event()

    @property
    def owned(self) -> dict[int, Owned]:
        """The partitions that are this worker's now; none during a rebalance."""
        return self._parts if self._serving else {}

    @property
    def held(self) -> dict[int, Owned]:
        """The partitions in memory; each a correct state at its positions, whoever owns it now."""
        return self._parts

    @property
    def generation(self) -> int | None:
        """The generation in which the held partitions were assigned."""
        return self._generation

    @property
    def stuck(self) -> str | None:
        """Say for how long the loop has stood still, if that is too long; None while it turns."""
        still = time.monotonic() - self._turned_at
        return f"the stage has stood still for {still:.0f} s" if still > STUCK_SECONDS else None

    @property
    def unready(self) -> str | None:
        """Say why not everything is served yet; None when it is."""
        if not self._serving:
            return "waiting for partitions: joining the group, or checkpoints are being loaded"
        behind = sorted(number for number, part in self._parts.items() if not part.ready)
        return f"reading the backlog of partitions {behind}" if behind else None

    def stop(self) -> None:
        """Make `run` return after the present batch."""
        self._stopping.set()

    def revoked(self) -> None:
        """Serve nothing until the next assignment: the partitions may be others' by now."""
        self._serving = False

    async def way(self) -> None:
        """Make way, between slices of what can wait, for the input that has arrived.

        Let the stage take up to three batches, so that the input has most of the time when there
        is much of it; where it stands still (it loads, the brokers are away) it is not waited for.
        """
        await asyncio.sleep(0)
        for _ in range(WAY_TURNS):
            if self._stopping.is_set() or not self._group.has_arrived:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._turned.wait(), WAY_SECONDS)

    async def run(self) -> None:
        """Fold until `stop`; raise RefusedError when it cannot go on, or the engine's exception."""
        while not self._stopping.is_set():
            self._turned_at = time.monotonic()
            batches = await self._group.batches(WAIT_SECONDS)
            await asyncio.sleep(0)  # whatever else there is to do, even if more has arrived
            try:
                if self._generation != self._group.generation and self._group.settled:
                    await self._assigned(self._group.generation)
                await self._process(batches)
                self._turned.set()
                self._turned.clear()
                await self._watch()
                if self._group.settled and self._generation == self._group.generation:
                    await self._seeker.seek(self._parts)
            except BROKER_ERRORS as error:  # what was dropped comes back by seeking
                if self._lid.lifts(reason := told(error)):
                    log.warning("brokers: %s; trying again", reason)
                await self._recover()
            except Exception:
                self._parts = {}  # half an event may be in one of them: no checkpoint of that
                raise

    # ---- ownership

    async def _assigned(self, generation: int) -> None:
        """Keep what was ours in the directly preceding generation, load the rest, seek all."""
        assignment = self._group.assignment()
        consecutive = self._generation is not None and generation == self._generation + 1
        parts = dict(self._parts) if consecutive else {}
        for number, topics in assignment.items():
            if topics != set(self._counters.rejected):
                raise RefusedError(
                    f"partition {number}: only {', '.join(sorted(topics))} were assigned; all "
                    "workers of a group must read the same topics: stop all, then start all anew"
                )
            if number not in parts:
                parts[number] = await self._loader.load(number)
                self._turned_at = time.monotonic()
        if generation != self._group.generation:
            return  # the next turn sees to it
        self._retire({n: p for n, p in self._parts.items() if parts.get(n) is not p})
        self._retire({n: p for n, p in parts.items() if n not in assignment})
        self._parts = {number: parts[number] for number in assignment}
        self._generation = generation
        self._serving = True
        self._seeker.begin(self._parts)
        log.info("generation %s: partitions %s", generation, sorted(self._parts))

    def _retire(self, parts: dict[int, Owned]) -> None:
        for part in parts.values():
            part.retire()

    # ---- input

    async def _process(self, batches: list[Batch]) -> None:
        touched: dict[int, Owned] = {}
        now_ms = self._now_ms()
        for batch in batches:
            part = self._parts.get(batch.tp.partition)
            if part is None or batch.generation != self._generation:
                continue  # of an older generation
            await self._fold_batch(part, batch, now_ms)
            touched[part.number] = part
        for part in touched.values():
            ends = {topic: self._group.end(Tp(topic, part.number)) for topic in part.positions}
            part.note_ends({topic: end for topic, end in ends.items() if end is not None})
            await self._fold.say(part)

    async def _fold_batch(self, part: Owned, batch: Batch, now_ms: int) -> None:
        tp, index = batch.tp, 0
        while True:
            before = part.positions[tp.topic]
            index = await self._fold.take(part, batch, index, now_ms)
            if part.positions[tp.topic] > before:
                self._seeker.arrived(tp)
            if index == len(batch.records):
                return
            if not await self._seeker.accept(part, tp, batch.records[index].offset):
                return  # beyond a gap

    async def _watch(self) -> None:
        """Every two seconds: learn the ends, close days, and seek where nothing comes."""
        now = time.monotonic()
        if now < self._look or not self._serving:
            return
        self._look = now + STALL_SECONDS
        parts = list(self._parts.values())
        positions = {Tp(t, part.number): at for part in parts for t, at in part.positions.items()}
        ends = await self._fold.look_at_ends(parts)
        for part in parts:
            await self._fold.say(part)
        self._seeker.watch(positions, ends)

    async def _recover(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), RETRY_SECONDS)
        try:
            async with self._broker.lock:
                await self._broker.reset()
        except BROKER_ERRORS as error:
            log.warning("brokers: %s", told(error))
