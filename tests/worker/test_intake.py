"""The queue between consumer and stage: in order, bounded, and it never loses a wake-up."""

from __future__ import annotations

import asyncio

from chatpulse.worker.broker import Tp
from chatpulse.worker.intake import MAX_WAITING, Intake
from chatpulse.worker.records import Batch
from tests.worker.test_owned import Raw

TP = Tp("chat.messages", 0)


def batch(begin: int, count: int, *, generation: int = 1, tp: Tp = TP) -> Batch:
    return Batch(tp, generation, [Raw(begin + n, None, b"") for n in range(count)])


def test_records_come_out_in_order_and_not_too_many_at_once() -> None:
    intake = Intake()
    for one in (batch(0, 3), batch(3, 3), batch(6, 9)):
        intake.put(one)
    assert asyncio.run(intake.take(4, 0)) == [batch(0, 3), batch(3, 1)]
    assert intake.next_offset(TP, 1) == 4
    assert asyncio.run(intake.take(4, 0)) == [batch(4, 2), batch(6, 2)]
    assert asyncio.run(intake.take(4, 0)) == [batch(8, 4)]
    assert not intake.is_empty
    assert asyncio.run(intake.take(4, 0)) == [batch(12, 3)]
    assert intake.is_empty
    assert asyncio.run(intake.take(4, 0.001)) == []


def test_whoever_waits_is_woken() -> None:
    async def wait() -> list[Batch]:
        intake = Intake()
        taking = asyncio.ensure_future(intake.take(10, 30))
        await asyncio.sleep(0)
        intake.put(batch(0, 1))
        return await taking

    assert asyncio.run(wait()) == [batch(0, 1)]


def test_nothing_more_is_wanted_until_the_stage_has_caught_up() -> None:
    async def fill() -> None:
        intake = Intake()
        intake.put(batch(0, MAX_WAITING))
        intake.put(batch(MAX_WAITING, 1))
        assert intake.is_full
        waiting = asyncio.ensure_future(intake.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        await intake.take(2, 0)
        assert not intake.is_full
        assert await waiting

    asyncio.run(fill())


def test_the_next_offset_is_that_of_the_present_generation() -> None:
    intake = Intake()
    intake.put(batch(0, 2, generation=1))
    intake.put(batch(7, 2, generation=2))
    intake.put(batch(9, 2, generation=2))
    assert intake.next_offset(TP, 2) == 7
    assert intake.next_offset(TP, 3) is None
    assert intake.next_offset(Tp("chat.messages", 1), 2) is None
