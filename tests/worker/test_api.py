"""Whose shop it is."""

from __future__ import annotations

import asyncio
import datetime
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatpulse.contract.codec import Rejected, decode
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard import board
from chatpulse.scoreboard import scorecard as scorecards
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.scorecard import Scorecard
from chatpulse.worker.api import Api, NotHere, Unusable, partition_of
from chatpulse.worker.broker import Tp
from chatpulse.worker.sources import Sources
from tests.worker.test_owned import NOON, message


def api(owned: dict[int, Partition], owners: dict[Tp, str] | None = None) -> Api:
    sources = SimpleNamespace(
        owned={number: SimpleNamespace(engine=engine) for number, engine in owned.items()},
        owner=(owners or {}).get,
        now_ms=lambda: NOON + 1000,
    )
    return Api(cast(Sources, sources), topic="m", partitions=4)


def engine() -> Partition:
    made = Partition(Rules())
    event = decode(message(NOON), now_ms=NOON)
    assert not isinstance(event, Rejected)
    made.apply(event)
    return made


@pytest.mark.parametrize(
    ("shop", "partition"), [("21", 4), ("foobar", 6), ("a-little-bit-long-string", 0)]
)
def test_shops_lie_where_kafkas_default_partitioner_puts_them(shop: str, partition: int) -> None:
    assert partition_of(shop, 8) == partition


def test_a_shop_of_ours_is_answered_wherever_its_producer_put_it() -> None:
    for number in range(4):
        cards: Any = asyncio.run(api({number: engine()}).scorecards("s1", "2025-03-03"))
        assert [card.agent_id for card in cards] == ["", "a1"]


def test_a_shop_of_another_worker_is_there() -> None:
    number = partition_of("s1", 4)
    answer = api({}, {Tp("m", number): "http://other:1"}).waiting("s1")
    assert isinstance(answer, NotHere)
    assert answer.url == "http://other:1"


def test_without_an_address_the_reason_is_told() -> None:
    answer = api({}).waiting("s1")
    assert isinstance(answer, NotHere)
    assert (answer.url, "advertised_url" in answer.reason) == (None, True)


def test_an_unknown_shop_of_our_partition_is_nobodys() -> None:
    mine = {partition_of("stranger", 4): engine()}
    here = api(mine, {Tp("m", next(iter(mine))): "http://me:1"})
    answer = asyncio.run(here.scorecards("stranger", None))
    assert answer == NotHere("no event of shop 'stranger' is remembered")


@pytest.mark.parametrize("day", ["", "20250303", "2025-3-3", "2025-02-30", "03.03.2025"])
def test_days_are_iso_dates(day: str) -> None:
    assert isinstance(asyncio.run(api({}).scorecards("s1", day)), Unusable)


def test_the_loop_turns_while_scorecards_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    made = engine()

    def scorecard(*args: Any) -> Scorecard | None:
        begun.set()
        assert go_on.wait(10), "the loop stood still"
        return scorecards.scorecard(*args)

    async def ask() -> Any:
        task = asyncio.create_task(api({0: made}).scorecards("s1", None))
        assert await asyncio.to_thread(begun.wait, 10)
        made.apply(reply)
        made.refresh(NOON + 2000)
        go_on.set()
        return await task

    reply = decode(message(NOON + 500, sender="agent"), now_ms=NOON + 500)
    assert not isinstance(reply, Rejected)
    monkeypatch.setattr(board, "scorecard", scorecard)
    assert [(card.rounds, card.answered) for card in asyncio.run(ask())] == [(1, 0), (1, 0)]
    assert [card.answered for card in asyncio.run(api({0: made}).scorecards("s1", None))] == [1, 1]


def test_a_closed_day_is_still_answered() -> None:
    made = engine()
    at = NOON + 40 * 86_400_000
    later = decode(message(at), now_ms=at)
    assert not isinstance(later, Rejected)
    made.apply(later)
    cards: Any = asyncio.run(api({0: made}).scorecards("s1", "2025-03-03"))
    assert datetime.date(2025, 3, 3).toordinal() not in made.boards["s1"].days
    assert [card.agent_id for card in cards] == ["", "a1"]
