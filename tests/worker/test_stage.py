"""The stage's decisions about records, against a group and a broker in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker.broker import Broker, Tp
from chatpulse.worker.counters import Counters
from chatpulse.worker.errors import RefusedError
from chatpulse.worker.group import Group
from chatpulse.worker.loader import Loader
from chatpulse.worker.outbox import Outbox
from chatpulse.worker.owned import Owned
from chatpulse.worker.records import Batch, Record
from chatpulse.worker.settings import Topics
from chatpulse.worker.stage import WAY_SECONDS, WAY_TURNS, Stage
from tests.worker.test_owned import NOON, Raw, message

TOPICS = Topics()
M = TOPICS.messages


class World:
    """A log of messages per partition, a group that assigns them, and what the stage asked for."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.counters = Counters(TOPICS)
        self.generation, self.settled = 1, True
        self.assigned: dict[int, set[str]] = {0: set(TOPICS.inputs)}
        self.fetches: list[list[Batch]] = []
        self.waiting: int | None = None
        self.logs: dict[int, list[bytes]] = {0: [], 1: []}
        self.loads: list[int] = []
        self.sought: list[dict[Tp, int]] = []
        self.existing = 0
        world = cast(Any, self)
        self.stage = Stage(
            cast(Group, world), cast(Broker, world), cast(Loader, world), self.counters,
            now_ms=lambda: NOON,
        )  # fmt: skip

    # the group
    async def batches(self, wait_seconds: float) -> list[Batch]:
        if not self.fetches:
            self.stage.stop()
            return []
        return self.fetches.pop(0)

    @property
    def has_arrived(self) -> bool:
        return bool(self.fetches)

    def next_offset(self, tp: Tp) -> int | None:
        return self.waiting if tp.topic == M else None

    def assignment(self) -> dict[int, set[str]]:
        return self.assigned

    def end(self, tp: Tp) -> None:
        return None

    async def seek(self, positions: dict[Tp, int]) -> None:
        self.sought.append(positions)

    # the broker
    async def begins(self, tps: list[Tp]) -> dict[Tp, int]:
        return dict.fromkeys(tps, 0)

    async def ends(self, tps: list[Tp]) -> dict[Tp, int]:
        return {tp: len(self.logs[tp.partition]) if tp.topic == M else 0 for tp in tps}

    async def first(self, tp: Tp, start: int) -> int:
        return max(start, self.existing)

    async def reset(self) -> None: ...

    # the loader
    async def load(self, number: int) -> Owned:
        self.loads.append(number)
        return Owned(
            number, Partition(Rules()), dict.fromkeys(TOPICS.inputs, 0),
            ends=dict.fromkeys(TOPICS.inputs, 0), outbox=Outbox(cast(Broker, self)),
            topics=TOPICS, counters=self.counters,
        )  # fmt: skip

    def record(self, offset: int) -> Record:
        return Raw(offset, b"s1", message(NOON - 1000 + offset))

    def run(self, *fetches: list[Record], number: int = 0, generation: int = 1) -> None:
        found = [Batch(Tp(M, number), generation, fetch) for fetch in fetches if fetch]
        self.fetches += [[], *([batch] for batch in found)]
        self.stage._stopping.clear()
        asyncio.run(self.stage.run())

    @property
    def position(self) -> int:
        return self.stage.held[0].positions[M]


@pytest.fixture
def world() -> World:
    return World()


def test_records_are_folded_in_order(world: World) -> None:
    world.run([world.record(0), world.record(1)], [world.record(2)])
    assert world.position == 3
    assert world.loads == [0]


def test_what_is_known_is_dropped(world: World) -> None:
    world.run([world.record(0), world.record(0), world.record(1), world.record(0)])
    assert world.position == 2
    assert world.counters.by_type()[M, "message"] == 2


def test_older_generations_and_other_partitions_are_dropped(world: World) -> None:
    world.run([world.record(0)], generation=0)
    world.run([world.record(0)], number=1)
    assert world.position == 0


