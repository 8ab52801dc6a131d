"""Checkpoints in their topic: write one durably, load the best one, prune what is behind."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.structs import RecordMetadata

from ..logs import Lid
from . import checkpoint
from .broker import BROKER_ERRORS, Broker, Tp
from .checkpoint import Checkpoint, Manifest, Stored
from .errors import RefusedError
from .reasons import DENIED

log = logging.getLogger(__name__)

LOAD_ATTEMPTS = 5


@dataclass(frozen=True)
class Cut:
    """One consistent cut of a partition: everything applied up to `positions`, nothing else.

    `records` may be packed while they are read, once.
    """

    positions: dict[str, int]
    records: Iterable[tuple[bytes, bytes]]
    rules: str


class _Counted:
    """Records that are counted as they go by."""

    def __init__(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        self.count = 0
        self._records = records

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        for record in self._records:
            self.count += 1
            yield record


class Written(NamedTuple):
    """A checkpoint that is complete in its topic."""

    start: int
    bytes: int
    seconds: float
    at: float


class Loaded(NamedTuple):
    """What a partition starts from; `checkpoint` is None at its very first start."""

    checkpoint: Checkpoint | None
    damaged: int
    starts: tuple[int, ...]


class Checkpoints:
    """The checkpoint topic; partition p holds the checkpoints of input partition p."""

    def __init__(self, broker: Broker, topic: str, *, writer: str, accept_gap: bool) -> None:
        self._broker = broker
        self._topic = topic
        self._writer = writer
        self._accept_gap = accept_gap
        self._lid = Lid()

    async def write(
        self, partition: int, cut: Cut, *, way: Callable[[], Awaitable[None]]
    ) -> Written:
        """Write `cut`; return when it is complete. Raise if anything was not acknowledged.

        Between chunks `way` lets others work.
        """
        begun = time.monotonic()
        producer = await self._broker.producer()
        checkpoint_id, acknowledgements, values, size = uuid.uuid4().bytes, [], [], 0
        records = _Counted(cut.records)
        for index, value in enumerate(checkpoint.chunks(records)):
            key = checkpoint.key(checkpoint_id, index)
            acknowledgements.append(await producer.send(self._topic, value, key, partition))
            values.append(value)
            size += len(value)
            await way()
        stored = await _all(acknowledgements)  # chunks are durable before the manifest is sent
        at = time.time()
        manifest = Manifest(
            format=checkpoint.FORMAT,
            positions=cut.positions,
            chunks=len(values),
            digest=checkpoint.digest(values),
            records=records.count,
            rules=cut.rules,
            written_at=int(at * 1000),
            writer=self._writer,
        )
        sealed = checkpoint.seal(manifest)
        key = checkpoint.key(checkpoint_id, checkpoint.MANIFEST_INDEX)
        last = await producer.send_and_wait(self._topic, sealed, key, partition)
        start = min(stored, default=last.offset)
        return Written(start, size + len(sealed), time.monotonic() - begun, at)

    async def load(self, partition: int) -> Loaded:
        """Return the best checkpoint, or RefusedError when what there was cannot be used.

        The caller holds the broker's lock.
        """
        tp = Tp(self._topic, partition)
        first, stored = await self._read(tp)
        found = checkpoint.scan(stored)
        if found.damaged:
            log.warning("%s partition %s: skipped %s incomplete checkpoints", *tp, found.damaged)
        if found.newer_format is not None:
            raise RefusedError(
                f"{self._topic} partition {partition} holds a checkpoint of format "
                f"{found.newer_format}, this version reads up to {checkpoint.FORMAT}: "
                "install the chatpulse version that wrote it, or a newer one"
            )
        if found.best is None and (first > 0 or found.damaged) and not self._accept_gap:
            raise RefusedError(
                f"{self._topic} partition {partition}: records were deleted or damaged and no "
                "complete checkpoint is left, so what was counted is lost; restore the topic, or "
                "start with --accept-gap to count again from the oldest input that still exists"
            )
        return Loaded(found.best, found.damaged, tuple(found.starts))

    async def _read(self, tp: Tp) -> tuple[int, list[Stored]]:
        for _ in range(LOAD_ATTEMPTS):
            first = (await self._broker.begins([tp]))[tp]
            end = (await self._broker.ends([tp]))[tp]
            try:
                return first, [
                    Stored(record.offset, record.key, record.value)
                    async for record in self._broker.read(tp, first, end)
                ]
            except OffsetOutOfRangeError:  # somebody pruned while we read
                continue
        raise TimeoutError(f"{tp.topic} {tp.partition}: pruned all the time while it was read")

    async def prune(self, partition: int, before: int) -> bool:
        """Delete what is before offset `before`; tell whether the broker did it."""
        try:
            await self._broker.delete_before(Tp(self._topic, partition), before)
        except DENIED:
            if self._lid.lifts(self._topic):
                log.warning("old checkpoints stay: Delete is missing on topic %s", self._topic)
            return False
        except BROKER_ERRORS as error:
            log.debug("%s partition %s: not pruned: %r", self._topic, partition, error)
            return False
        return True


async def _all(acknowledgements: Iterable[asyncio.Future[RecordMetadata]]) -> list[int]:
    """Wait for all of them, then return their offsets or raise the first error."""
    offsets = []
    for result in await asyncio.gather(*acknowledgements, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        offsets.append(result.offset)
    return offsets
