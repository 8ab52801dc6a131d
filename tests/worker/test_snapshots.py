"""Snapshots: no shop changes under the reader's hands, and the loop turns between shops."""

from __future__ import annotations

import asyncio
import itertools
from copy import deepcopy
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatpulse.contract.events import Event, Message
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.snapshot import snapshot
from chatpulse.telemetry.samples import table
from chatpulse.worker import snapshots
from chatpulse.worker.sources import Sources

NOON = 1_740_974_400_000  # 2025-03-03 12:00 in Asia/Shanghai


def said(
    shop: str, at: int, sender: str = "buyer", agent: str | None = "a1", buyer: str = "b1"
) -> Event:
    ids = {"event_id": f"{shop}-{at}-{sender}-{buyer}", "shop_id": shop, "buyer_id": buyer}
    return Message(at=at, sender=cast(Any, sender), agent_id=agent, text="在吗", **ids)


def partition(*shops: str) -> Partition:
    made = Partition(Rules())
    for shop in shops:
        made.apply(said(shop, NOON))
    made.refresh(NOON)
    return made


def sources(**owned: Partition) -> Any:
    """Return sources with partitions named by number, `_0`."""
    parts = {int(name[1:]): SimpleNamespace(engine=engine) for name, engine in owned.items()}
    return SimpleNamespace(owned=parts, way=partial(asyncio.sleep, 0))


def test_a_snapshot_stays_as_it_was() -> None:
    engine = partition("s1")
    taken = snapshot(engine.boards["s1"], minutes=60)
    before = deepcopy(taken)
    assert taken.open_waits
    assert taken.minutes == {NOON // 60_000: {"consulted": 1}}
    engine.apply(said("s1", NOON + 7_000, "agent"))
    engine.refresh(NOON + 8_000)
    assert taken == before
    after = snapshot(engine.boards["s1"], minutes=60)
    assert not after.open_waits
    for name in ("windows", "minutes", "response_counts", "response_ms_sum"):
        assert getattr(after, name) != getattr(before, name), name
    assert table(taken) == table(before) != table(after)


def test_a_snapshot_counts_active_conversations_as_the_boards_do() -> None:
    engine = partition("s1")
    engine.apply(said("s1", NOON, agent=None, buyer="b2"))
    engine.refresh(NOON)
    boards = engine.boards["s1"]
    assert snapshot(boards).active_conversations() == boards.active_conversations()
    engine.refresh(NOON + 3_600_000)
    assert snapshot(boards).active_conversations() == boards.active_conversations() == {}


def test_the_loop_turns_when_shops_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SLICE_SECONDS", 0)
    engine = partition("s1", "s2", "s3")
    found = asyncio.run(
        _taken_while(sources(_0=engine), lambda: engine.apply(said("s3", NOON + 1)))
    )
    assert found == (["s1", "s2", "s3"], 3)


def test_shops_that_take_no_time_are_copied_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SLICE_SECONDS", 60)
    found = asyncio.run(_taken_while(sources(_1=partition("s2"), _0=partition("s9")), list))
    assert found == (["s9", "s2"], 0)


@pytest.mark.parametrize("turn", [1, 2, 3], ids=["before", "amid", "after"])
def test_shops_that_leave_meanwhile_are_left_out(
    turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "SLICE_SECONDS", 0)
    owned = sources(_0=partition("s1", "s2"), _1=partition("s3"))
    turns = itertools.count(1)

    def leave() -> None:
        if next(turns) == turn:
            del owned.owned[0]

    found, _ = asyncio.run(_taken_while(owned, leave))
    assert found == ["s3"]
    assert next(turns) > turn


async def _taken_while(given: Any, change: Any) -> tuple[list[str], int]:
    """Take snapshots while another task changes things in every turn that the loop makes."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1
            change()

    task = asyncio.create_task(other())
    await asyncio.sleep(0)
    found = await snapshots.snapshots(cast(Sources, given))
    task.cancel()
    return [shop.shop_id for shop in found], turns
