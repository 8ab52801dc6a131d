"""Why a number is what it is: what each conversation contributed."""

from __future__ import annotations

import pytest

from chatpulse.contract.events import EventBase
from chatpulse.conversations.spam import Score
from chatpulse.scoreboard.explanation import (
    ExplainedOrder,
    ExplainedRound,
    Explanation,
    explain,
)
from chatpulse.scoreboard.partition import Partition
from tests.builders import (
    cancelled,
    created,
    flagged,
    marked,
    ms,
    paid,
    replied,
    rules_of,
    transferred,
    wrote,
)


def explained(*events: EventBase, now: str = "20:00") -> list[Explanation]:
    found: list[Explanation] = []
    partition = Partition(
        rules_of(),
        live=False,
        on_tally=lambda shop, buyer, conversation, tally: found.append(
            explain(shop, buyer, conversation, tally)
        ),
    )
    for event in events:
        partition.apply(event)
    partition.finish(ms(now))
    return found


def test_rounds_with_both_waits() -> None:
    (found,) = explained(
        wrote("10:00"),
        transferred("10:01", None, "a1"),
        replied("10:03"),
        wrote("10:04", to="a2"),
        now="+1 00:00",
    )
    assert (found.shop_id, found.day, found.buyer_id) == ("s1", "2025-03-03", "b1")
    assert (found.excluded, found.mark, found.orders) == (None, None, [])
    assert found.score == Score(0, 0, 0, 0, 0, 0, 0)
    assert found.rounds == [
        ExplainedRound(ms("10:00"), ms("10:03"), "a1", 180_000, 120_000, True),
        ExplainedRound(ms("10:04"), None, "a2", None, None, False),
    ]
    assert (found.numbers[""]["rounds"], found.numbers["a1"]["answered"]) == (2, 1)


ORDERS = [
    (
        "closed",
        [replied("10:00"), created("10:01"), paid("10:02", amount=7)],
        ExplainedOrder("o1", ms("10:01"), ms("10:02"), 7, "closed", "a1", False, False),
    ),
    (
        "silent",
        [paid("10:02", amount=7)],
        ExplainedOrder("o1", ms("10:02"), ms("10:02"), 7, "silent", "", False, False),
    ),
    (
        "unpaid and cancelled",
        [created("10:01"), cancelled("10:02")],
        ExplainedOrder("o1", ms("10:01"), None, None, None, "", False, True),
    ),
    (
        "flagged",
        [paid("10:02", amount=7), flagged("10:03")],
        ExplainedOrder("o1", ms("10:02"), ms("10:02"), 7, None, "", True, False),
    ),
]


@pytest.mark.parametrize(("name", "events", "order"), ORDERS, ids=[name for name, *_ in ORDERS])
def test_orders(name: str, events: list[EventBase], order: ExplainedOrder) -> None:
    (found,) = explained(*events)
    assert found.orders == [order]


def test_why_a_day_is_left_out() -> None:
    (found,) = explained(wrote("10:00", "刷单 兼职 贷款"))
    assert (found.excluded, found.mark, found.score.total) == ("ad", None, 3)
    assert found.numbers == {"": {"excluded.ad": 1}}
    (found,) = explained(wrote("10:00", "刷单 兼职 贷款"), marked("11:00", "genuine"))
    assert (found.excluded, found.mark, found.score.keywords) == (None, "genuine", 3)


def test_each_conversation_is_explained_for_each_of_its_days() -> None:
    found = explained(wrote("10:00"), wrote("+1 10:00"), wrote("10:00", buyer="b2"), now="+1 11:00")
    assert sorted((e.buyer_id, e.day) for e in found) == [
        ("b1", "2025-03-03"),
        ("b1", "2025-03-04"),
        ("b2", "2025-03-03"),
    ]
