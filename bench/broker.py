"""The brokers of a run: Apache Kafka where Java and Maven are, else the embedded one.

Every part of the bench, and every case of those that write much, starts one with nothing in it:
four seconds. No topic is deleted: a broker removes the files of a deleted topic a minute later, and
may stand still for as long as half a minute then.
"""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench.processes import CORES, on_cores
from chatpulse.demo.broker import PARTITIONS, embedded_broker, ensure_topics

EMBEDDED_EVENTS: Final = 40_000
"""More does not fit into the embedded broker's memory."""

NO_CONFIG: Final[Mapping[str, str]] = {}
QUEUED: Final = 200_000
"""Records that may wait in a producer."""


@dataclass(frozen=True)
class Broker:
    """Where it is, how many partitions its topics have, and whether it is Apache Kafka."""

    address: str
    partitions: int
    is_real: bool

    def create(self, names: Sequence[str], config: Mapping[str, str] = NO_CONFIG) -> None:
        """Create topics; those that exist are left as they are."""
        if not self.is_real:
            ensure_topics(self.address, names)
            return
        admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        known = admin.list_topics(timeout=30).topics
        new = [
            NewTopic(n, self.partitions, 1, config=dict(config)) for n in names if n not in known
        ]
        for created in admin.create_topics(new).values() if new else ():
            created.result(60)
        deadline = time.monotonic() + 30
        while set(names) - set(admin.list_topics(timeout=30).topics):
            if time.monotonic() > deadline:
                raise TimeoutError(f"topics {names} did not appear")
            time.sleep(0.1)

    def producer(self, **more: str | int) -> Producer:
        """Return a producer that puts a shop where the worker looks for it."""
        return Producer(
            {
                "bootstrap.servers": self.address,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,  # a retry must not change the order
                "linger.ms": 100,
                "batch.size": 1_000_000,
                "queue.buffering.max.messages": 1_000_000,
                "log_level": 0,
                **more,
            }
        )

    def load(self, path: Path, topic_of: Callable[[bytes], str], part: slice = slice(None)) -> None:
        """Write a file's lines, or a part of them, to the topics that `topic_of` names."""
        counts: Counter[str] = Counter()
        before: dict[str, int] = {}
        with on_cores(CORES), path.open("rb") as lines:  # nobody is measured meanwhile
            producer = self.producer()
            for number, line in enumerate(islice(lines, part.start, part.stop)):
                value = line.rstrip()
                topic = topic_of(value)
                if topic not in before:
                    before[topic] = self._records(topic)
                producer.produce(topic, value, shop_of(value))
                counts[topic] += 1
                if not number % 1000:
                    producer.poll(0)
                    while len(producer) > QUEUED:
                        producer.poll(0.05)
        producer.flush(300)
        for topic, count in counts.items():
            found = self._records(topic) - before[topic]
            if found != count:
                raise RuntimeError(f"{topic} holds {found} of {count} records: use fewer events")

    def _records(self, topic: str) -> int:
        client = Consumer({"bootstrap.servers": self.address, "group.id": "bench", "log_level": 0})
        count = sum(self._count(client, topic, number) for number in range(self.partitions))
        client.close()
        return count

    @staticmethod
    def _count(client: Consumer, topic: str, number: int) -> int:
        deadline = time.monotonic() + 30
        while True:
            try:
                low, high = client.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            except KafkaException:  # a new topic is listed before its partitions have leaders
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return int(high - low)


def shop_of(line: bytes) -> bytes:
    """Return the shop of an event's line: the key of its record."""
    start = line.index(b'"shop_id":"') + 11
    return line[start : line.index(b'"', start)]


def kind_of(line: bytes) -> str:
    """Return which of a room's topics an event's line belongs to: `messages` or `orders`."""
    return "messages" if line.startswith(b'{"type":"message"') else "orders"


@dataclass(frozen=True)
class Brokers:
    """Starts brokers, all of one kind."""

    is_real: bool

    @property
    def name(self) -> str:
        """What they are."""
        return "Apache Kafka 4.1.0, one node" if self.is_real else "embedded broker (librdkafka)"

    @contextmanager
    def fresh(self) -> Iterator[Broker]:
        """Run an empty one for the duration of the block, on the cores this process may use."""
        if not self.is_real:
            with embedded_broker() as address:
                yield Broker(address, PARTITIONS, is_real=False)
            return
        from tests.kafka.cluster import kafka_cluster

        settings = {"num.partitions": 8, "offsets.topic.num.partitions": 1}
        with (
            tempfile.TemporaryDirectory(prefix="chatpulse-bench-") as folder,
            kafka_cluster(Path(folder) / "kafka", extra=settings) as cluster,
        ):
            yield Broker(cluster.address, 8, is_real=True)


def brokers(*, embedded: bool = False) -> Brokers:
    """Return real ones where Java and Maven are, unless `embedded` ones are wanted."""
    return Brokers(is_real=not embedded and all(map(shutil.which, ("java", "mvn"))))
