"""What becomes of an event: applied, late, after the close; counters; days that close."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from chatpulse.contract.events import EventBase
from chatpulse.scoreboard.notes import Outcome
from chatpulse.scoreboard.partition import KEPT_DAYS, Partition
from tests.builders import (
    MONDAY,
    cancelled,
    clock,
    created,
    date,
    flagged,
    marked,
    ms,
    paid,
    printed,
    rated,
    refunded,
    replied,
    rules_of,
    transferred,
    wrote,
)

LATE, CLOSED, DONE = Outcome.LATE, Outcome.AFTER_CLOSE, Outcome.APPLIED


class Case(NamedTuple):
    name: str
    before: list[EventBase]
    event: EventBase
    outcome: Outcome


CASES = [
    Case("chat exactly 120 s behind", [wrote("10:02")], wrote("10:00"), DONE),
    Case("a millisecond more", [wrote("10:02")], wrote("09:59:59.999"), LATE),
    Case("a transfer too", [wrote("10:02")], transferred("09:59:59.999", None, "a1"), LATE),
    Case("a recall too", [wrote("10:02")], wrote("09:59:59.999", content="recall"), LATE),
    Case("behind a recall", [wrote("10:02", content="recall")], wrote("09:59:59.999"), LATE),
    Case("behind a transfer", [transferred("10:02", None, "a1")], wrote("09:59:59.999"), LATE),
    Case("behind a transfer to oneself", [transferred("10:02", "a1", "a1")],
         wrote("09:59:59.999"), LATE),
    Case("behind an order is not late", [paid("10:02")], wrote("09:00"), DONE),
    Case("nor behind another buyer's chat", [wrote("10:02", buyer="b2")], wrote("09:00"), DONE),
    Case("nor behind the clock", [clock("10:02")], wrote("09:00"), DONE),
    Case("a late one moves nothing", [wrote("10:02"), wrote("09:00")], wrote("10:00"), DONE),
    Case("orders are never late", [wrote("10:02")], paid("09:00"), DONE),
    Case("marks are never late", [wrote("10:02")], marked("09:00", "ad"), DONE),
    Case("other types are never late", [wrote("10:02")], rated("09:00"), DONE),
    Case("the last instant before a day closes", [clock("+8 23:59:59.999")], wrote("00:00"), DONE),
    Case("its close", [clock("+9 00:00")], wrote("23:59:59.999"), CLOSED),
    Case("the day after is open", [clock("+9 00:00")], wrote("+1 00:00"), DONE),
    Case("an order of a closed day", [clock("+9 00:00")], paid("23:59"), CLOSED),
    Case("any event of a closed day", [clock("+9 00:00")], clock("23:59"), CLOSED),
    Case("a late one of a closed day", [wrote("+9 00:00")], wrote("23:59"), CLOSED),
    Case("a mark for a closed day", [], marked("+9 00:00", "ad", day=0), CLOSED),
    Case("a mark for the last open day", [], marked("+9 00:00", "ad", day=1), DONE),
    Case("a mark made on a closed day for an open one", [clock("+9 00:00")],
         marked("10:00", "ad", day=1), DONE),
    Case("another shop's clock", [clock("+9 00:00", shop="s2")], wrote("10:00"), DONE),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_outcome(case: Case) -> None:
    partition = Partition(rules_of())
    for event in case.before:
        partition.apply(event)
    assert partition.apply(case.event) is case.outcome


def test_an_event_of_a_closed_day_leaves_no_row() -> None:
    partition = Partition(rules_of())
    for event in (clock("+9 00:00"), wrote("10:00"), paid("10:00"), marked("10:00", "ad")):
        partition.apply(event)
    assert partition.conversations == 0
    assert partition.shops["s1"].notes.clock == ms("+9 00:00")


def test_days_close_in_the_time_zone_of_the_shop() -> None:
    partition = Partition(rules_of({"shops": {"s2": {"timezone": "UTC"}}}))
    for shop in ("s1", "s2"):
        partition.apply(clock("+9 00:00", shop=shop))
    assert partition.apply(wrote("07:00", shop="s1")) is CLOSED
    assert partition.apply(wrote("07:00", shop="s2")) is CLOSED  # still the day before there
    assert partition.apply(wrote("08:00", shop="s2")) is DONE


QUESTION, ANSWER, ORDER = wrote("10:00"), replied("10:01"), created("10:02")
SALE, BACK, MARK = paid("10:03"), refunded("10:04"), marked("10:05", "genuine")

DUPLICATES = [
    ("nothing twice", [QUESTION, ANSWER, ORDER, SALE, BACK, MARK], 0),
    ("a message", [QUESTION, ANSWER, QUESTION], 1),
    ("three times", [QUESTION, QUESTION, ANSWER, QUESTION], 2),
    ("an order", [ORDER, ORDER], 1),
    ("a payment", [SALE, ORDER, SALE], 1),
    ("a refund", [SALE, BACK, BACK], 1),
    ("a mark", [MARK, QUESTION, MARK], 1),
    ("everything", [QUESTION, ANSWER, ORDER, SALE, BACK, MARK] * 2, 6),
    ("the same at another time is no copy", [wrote("10:00"), wrote("10:00")], 0),
    ("another buyer's with the same id", [QUESTION, wrote("10:00", buyer="b2")], 0),
]


@pytest.mark.parametrize(("name", "events", "n"), DUPLICATES, ids=[c[0] for c in DUPLICATES])
def test_copies_are_counted(name: str, events: list[EventBase], n: int) -> None:
    partition = Partition(rules_of())
    for event in events:
        assert partition.apply(event) is DONE
    partition.refresh(ms("11:00"))
    assert partition.duplicates == n
    partition.refresh(ms("12:00"))
    assert partition.duplicates == n  # not counted again


REFUNDS = [
    ("of a paid order", [SALE, BACK], 0),
    ("of nothing", [BACK], 1),
    ("of an order not paid", [ORDER, BACK], 1),
    ("read before its payment", [BACK, SALE], 1),
    ("another buyer's", [SALE, refunded("10:04", buyer="b2")], 1),
    ("of a forgotten order", [SALE, refunded("+21 10:03:00.001")], 1),
    ("of an order that is remembered", [SALE, refunded("+21 10:03")], 0),
    ("a copy is not counted again", [BACK, BACK], 1),
]


@pytest.mark.parametrize(("name", "events", "n"), REFUNDS, ids=[c[0] for c in REFUNDS])
def test_unmatched_refunds_are_counted(name: str, events: list[EventBase], n: int) -> None:
    partition = Partition(rules_of())
    for event in events:
        partition.apply(event)
    assert partition.unmatched_refunds == n


# ---- days that close ----------------------------------------------------------------------------


def closed_days(partition: Partition) -> list[str]:
    cards, partition.closed = partition.closed, []
    return sorted({card.day for card in cards})


@pytest.mark.parametrize("live", [True, False])
def test_a_closed_day_goes_out_once(live: bool) -> None:
    partition = Partition(rules_of(), live=live)
    for event in (wrote("10:00"), wrote("+1 10:00"), wrote("+8 23:59:59.999")):
        partition.apply(event)
    assert closed_days(partition) == []
    partition.apply(clock("+9 00:00"))
    assert closed_days(partition) == ["2025-03-03"]
    partition.apply(clock("+9 00:00:00.001"))
    assert closed_days(partition) == []
    partition.apply(clock("+30 00:00"))
    assert closed_days(partition) == ["2025-03-04", "2025-03-11"]


def test_days_without_events_have_no_cards() -> None:
    partition = Partition(rules_of())
    partition.apply(clock("10:00"))
    partition.apply(marked("10:00", "ad"))
    partition.apply(clock("+40 00:00"))
    assert closed_days(partition) == []


def test_days_close_no_further_than_the_limit() -> None:
    partition = Partition(rules_of())
    partition.close_limit = ms("+9 00:00") - 1
    for event in (wrote("10:00"), wrote("+1 10:00"), clock("+30 00:00")):
        partition.apply(event)
    partition.close_due()
    assert closed_days(partition) == []
    assert partition.apply(marked("10:00", "ad")) is DONE
    partition.close_limit = ms("+9 00:00")
    assert closed_days(partition) == []
    partition.close_due()
    assert closed_days(partition) == ["2025-03-03"]
    partition.close_due()
    assert closed_days(partition) == []
    assert partition.apply(paid("10:00")) is CLOSED
    assert partition.apply(paid("+1 10:00")) is DONE
    partition.close_limit = ms("+60 00:00")
    partition.close_due()  # as far as the shop's clock
    assert closed_days(partition) == ["2025-03-04"]
    assert partition.apply(paid("+21 23:59")) is CLOSED
    assert partition.apply(paid("+22 00:00")) is DONE


def test_a_worker_keeps_62_closed_days() -> None:
    partition = Partition(rules_of())
    for days in range(80):
        partition.apply(wrote(f"+{days} 10:00", buyer=f"b{days}"))
    kept = sorted(partition.archive["s1"])
    assert len(kept) == KEPT_DAYS == 62
    assert kept[-1] == date(79 - 9).isoformat()
    partition.refresh(ms("+79 11:00"))
    assert [c.rounds for c in partition.scorecards("s1", date(70))] == [1]
    assert [c.rounds for c in partition.scorecards("s1", date(71))] == [1]
    assert partition.scorecards("s1", date(70 - 62)) == []
    assert [c.day for c in partition.scorecards("s1")] == [date(79).isoformat()]


def test_an_archived_day_is_the_one_that_went_out() -> None:
    partition = Partition(rules_of())
    for event in (wrote("10:00", to="a1"), replied("10:01"), paid("11:00"), clock("+9 00:00")):
        partition.apply(event)
    partition.refresh(ms("+9 00:00"))
    assert partition.archive == {"s1": {"2025-03-03": partition.closed}}
    assert printed(partition.scorecards("s1", date(0))) == printed(partition.closed)
    assert [card.agent_id for card in partition.closed] == ["", "a1"]


def test_a_replay_keeps_no_closed_days() -> None:
    partition = Partition(rules_of(), live=False)
    for event in (wrote("10:00"), clock("+9 00:00")):
        partition.apply(event)
    assert partition.archive == {}


TRACELESS = [
    ("a mark", [marked("10:00", "genuine")]),
    ("a mark for another day", [marked("10:00", "genuine", day=1), marked("10:00", "genuine")]),
    ("a transfer", [transferred("10:00", None, "a1")]),
]


@pytest.mark.parametrize(("name", "events"), TRACELESS, ids=[name for name, _ in TRACELESS])
def test_a_day_closes_whole_though_a_restart_saw_no_trace_of_it(
    name: str, events: list[EventBase]
) -> None:
    partition = Partition(rules_of())
    for event in events:
        partition.apply(event)
    restored = Partition.load(rules_of(), partition.dump())
    for event in (wrote("11:00", to="a1"), clock("+9 00:00")):
        restored.apply(event)
    assert [(card.agent_id, card.rounds) for card in restored.closed] == [("", 1), ("a1", 1)]


def test_a_stranger_has_no_scorecards() -> None:
    with pytest.raises(KeyError):
        Partition(rules_of()).scorecards("s1")


def test_all_order_events_count_a_buyer_as_active() -> None:
    for event in (created("10:00"), paid("10:00"), cancelled("10:00"), flagged("10:00")):
        partition = Partition(rules_of(), live=False)
        partition.apply(event)
        partition.apply(marked("11:00", "ad"))
        partition.finish(ms("12:00"))
        assert [card.excluded for card in partition.closed] == [{"ad": 1}]


def test_monday_is_the_first_day() -> None:
    assert ms("00:00") == MONDAY
    assert date(0).strftime("%A") == "Monday"
