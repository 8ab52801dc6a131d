"""Checkpoints that would be the best of their partition, if they were right."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import msgspec

from chatpulse.worker import checkpoint
from chatpulse.worker.checkpoint import Checkpoint
from tests.faults.brokers import Site
from tests.faults.feeder import Feeder
from tests.faults.tail import Tail
from tests.worker.lab import PARTITIONS, Lab, producer


class UnexpectedError(AssertionError):
    """Workers or brokers did not do what they must."""


@dataclass
class Damager:
    """Adds damaged checkpoints to the topic, while no worker runs."""

    lab: Lab
    site: Site
    feeder: Feeder
    tail: Tail

    def damage_missing(self, target: int, value: float) -> None:
        """Add a checkpoint that would be the best, without one of its chunks."""
        for number, found in self._newest():
            chunks = list(checkpoint.chunks(found.records))
            self._write(number, found, chunks, chunks[: len(chunks) // 2])

    def damage_flipped(self, target: int, value: float) -> None:
        """Add a checkpoint that would be the best, one bit of it flipped."""
        for number, found in self._newest():
            chunks = list(checkpoint.chunks(found.records))
            bent = bytearray(chunks[-1])
            bent[target % len(bent)] ^= 1
            self._write(number, found, chunks, [*chunks[:-1], bytes(bent)])

    def damage_cut(self, target: int, value: float) -> None:
        """Add a checkpoint that would be the best, its manifest cut off in the middle."""
        for number, found in self._newest():
            chunks = list(checkpoint.chunks(found.records))
            self._write(number, found, chunks, chunks, cut=True)

    def damage_mixed(self, target: int, value: float) -> None:
        """Add a checkpoint that would be the best, with the chunks of an older one."""
        for number, found in self._newest():
            older = self.tail.complete(number)[0]
            chunks = list(checkpoint.chunks(found.records))
            self._write(number, found, chunks, list(checkpoint.chunks(older.records[:-1])))

    def damage_old(self, target: int, value: float) -> None:
        """Add the oldest complete checkpoint once more: the newest record, but behind."""
        for number, _ in self._newest():
            older = self.tail.complete(number)[0]
            chunks = list(checkpoint.chunks(older.records))
            self._write(number, older, chunks, chunks, ahead=0)

    def settle(self) -> dict[int, int]:
        """Return the ends of the checkpoint topic, all before them having been read."""
        topic = self.lab.topic("checkpoints")
        ends = {number: end for (_, number), end in self.site.ends([topic]).items()}
        self.tail.catch_up(ends)
        return ends

    def _newest(self) -> list[tuple[int, Checkpoint]]:
        self.settle()
        newest = [(n, self.tail.complete(n)[-1:]) for n in range(PARTITIONS)]
        return [(number, found[0]) for number, found in newest if found and found[0].records]

    def _write(
        self,
        number: int,
        found: Checkpoint,
        chunks: list[bytes],
        written: list[bytes],
        *,
        cut: bool = False,
        ahead: int = 1,
    ) -> None:
        """Write a checkpoint as if it had all the input there is, but not quite right."""
        topics = {self.lab.topic(role): role for role in ("messages", "orders")}
        ends = self.feeder.ends()
        positions = {
            topic: max(at, ends.get((role, number), 0)) if ahead else at
            for topic, role in topics.items()
            for at in [found.manifest.positions[topic]]
        }
        manifest = msgspec.structs.replace(
            found.manifest,
            positions=positions,
            chunks=len(chunks),
            digest=checkpoint.digest(chunks),
        )
        sealed, made = checkpoint.seal(manifest), uuid.uuid4().bytes
        out = producer(self.lab.address)
        records = [(checkpoint.key(made, n), chunk) for n, chunk in enumerate(written)]
        last = (checkpoint.key(made, checkpoint.MANIFEST_INDEX), sealed[: len(sealed) // 2])
        records.append(last if cut else (last[0], sealed))
        for key, value in records:
            out.produce(self.lab.topic("checkpoints"), value, key, number)
        if out.flush(20):
            raise UnexpectedError("the damaged checkpoint was not written")
