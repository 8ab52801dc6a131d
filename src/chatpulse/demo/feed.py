"""Where simulated records go: a file, or Kafka."""

from __future__ import annotations

import contextlib
import gzip
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import zstandard
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ..failure import CANNOT_GO_ON, Failure
from .simulator import Record

ANSWER_SECONDS: Final = 5.0
FLUSH_SECONDS: Final = 10.0
BLOCK: Final = 1 << 16


class Sink(Protocol):
    """What bytes can be written to."""

    def write(self, block: bytes, /) -> object:
        """Take the bytes."""


def write_file(records: Iterable[Record], path: Path | None) -> None:
    """Write the values one per line; compress by the suffix; None is standard output.

    The same records make the same bytes. Ctrl-C closes the file, so that it can be read.
    """
    try:
        with _opened(path) as out:
            lines: list[bytes] = []
            for _, _, value in records:
                lines.append(value)
                if len(lines) == 256:
                    out.write(b"\n".join(lines) + b"\n")
                    lines.clear()
            out.write(b"".join(line + b"\n" for line in lines))
    except BrokenPipeError:
        raise  # the command line knows what to do
    except OSError as error:
        raise _failure(f"cannot write {path or 'standard output'}: {error.strerror}") from error


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[Sink]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with path.open("wb", buffering=BLOCK) as raw:
        if path.suffix == ".gz":  # without name and time in its header: the same bytes again
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                yield packed
        elif path.suffix == ".zst":
            with zstandard.ZstdCompressor(level=3).stream_writer(raw) as packed:
                yield packed
        else:
            yield raw


def _failure(message: str) -> Failure:
    return Failure(message, status=CANNOT_GO_ON)


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
