"""A reader of the checkpoint topic that keeps every record, before the workers delete it."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from chatpulse.worker import checkpoint
from chatpulse.worker.checkpoint import Checkpoint, Stored
from tests.worker.lab import PARTITIONS, Lab


class Tail(threading.Thread):
    """Reads until `end`; `stored` are the records by partition."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(name="tail", daemon=True)
        self.stored: dict[int, list[Stored]] = defaultdict(list)
        self._next: dict[int, int] = defaultdict(int)
        self._ended = threading.Event()
        self._topic = lab.topic("checkpoints")
        self._consumer = Consumer(
            {
                "bootstrap.servers": lab.address,
                "group.id": uuid.uuid4().hex,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "reconnect.backoff.max.ms": 500,
                "fetch.wait.max.ms": 50,
                "topic.metadata.refresh.interval.ms": 2000,  # leaders change
                "log_level": 0,
            }
        )

    def run(self) -> None:
        places = [TopicPartition(self._topic, n, OFFSET_BEGINNING) for n in range(PARTITIONS)]
        self._consumer.assign(places)
        while not self._ended.is_set():
            for message in self._consumer.consume(500, 0.1):
                error = message.error()
                if error is None:
                    found = Stored(message.offset() or 0, message.key(), message.value())
                    self.stored[message.partition() or 0].append(found)
                    self._next[message.partition() or 0] = found.offset + 1
                elif error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    return
        self._consumer.close()

    def catch_up(self, ends: dict[int, int], seconds: float = 45.0) -> None:
        """Return when everything before these ends was read."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if all(self._next[number] >= end for number, end in ends.items()):
                return
            time.sleep(0.05)
        raise TimeoutError(f"not within {seconds} s: {dict(self._next)} has come to {ends}")

    def end(self) -> None:
        self._ended.set()
        self.join()

    def complete(self, number: int) -> list[Checkpoint]:
        """Return every complete checkpoint of a partition, in order of their positions."""
        return sorted(
            complete(self.stored[number]), key=lambda found: sum(found.manifest.positions.values())
        )


def complete(stored: list[Stored]) -> Iterator[Checkpoint]:
    """Give every complete checkpoint among the records, not only the best."""
    by_id: dict[bytes, list[Stored]] = defaultdict(list)
    for record in stored:
        by_id[(record.key or b"")[:16]].append(record)
    for records in by_id.values():
        found = checkpoint.scan(records).best
        if found is not None:
            yield found
