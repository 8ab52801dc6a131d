"""A checkpoint is one cut: its rows are those of its positions, whatever goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker.checkpointer import Checkpointer
from chatpulse.worker.checkpoints import Checkpoints, Cut, Written
from chatpulse.worker.counters import Counters
from chatpulse.worker.group import Group
from chatpulse.worker.stage import Stage
from tests.worker.test_owned import NOON, TOPICS, Desk, message


class Recorder:
    """Takes what is written; lets the stage read on while it waits for the brokers."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.cuts: list[tuple[dict[str, int], list[tuple[bytes, bytes]]]] = []
        self._meanwhile = meanwhile

    async def settle(self) -> None:
        self._meanwhile()

    async def way(self) -> None:
        self._meanwhile()

    async def write(self, number: int, cut: Cut, *, way: Callable[[], Awaitable[None]]) -> Written:
        await way()
        self.cuts.append((cut.positions, list(cut.records)))
        return Written(0, 0, 0.0, 0.0)


def write_while_reading() -> tuple[Recorder, Desk]:
    desk = Desk()
    for number in range(3):
        desk.read(message(NOON + number))
    part: Any = desk.owned
    recorder = Recorder(lambda: desk.read(message(NOON + 1000 + part.positions[TOPICS.messages])))
    part.outbox.settle = recorder.settle
    checkpointer = Checkpointer(
        cast(Stage, recorder), cast(Group, None), cast(Checkpoints, recorder), Counters(TOPICS),
        interval_seconds=1.0, rules="",
    )  # fmt: skip
    write: Callable[[Any], Awaitable[dict[str, int]]] = checkpointer._write
    asyncio.run(cast(Any, write(part)))
    return recorder, desk


def test_positions_and_rows_are_cut_at_one_moment() -> None:
    recorder, desk = write_while_reading()
    [(positions, records)] = recorder.cuts
    assert positions[TOPICS.messages] == 3
    assert desk.owned.positions[TOPICS.messages] == 5
    fold = Desk()
    for number in range(3):
        fold.read(message(NOON + number))
    loaded = Partition.load(Rules(), records)
    assert list(loaded.dump()) == list(fold.owned.engine.dump())
    assert list(loaded.dump()) != list(desk.owned.engine.dump())
