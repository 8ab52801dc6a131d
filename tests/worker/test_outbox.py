"""Outputs are durable before a checkpoint says so, and none is lost by an error."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from aiokafka.errors import TopicAuthorizationFailedError

from chatpulse.worker.broker import Broker
from chatpulse.worker.outbox import MAX_WAITING, Outbox, Output


class Producer:
    """Acknowledges, or refuses, what it is told to."""

    def __init__(self) -> None:
        self.sent: list[bytes | None] = []
        self.refuse: set[bytes | None] = set()
        self.held: list[asyncio.Future[None]] = []
        self.hold = False
        self.hidden: set[str] = set()

    async def send(
        self, topic: str, value: bytes | None, key: bytes | None, headers: list[Any]
    ) -> asyncio.Future[None]:
        self.sent.append(value)
        if topic in self.hidden:  # there are no metadata of it any more
            raise TopicAuthorizationFailedError(topic)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.hold:
            self.held.append(future)
        elif value in self.refuse:
            future.set_exception(ConnectionError("refused"))
        else:
            future.set_result(None)
        return future


class FakeBroker:
    def __init__(self) -> None:
        self.made = Producer()

    async def producer(self) -> Producer:
        return self.made


def output(value: bytes, topic: str = "t") -> Output:
    return Output(topic, b"k", value)


def test_what_was_put_is_sent_once_in_order() -> None:
    async def run() -> None:
        broker = FakeBroker()
        outbox = Outbox(cast(Broker, broker))
        for value in (b"1", b"2"):
            outbox.put(output(value))
        await outbox.send()
        outbox.put(output(b"3"))
        await outbox.settle()
        await outbox.settle()
        assert broker.made.sent == [b"1", b"2", b"3"]
        await outbox.send()
        assert len(outbox) == 0

    asyncio.run(run())


def test_what_failed_is_told_and_sent_again() -> None:
    async def run() -> None:
        broker = FakeBroker()
        outbox = Outbox(cast(Broker, broker))
        broker.made.refuse = {b"2"}
        for value in (b"1", b"2", b"3"):
            outbox.put(output(value))
        with pytest.raises(ConnectionError):
            await outbox.settle()
        broker.made.refuse = set()
        await outbox.settle()
        assert broker.made.sent == [b"1", b"2", b"3", b"2"]

    asyncio.run(run())


def test_a_topic_that_is_refused_holds_up_no_other_and_is_tried_once_a_turn() -> None:
    async def run() -> None:
        broker = FakeBroker()
        outbox = Outbox(cast(Broker, broker))
        broker.made.hidden = {"t"}
        for value, topic in ((b"1", "t"), (b"2", "t"), (b"3", "u")):
            outbox.put(output(value, topic))
        await outbox.send()
        assert broker.made.sent == [b"1", b"3"]
        with pytest.raises(TopicAuthorizationFailedError):
            await outbox.settle()
        broker.made.hidden = set()
        await outbox.settle()
        assert broker.made.sent == [b"1", b"3", b"1", b"1", b"2"]

    asyncio.run(run())


def test_settle_waits_for_the_acknowledgement() -> None:
    async def run() -> None:
        broker = FakeBroker()
        outbox = Outbox(cast(Broker, broker))
        broker.made.hold = True
        outbox.put(output(b"1"))
        settled = asyncio.ensure_future(outbox.settle())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not settled.done()
        broker.made.held[0].set_result(None)
        await settled

    asyncio.run(run())


def test_a_crowded_outbox_says_so() -> None:
    outbox = Outbox(cast(Broker, FakeBroker()))
    for _ in range(MAX_WAITING + 1):
        assert not outbox.crowded
        outbox.put(output(b"x"))
    assert outbox.crowded
    outbox.forget()
    assert len(outbox) == 0


def test_whoever_gives_up_waiting_cancels_nothing() -> None:
    async def run() -> None:
        broker = FakeBroker()
        broker.made.hold = True
        outbox = Outbox(cast(Broker, broker))
        outbox.put(output(b"a"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await outbox.settle()
        [held] = broker.made.held
        held.set_result(None)
        await outbox.settle()
        await outbox.send()
        assert (broker.made.sent, len(outbox)) == ([b"a"], 0)

    asyncio.run(run())


def test_what_was_cancelled_is_sent_again() -> None:
    async def run() -> None:
        broker = FakeBroker()
        broker.made.hold = True
        outbox = Outbox(cast(Broker, broker))
        outbox.put(output(b"a"))
        await outbox.send()
        broker.made.held[0].cancel()
        await asyncio.sleep(0)
        broker.made.hold = False
        await outbox.settle()
        assert broker.made.sent == [b"a", b"a"]

    asyncio.run(run())
