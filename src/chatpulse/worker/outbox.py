"""What a partition has to say to other topics, until the brokers have acknowledged it.

Dead letters and daily scorecards are sent at once; a checkpoint that covers the input they came
from is written only after `settle()`: so a crash can repeat an output, never lose one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.structs import RecordMetadata

from .broker import Broker

MAX_WAITING: Final = 5_000
"""With more outputs than this not yet acknowledged, the stage waits for the brokers."""


class Output(NamedTuple):
    """A record to be produced; the partition follows from the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class _Entry:
    output: Output
    sent: asyncio.Future[RecordMetadata] | None = None

    @property
    def failed(self) -> bool:
        return self.sent is not None and self.sent.done() and not self.acknowledged

    @property
    def acknowledged(self) -> bool:
        if self.sent is None or not self.sent.done() or self.sent.cancelled():
            return False
        return self.sent.exception() is None


class Outbox:
    """The outputs of one partition, in order, each kept until it is acknowledged."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._entries: deque[_Entry] = deque()
        self._lock = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def crowded(self) -> bool:
        """Tell whether it is time to `settle()` before going on."""
        return len(self._entries) > MAX_WAITING

    def put(self, output: Output) -> None:
        """Take over an output; `send` will send it."""
        self._entries.append(_Entry(output))

    async def send(self) -> None:
        """Hand to the producer what is new or has failed; do not wait for acknowledgements."""
        if not self._entries:
            return
        async with self._lock:
            while self._entries and self._entries[0].acknowledged:
                self._entries.popleft()
            producer = await self._broker.producer()
            refused: dict[str, TopicAuthorizationFailedError] = {}
            for entry in list(self._entries):
                if entry.sent is None or entry.failed:
                    topic, key, value, headers = entry.output
                    if topic in refused:  # each try asks for the metadata anew
                        entry.sent = _failed(refused[topic])
                        continue
                    try:
                        entry.sent = await producer.send(topic, value, key, headers=list(headers))
                    except TopicAuthorizationFailedError as error:  # not even seen any more
                        refused[topic] = error
                        entry.sent = _failed(error)

    async def settle(self) -> None:
        """Return when everything put before this call is acknowledged, else raise.

        What failed is kept and sent again by the next call.
        """
        entries = list(self._entries)
        await self.send()
        pending = [entry.sent for entry in entries if entry.sent is not None]
        if pending:
            await asyncio.wait(pending)  # gather would cancel them if whoever waits gives up
        for sent in pending:
            if sent.cancelled():
                raise ConnectionError("an output was given up")
            sent.result()

    def forget(self) -> None:
        """Drop everything: the partition is another worker's, who says it all again."""
        for entry in self._entries:
            if entry.sent is not None:
                entry.sent.add_done_callback(_look_at)
        self._entries.clear()


def _failed(error: Exception) -> asyncio.Future[RecordMetadata]:
    """Return an acknowledgement that will not come, as the brokers' own refusal would be."""
    sent: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
    sent.set_exception(error)
    return sent


def _look_at(sent: asyncio.Future[RecordMetadata]) -> None:
    """Take note of an error nobody waits for, lest it be logged as forgotten."""
    if not sent.cancelled():
        sent.exception()
