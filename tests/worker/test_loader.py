"""What a partition starts from, and when it is refused: against a broker in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker import checkpoint
from chatpulse.worker.broker import Broker, Tp
from chatpulse.worker.checkpoint import Header
from chatpulse.worker.checkpoints import Checkpoints, Cut
from chatpulse.worker.counters import Counters
from chatpulse.worker.errors import RefusedError
from chatpulse.worker.loader import Loader
from chatpulse.worker.owned import Owned
from chatpulse.worker.settings import Settings

MESSAGES, ORDERS = Tp("chat.messages", 0), Tp("shop.orders", 0)
CHECKPOINTS = Tp("chatpulse.checkpoints", 0)


@dataclass
class Log:
    """A partition in memory: its first offset and its records."""

    first: int = 0
    records: list[tuple[bytes | None, bytes | None]] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.first + len(self.records)


class MemoryBroker:
    """As much of `Broker` as loading and writing checkpoints needs."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.logs = {tp: Log() for tp in (MESSAGES, ORDERS, CHECKPOINTS)}

    async def begins(self, tps: list[Tp]) -> dict[Tp, int]:
        return {tp: self.logs[tp].first for tp in tps}

    async def ends(self, tps: list[Tp]) -> dict[Tp, int]:
        return {tp: self.logs[tp].end for tp in tps}

    async def read(self, tp: Tp, start: int, end: int) -> AsyncIterator[Any]:
        log = self.logs[tp]
        for offset in range(start, end):
            key, value = log.records[offset - log.first]
            yield SimpleNamespace(offset=offset, key=key, value=value)

    async def producer(self) -> MemoryBroker:
        return self

    async def send(self, topic: str, value: bytes, key: bytes, partition: int) -> Any:
        log = self.logs[Tp(topic, partition)]
        log.records.append((key, value))
        sent = asyncio.get_running_loop().create_future()
        sent.set_result(SimpleNamespace(offset=log.end - 1))
        return sent

    async def send_and_wait(self, *arguments: Any) -> Any:
        return await (await self.send(*arguments))


@dataclass
class Bench:
    """A broker with what the tests put into it."""

    broker: MemoryBroker = field(default_factory=MemoryBroker)
    counters: Counters = field(default_factory=lambda: Counters(Settings().topics))

    def write(self, positions: dict[str, int], rules: Rules | None = None) -> None:
        fingerprint = (rules or Rules()).fingerprint
        cut = Cut(positions, list(Partition(Rules()).dump()), fingerprint)
        way = partial(asyncio.sleep, 0)
        asyncio.run(self._checkpoints(accept_gap=False).write(0, cut, way=way))

    def fill(self, tp: Tp, first: int, count: int) -> None:
        self.broker.logs[tp] = Log(first, [(b"k", b"v")] * count)

    def load(self, **flags: bool) -> Owned:
        settings = Settings(**flags)
        checkpoints = self._checkpoints(accept_gap=settings.accept_gap)
        broker = cast(Broker, self.broker)
        return asyncio.run(Loader(broker, checkpoints, self.counters, settings, Rules()).load(0))

    def _checkpoints(self, *, accept_gap: bool) -> Checkpoints:
        broker = cast(Broker, self.broker)
        return Checkpoints(broker, CHECKPOINTS.topic, writer="test", accept_gap=accept_gap)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.fill(MESSAGES, 0, 10)
    made.fill(ORDERS, 0, 5)
    return made


def test_the_very_first_start_begins_at_the_oldest_input(bench: Bench) -> None:
    bench.fill(MESSAGES, 7, 3)
    owned = bench.load()
    assert owned.positions == {"chat.messages": 7, "shop.orders": 0}
    assert not owned.ready


def test_the_checkpoint_with_the_highest_positions_is_loaded(bench: Bench) -> None:
    bench.write({"chat.messages": 9, "shop.orders": 5})
    bench.write({"chat.messages": 4, "shop.orders": 3})  # a zombie's
    owned = bench.load()
    assert owned.positions == {"chat.messages": 9, "shop.orders": 5}
    assert owned.saved == owned.reach == 14


def test_damaged_checkpoints_are_skipped_and_counted(bench: Bench) -> None:
    bench.write({"chat.messages": 4, "shop.orders": 3})
    bench.write({"chat.messages": 9, "shop.orders": 5})
    key, value = bench.broker.logs[CHECKPOINTS].records[-1]
    bench.broker.logs[CHECKPOINTS].records[-1] = (key, (value or b"")[:-1])
    assert bench.load().positions == {"chat.messages": 4, "shop.orders": 3}
    assert bench.counters.damaged_checkpoints == 1


def test_when_only_damaged_ones_are_left_it_is_refused(bench: Bench) -> None:
    bench.write({"chat.messages": 4, "shop.orders": 3})
    key, value = bench.broker.logs[CHECKPOINTS].records[-1]
    bench.broker.logs[CHECKPOINTS].records[-1] = (key, (value or b"")[:-1])
    with pytest.raises(RefusedError, match="--accept-gap"):
        bench.load()
    assert bench.load(accept_gap=True).positions == {"chat.messages": 0, "shop.orders": 0}


def test_when_checkpoints_were_deleted_it_is_refused(bench: Bench) -> None:
    bench.broker.logs[CHECKPOINTS] = Log(first=12)
    with pytest.raises(RefusedError, match="records were deleted or damaged"):
        bench.load()
    bench.load(accept_gap=True)


def test_a_checkpoint_of_a_newer_version_is_refused(bench: Bench) -> None:
    header = checkpoint.seal(Header(format=3, positions={"chat.messages": 9}))
    bench.broker.logs[CHECKPOINTS].records.append((checkpoint.key(b"n" * 16, -1), header))
    for flags in ({}, {"accept_gap": True}):
        with pytest.raises(RefusedError, match=r"format 3, this version reads up to 2"):
            bench.load(**flags)


def test_input_that_is_gone_is_refused_or_counted(bench: Bench) -> None:
    bench.write({"chat.messages": 4, "shop.orders": 3})
    bench.fill(MESSAGES, 6, 4)
    with pytest.raises(RefusedError, match="records 4 to 5 were deleted") as refused:
        bench.load()
    assert "--accept-gap" in str(refused.value)
    assert bench.load(accept_gap=True).positions == {"chat.messages": 6, "shop.orders": 3}
    assert bench.counters.gap_records == {"chat.messages": 2, "shop.orders": 0}


def test_input_that_was_created_anew_is_refused(bench: Bench) -> None:
    bench.write({"chat.messages": 400, "shop.orders": 3})
    for flags in ({}, {"accept_gap": True}):
        with pytest.raises(RefusedError, match="it was created anew"):
            bench.load(**flags)


def test_other_rules_are_refused_or_taken_on(bench: Bench) -> None:
    bench.write({"chat.messages": 4, "shop.orders": 3}, Rules.parse("validity = 3", toml=True))
    with pytest.raises(RefusedError, match="--accept-rules"):
        bench.load()
    owned = bench.load(accept_rules=True)
    assert owned.positions == {"chat.messages": 4, "shop.orders": 3}
    assert owned.saved != owned.reach  # a checkpoint under the new rules is written at once
