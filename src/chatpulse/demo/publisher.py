"""Simulated records into Kafka."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ..failure import CANNOT_GO_ON, Failure
from .simulator import Record

ANSWER_SECONDS: Final = 5.0
FLUSH_SECONDS: Final = 10.0


class Publisher:
    """Writes records to Kafka: idempotent, `acks=all`, in the partition Java's client would take.

    A context manager; leaving the block waits for what is under way.
    """

    def __init__(self, brokers: str, topics: Iterable[str]) -> None:
        self.delivered = 0
        self._brokers = brokers
        self._failure: KafkaError | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": brokers,
                "client.id": "chatpulse-simulate",
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",  # librdkafka's default is another hash
                "compression.type": "gzip",  # every client can read it
                "linger.ms": 20,
                "message.timeout.ms": 60_000,
                "log_level": 0,
            }
        )
        self._check(topics)

    def _check(self, topics: Iterable[str]) -> None:
        try:
            known = self._producer.list_topics(timeout=ANSWER_SECONDS).topics
        except KafkaException as error:
            raise _failure(
                f"no Kafka broker answers at {self._brokers}: start it, or name it with --brokers"
            ) from error
        missing = sorted(topic for topic in topics if topic not in known)
        if missing:
            raise _failure(
                f"topic {', '.join(missing)} is missing at {self._brokers}: "
                "create it with `chatpulse topics`, or name yours with --topics"
            )

    def wait(self, seconds: float) -> None:
        """Wait for at most that long, while deliveries are confirmed."""
        self._producer.poll(seconds)
        self._raise_failure()

    def publish(self, records: Iterable[Record]) -> None:
        """Write the records; return at their end."""
        produce = self._producer.produce
        for topic, key, value in records:
            while True:
                try:
                    produce(topic, value, key, on_delivery=self._confirmed)
                    break
                except BufferError:
                    self.wait(0.5)
            self.wait(0)

    def _confirmed(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.delivered += 1
        else:
            self._failure = error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise _failure(
                f"{self._brokers} did not take a record: {self._failure.str()}; "
                "check that the broker is up"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._producer.purge()
        left = self._producer.flush(FLUSH_SECONDS)
        if kind is None:
            self._raise_failure()
            if left:
                raise _failure(f"{left} records were not taken by {self._brokers} in time")


def _failure(message: str) -> Failure:
    return Failure(message, status=CANNOT_GO_ON)