def test_after_a_gap_the_stage_seeks_back(world: World) -> None:
    world.run([world.record(0)], [world.record(2)], [world.record(1), world.record(2)])
    assert {Tp(M, 0): 1} in world.sought
    assert world.position == 3


def test_a_gap_in_which_nothing_exists_is_none(world: World) -> None:
    world.existing = 5
    world.run([world.record(0)], [world.record(5)])
    assert world.position == 6


def test_every_input_is_sought_in_a_new_generation(world: World) -> None:
    world.run()
    assert world.sought == [{Tp(topic, 0): 0 for topic in TOPICS.inputs}]


def test_what_already_waits_to_be_taken_is_not_sought(world: World) -> None:
    world.waiting = 0
    world.run()
    assert world.sought == [{Tp(TOPICS.orders, 0): 0}]


def act(world: World, change: Callable[[World], None]) -> None:
    world.run([world.record(0)])
    change(world)
    world.run()


def next_generation(world: World) -> None:
    world.generation = 2


def much_later(world: World) -> None:
    world.generation = 5


def other_partition(world: World) -> None:
    world.generation, world.assigned = 2, {1: set(TOPICS.inputs)}


@pytest.mark.parametrize(
    ("change", "loads"), [(next_generation, [0]), (much_later, [0, 0]), (other_partition, [0, 1])]
)
def test_partitions_are_kept_across_consecutive_generations_only(
    world: World, change: Callable[[World], None], loads: list[int]
) -> None:
    act(world, change)
    assert world.loads == loads
    assert set(world.stage.owned) == set(world.assigned)


def test_nothing_is_served_while_partitions_are_taken_away(world: World) -> None:
    world.run([world.record(0)])
    assert world.stage.unready is None
    world.stage.revoked()
    assert world.stage.owned == {}
    assert world.stage.held
    assert "waiting for partitions" in (world.stage.unready or "")


def test_topics_that_come_apart_are_refused(world: World) -> None:
    world.assigned = {0: {M}}
    with pytest.raises(RefusedError, match="must read the same topics"):
        world.run()


def test_an_engine_that_fails_ends_the_stage_and_its_state(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    world.run()
    monkeypatch.setattr(world.stage.held[0].engine, "apply", fail)
    with pytest.raises(ZeroDivisionError):
        world.run([world.record(0)])
    assert world.stage.held == {}
    assert f"the engine failed at {M} partition 0 offset 0" in caplog.text
    assert "在吗" not in caplog.text


def test_a_broker_that_is_away_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatpulse.worker.stage.RETRY_SECONDS", 0.0)
    load: Callable[[int], Awaitable[Owned]] = world.load
    answers = iter([ConnectionError("away")])

    async def shaky(number: int) -> Owned:
        for error in answers:
            raise error
        return await load(number)

    monkeypatch.setattr(world, "load", shaky)
    world.run([])
    assert set(world.stage.owned) == {0}


def test_what_can_wait_makes_way_for_the_input(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatpulse.worker.stage.WAY_SECONDS", 60)
    world.run()  # assigned
    world.fetches = [[Batch(Tp(M, 0), 1, [world.record(n)])] for n in range(8)]
    seen = []

    async def count() -> None:
        while world.fetches:
            await world.stage.way()
            seen.append(world.position)

    async def work() -> None:
        world.stage._stopping.clear()
        await asyncio.gather(world.stage.run(), count())

    asyncio.run(work())
    assert seen[0] >= WAY_TURNS
    assert len(seen) <= 1 + 8 // WAY_TURNS


def test_nobody_waits_for_a_stage_that_has_nothing_to_do(world: World) -> None:
    async def wait() -> None:
        async with asyncio.timeout(WAY_SECONDS / 2):
            await world.stage.way()

    asyncio.run(wait())
    world.fetches = [[]]
    world.stage.stop()
    asyncio.run(wait())


def test_a_stage_that_stands_still_is_not_waited_for(world: World) -> None:
    world.fetches = [[]]

    async def wait() -> None:
        async with asyncio.timeout(30):
            await world.stage.way()

    asyncio.run(wait())
