"""Sites: brokers of our own to run campaigns on, and what can be done to them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from chatpulse.demo.broker import embedded_broker, ensure_topics
from tests.faults.proxy import FAIR, Proxy, proxies
from tests.kafka.cluster import Cluster, Node
from tests.worker.lab import PARTITIONS, ROLES, Lab

SITES: Final = ("embedded", "one", "three", "given")
"""librdkafka's broker; one node of Apache Kafka; three; those of CHATPULSE_TEST_BROKERS."""

ADMIN_SECONDS: Final = 10
DELETE_SECONDS: Final = 60
"""Records are deleted when all replicas have them deleted, those of a restarted broker too."""

T = TypeVar("T")


@dataclass
class Site:
    """Brokers, how to reach them, and through which proxies workers reach them."""

    kind: str
    address: str
    outside: str
    cluster: Cluster | None = None
    links: list[Proxy] = field(default_factory=list)

    @property
    def can(self) -> frozenset[str]:
        """What can be done here; faults that need more are not planned."""
        return CAN[self.kind]

    @cached_property
    def admin(self) -> AdminClient:
        """The client for all of this; whatever it still does ends with it."""
        return AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def create(self, lab: Lab) -> None:
        """Create the topics of a campaign."""
        names = [lab.topic(role) for role in ROLES]
        if self.kind == "embedded":
            ensure_topics(self.address, names)
            return
        copies = self.cluster.size if self.cluster else 1
        kept = {"cleanup.policy": "delete", "retention.ms": "-1"}
        topics = [
            NewTopic(
                lab.topic(role),
                PARTITIONS,
                copies,
                config={"cleanup.policy": "compact"} if role == "daily" else kept,
            )
            for role in ROLES
        ]
        for made in self.admin.create_topics(topics).values():
            made.result(30)

    def remove(self, lab: Lab) -> None:
        """Delete the topics of a campaign, so that the next finds quiet brokers."""
        if self.kind == "embedded":
            return
        for gone in self.admin.delete_topics([lab.topic(role) for role in ROLES]).values():
            gone.result(30)

    def heal(self) -> None:
        """Undo whatever was done to brokers and links; return when all serve."""
        for link in self.links:
            link.set(FAIR)
        if self.cluster is None:
            return
        for node in self.cluster.nodes:
            if is_down(node):
                node.start()
            else:
                node.thaw()
        self.cluster.wait()

    def ends(self, topics: list[str]) -> dict[tuple[str, int], int]:
        """Return the end of every partition of the topics."""
        places = [(topic, number) for topic in topics for number in range(PARTITIONS)]
        return again(lambda: {place: self._end(*place) for place in places})

    def _end(self, topic: str, number: int) -> int:
        place = TopicPartition(topic, number)
        return int(self._consumer.get_watermark_offsets(place, timeout=ADMIN_SECONDS)[1])

    @cached_property
    def _consumer(self) -> Consumer:
        return Consumer({"bootstrap.servers": self.address, "group.id": "ends", "log_level": 0})

    def delete_before(self, topic: str, offsets: dict[int, int]) -> None:
        """Delete the records before these offsets, as retention does."""
        places = [TopicPartition(topic, n, offset) for n, offset in offsets.items()]
        for gone in self.admin.delete_records(places).values():
            gone.result(DELETE_SECONDS)

    def move_commits(self, lab: Lab, offsets: dict[tuple[str, int], int]) -> None:
        """Overwrite the offsets the group committed; nobody may be in it."""
        places = [TopicPartition(topic, n, offset) for (topic, n), offset in offsets.items()]
        request = [ConsumerGroupTopicPartitions(lab.name, places)]
        for moved in self.admin.alter_consumer_group_offsets(request).values():
            moved.result(30)

    def node(self, role: str, lab: Lab) -> Node:
        """Return the node that plays a role now: `leader`, `coordinator`, `controller`."""
        assert self.cluster is not None
        admin = self.admin
        try:
            if role == "controller":
                number = admin.describe_cluster(request_timeout=5).result(5).controller.id
            elif role == "coordinator":
                number = asyncio.run(self._coordinator(lab))
            else:
                topic = lab.topic("messages")
                number = admin.list_topics(topic, timeout=5).topics[topic].partitions[0].leader
        except (KafkaException, KafkaError, TimeoutError):
            number = 1  # nobody knows: any will do
        up = [node for node in self.cluster.nodes if not is_down(node)]
        return next((node for node in up if node.number == number), up[0])

    async def _coordinator(self, lab: Lab) -> int:
        # As workers do: librdkafka's admin client, asked about a group whose coordinator has just
        # died, aborts the whole process now and then (`eonce->refcnt > 0`, 2.16).
        admin = AIOKafkaAdminClient(bootstrap_servers=self.address, request_timeout_ms=5000)
        try:
            await admin.start()
            return int(await admin.find_coordinator(lab.name))
        finally:
            await admin.close()


CAN: Final = {
    "embedded": frozenset[str](),
    "given": frozenset({"delete"}),
    "one": frozenset({"delete", "links", "broker"}),
    "three": frozenset({"delete", "links", "broker", "three"}),
}


def again(ask: Callable[[], T], seconds: float = 15.0) -> T:
    """Ask the brokers until they answer: leaders may just have changed for whoever asks."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def is_down(node: Node) -> bool:
    """Tell whether the process of a node is gone."""
    return node.process is None or node.process.poll() is not None


@contextmanager
def site(kind: str, folder: Path) -> Iterator[Site]:
    """Start brokers of a kind with their files in `folder`; stop them at the end."""
    if kind == "embedded":
        with embedded_broker() as address:
            yield Site(kind, address, address)
        return
    if kind == "given":
        address = os.environ["CHATPULSE_TEST_BROKERS"]
        yield Site(kind, address, address)
        return
    cluster = Cluster(folder, 3 if kind == "three" else 1)
    with proxies([node.outside_port for node in cluster.nodes]) as links:
        cluster.advertised = {
            node.number: link.port for node, link in zip(cluster.nodes, links, strict=True)
        }
        try:
            cluster.create()
            cluster.start()
            yield Site(kind, cluster.address, cluster.outside_address, cluster, links)
        finally:
            cluster.stop()
