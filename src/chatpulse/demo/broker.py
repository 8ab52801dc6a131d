"""A Kafka broker for the demo and for fast tests: librdkafka's mock cluster, in its own process.

It comes with the `confluent-kafka` wheel: a real TCP endpoint that speaks Kafka, without Java and
without a container. It keeps about 5 MB or 100,000 records per partition in memory, does not
compact, has 4 partitions per topic, creates topics at first sight and forgets everything when it
ends. Never for production.

    with embedded_broker() as address:
        ensure_topics(address, ["chat.messages"])

`python -m chatpulse.demo.broker` prints its address on the first line and serves until its standard
input ends. The parent holds the other end of that pipe, so the broker goes with it however the
parent goes, SIGKILL included.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from confluent_kafka import KafkaException, Producer

PARTITIONS: Final = 4
"""Partitions of every topic of the embedded broker; not configurable."""

STARTUP_SECONDS: Final = 10.0
STOP_SECONDS: Final = 5.0


class BrokerError(RuntimeError):
    """The embedded broker did not start, or does not answer; the text is one clear line."""


@contextmanager
def embedded_broker() -> Iterator[str]:
    """Run a broker for the duration of the block; yield its address, `host:port`.

    It is ready when the block begins and gone when the block has ended.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "chatpulse.demo.broker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None  # noqa: S101  # a pipe
    assert process.stdout is not None  # noqa: S101  # a pipe
    try:
        address = process.stdout.readline().decode().strip()  # the child bounds this wait
        if not address:
            raise BrokerError(f"the embedded broker ended at its start, status {process.wait()}")
        yield address
    finally:
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def ensure_topics(address: str, names: Iterable[str]) -> None:
    """Create the topics that are missing and return when all of them can be written to.

    Only for the embedded broker, which creates a topic when it is asked about it.
    """
    client = Producer({"bootstrap.servers": address, "log_level": 0})
    for name in names:
        try:
            topic = client.list_topics(name, timeout=STARTUP_SECONDS).topics[name]
        except KafkaException as error:
            raise BrokerError(f"no answer from {address}: {error.args[0].str()}") from error
        if topic.error is not None:
            raise BrokerError(f"topic {name} cannot be created: {topic.error.str()}")


def serve() -> None:
    """Be the broker: print the address, serve until standard input ends."""
    for number in (signal.SIGINT, signal.SIGHUP):  # for the parent, which stops us last
        signal.signal(number, signal.SIG_IGN)
    cluster = Producer({"bootstrap.servers": "ignored", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = cluster.list_topics(timeout=STARTUP_SECONDS).brokers.values()
    print(*(f"{broker.host}:{broker.port}" for broker in brokers), sep=",", flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    serve()
