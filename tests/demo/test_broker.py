"""The embedded broker: a real endpoint that never outlives its parent."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from chatpulse.demo.broker import PARTITIONS, BrokerError, embedded_broker, ensure_topics


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with embedded_broker() as address:
        yield address


def test_topics_exist_after_ensure(broker: str) -> None:
    ensure_topics(broker, ["first", "second"])
    topics = Producer({"bootstrap.servers": broker}).list_topics(timeout=10).topics
    assert {name: len(topics[name].partitions) for name in ("first", "second")} == {
        "first": PARTITIONS,
        "second": PARTITIONS,
    }


def test_ensure_may_be_repeated(broker: str) -> None:
    ensure_topics(broker, ["again"])
    ensure_topics(broker, ["again"])


def test_what_is_produced_can_be_consumed(broker: str) -> None:
    ensure_topics(broker, ["round-trip"])
    producer = Producer({"bootstrap.servers": broker, "acks": "all", "enable.idempotence": True})
    sent = [f"value {n}".encode() for n in range(100)]
    for value in sent:
        producer.produce("round-trip", key=b"shop", value=value, partition=2)
    assert producer.flush(10) == 0
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "reader"})
    consumer.assign([TopicPartition("round-trip", 2, OFFSET_BEGINNING)])
    got = [m.value() for m in consumer.consume(len(sent), timeout=10)]
    consumer.close()
    assert got == sent


def test_an_unreachable_address_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatpulse.demo.broker.STARTUP_SECONDS", 0.5)
    with pytest.raises(BrokerError, match=r"no answer from 127\.0\.0\.1:1"):
        ensure_topics("127.0.0.1:1", ["any"])


PARENT = """
import sys
from chatpulse.demo.broker import embedded_broker
with embedded_broker() as address:
    print(address, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, None], ids=str)
def test_the_broker_goes_with_its_parent(ending: signal.Signals | None) -> None:
    alive, inherited = os.pipe()  # only the parent and its broker's stderr hold the write end
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=inherited,
    ) as parent:
        os.close(inherited)
        assert parent.stdout is not None
        assert parent.stdout.readline()
        if ending is None:
            assert parent.stdin is not None
            parent.stdin.close()
        else:
            parent.send_signal(ending)
        readable, _, _ = select.select([alive], [], [], 10)
        assert readable, "the broker lives on"
        assert os.read(alive, 1) == b""  # end of file: every holder of the write end is gone
    os.close(alive)
