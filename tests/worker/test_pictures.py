"""A picture of the wall is made in a thread, of what was copied in the loop."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from chatpulse.telemetry.agent_labels import by_name
from chatpulse.wall import view as views
from chatpulse.wall.wall import Wall
from chatpulse.worker import pictures
from chatpulse.worker.pictures import Pictures
from tests.worker.test_collector import at_once
from tests.worker.test_snapshots import NOON, partition, said, sources


def test_the_loop_turns_while_a_picture_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def view(*args: Any, **named: Any) -> Wall:
        begun.set()
        assert go_on.wait(10), "the loop stood still"
        return views.view(*args, **named)

    engine = partition("s1", "s2")
    engine.apply(said("s2", NOON + 9_000, "agent"))
    engine.refresh(NOON + 9_000)
    given = SimpleNamespace(
        owned=sources(_3=engine).owned,
        keep_up=at_once,
        now_ms=lambda: NOON + 9_000,
        owner=lambda _: None,
        unready=None,
        agent_labels=by_name('[agents]\na1 = "安娜"'),
    )
    given.owned[3].newest = {"m": NOON}

    async def look() -> bytes:
        made = Pictures(given, topic="m", partitions=4, page="p")
        task = asyncio.create_task(made.latest())
        assert await asyncio.to_thread(begun.wait, 10)
        engine.apply(said("s1", NOON, buyer="b2"))
        engine.refresh(NOON + 9_000)
        go_on.set()
        return (await task).body

    monkeypatch.setattr(pictures, "view", view)
    wall = msgspec.json.decode(asyncio.run(look()), type=Wall)
    assert [(shop.shop_id, shop.waiting) for shop in wall.shops] == [("s1", 1), ("s2", 0)]
    assert {line.agent_id for line in wall.agents} == {wall.total.oldest_wait_agent_id} == {"安娜"}
    assert [point.mean_ms for point in wall.trend][-2:] == [None, 9_000]
    assert (wall.now, wall.newest_event_at) == (NOON + 9_000, NOON)
    assert (wall.served.partitions_owned, wall.served.partitions) == (1, 4)
