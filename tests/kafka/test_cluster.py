"""The harness itself: what the other tests of this folder take for granted."""

import time
import uuid

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.kafka.cluster import Cluster

pytestmark = pytest.mark.kafka


def create(brokers: str, *, partitions: int) -> str:
    topic = f"smoke-{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": brokers})
    made = admin.create_topics([NewTopic(topic, partitions, 1, config={"retention.ms": "-1"})])
    made[topic].result(30)
    return topic


def produce(brokers: str, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})
    errors: list[object] = []
    for value in values:
        producer.produce(topic, value, key=value, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(30) == 0
    assert errors == [None] * len(values)


def consume(brokers: str, topic: str, count: int) -> list[bytes]:
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([topic])
    values: list[bytes] = []
    deadline = time.monotonic() + 30
    try:
        while len(values) < count and time.monotonic() < deadline:
            for message in consumer.consume(count, timeout=1):
                assert message.error() is None
                value = message.value()
                assert value is not None
                values.append(value)
    finally:
        consumer.close()
    return values


def test_what_was_produced_is_consumed(kafka: str) -> None:
    topic = create(kafka, partitions=4)
    values = [b"%d" % number for number in range(1000)]
    produce(kafka, topic, values)
    assert sorted(consume(kafka, topic, 1000)) == sorted(values)


def test_records_survive_a_kill_and_a_freeze_of_the_broker(kafka_node: Cluster) -> None:
    [node] = kafka_node.nodes
    topic = create(node.address, partitions=1)
    produce(node.address, topic, [b"before"])
    node.kill()
    node.start()
    kafka_node.wait()
    produce(node.address, topic, [b"after"])
    node.freeze()
    with pytest.raises(KafkaException):
        AdminClient({"bootstrap.servers": node.address}).list_topics(timeout=1)
    node.thaw()
    kafka_node.wait()
    assert consume(node.address, topic, 2) == [b"before", b"after"]
