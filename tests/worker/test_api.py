"""Whose shop it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatpulse.contract.codec import Rejected, decode
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
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
        cards: Any = api({number: engine()}).scorecards("s1", "2025-03-03")
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
    answer = api(mine, {Tp("m", next(iter(mine))): "http://me:1"}).scorecards("stranger", None)
    assert answer == NotHere("no event of shop 'stranger' is remembered")


@pytest.mark.parametrize("day", ["", "20250303", "2025-3-3", "2025-02-30", "03.03.2025"])
def test_days_are_iso_dates(day: str) -> None:
    assert isinstance(api({}).scorecards("s1", day), Unusable)
