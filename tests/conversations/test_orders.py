"""Order events and marks: sets, whatever the order of arrival."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.events import EventBase
from chatpulse.conversations.orders import mark, ordered_at, purchase
from chatpulse.conversations.row import Mark, Order, Sale, Timeline
from tests.builders import (
    FIRST_DAY,
    cancelled,
    created,
    flagged,
    marked,
    ms,
    paid,
    refunded,
)

EARLY, LATE = created("10:00"), created("11:00")
PAID, AGAIN = paid("12:00", amount=5), paid("13:00", amount=7)
BACK = refunded("14:00", amount=3)
SALE = Sale(ms("12:00"), PAID.event_id, 5, 1)

CASES = [
    ("created", [EARLY], Order(ms("10:00")), ["new"]),
    ("the first created counts", [LATE, EARLY, LATE], Order(ms("10:00")), ["new"] * 3),
    ("a copy of it", [EARLY, EARLY], Order(ms("10:00")), ["new", "duplicate"]),
    ("paid", [PAID], Order(None, SALE), ["new"]),
    ("the first payment counts", [AGAIN, PAID, AGAIN], Order(None, SALE), ["new"] * 3),
    ("a copy of it", [PAID, PAID], Order(None, SALE), ["new", "duplicate"]),
    (
        "a refund of a paid order",
        [PAID, BACK],
        Order(None, SALE, refunds={BACK.event_id: (ms("14:00"), 3)}),
        ["new", "new"],
    ),
    (
        "a copy of it",
        [PAID, BACK, BACK],
        Order(None, SALE, refunds={BACK.event_id: (ms("14:00"), 3)}),
        ["new", "new", "duplicate"],
    ),
    (
        "a refund of nothing",
        [BACK],
        Order(refunds={BACK.event_id: (ms("14:00"), 3)}),
        ["unmatched"],
    ),
    ("cancelled", [cancelled("10:00")], Order(cancelled=True), ["new"]),
    ("flagged", [flagged("10:00")], Order(flagged=True), ["new"]),
]


@pytest.mark.parametrize(
    ("name", "events", "order", "effects"), CASES, ids=[name for name, *_ in CASES]
)
def test_purchase(name: str, events: list[EventBase], order: Order, effects: list[str]) -> None:
    timeline = Timeline(0, 0)
    assert [purchase(timeline, event) for event in events] == effects
    assert timeline.orders == {"o1": order}
    bought = [event.at for event in events if event in (EARLY, LATE, PAID, AGAIN)]
    assert timeline.purchase_at == min(bought, default=None)


ORDERED = [
    (Order(), None),
    (Order(7), 7),
    (Order(None, SALE), SALE.at),
    (Order(7, SALE), 7),
    (Order(SALE.at + 1, SALE), SALE.at),
    (Order(SALE.at, SALE), SALE.at),
]


@pytest.mark.parametrize(("order", "at"), ORDERED)
def test_an_order_is_placed_when_created_at_the_latest_when_paid(
    order: Order, at: int | None
) -> None:
    assert ordered_at(order) == at


AD, GENUINE = marked("10:00", "ad"), marked("11:00", "genuine")
SAME = marked("11:00", "internal")


def test_the_newest_mark_of_a_day_holds() -> None:
    timeline = Timeline(0, 0)
    effects = [mark(timeline, event, FIRST_DAY) for event in (GENUINE, AD, GENUINE, SAME, SAME)]
    assert effects == ["new", "new", "duplicate", "new", "duplicate"]
    assert timeline.marks == {FIRST_DAY: Mark(ms("11:00"), SAME.event_id, "internal")}
    assert mark(timeline, AD, FIRST_DAY - 1) == "new"
    assert timeline.marks[FIRST_DAY - 1] == Mark(ms("10:00"), AD.event_id, "ad")


EVENTS = [
    EARLY,
    LATE,
    PAID,
    AGAIN,
    BACK,
    cancelled("10:30"),
    flagged("15:00"),
    created("10:00", "o2"),
    refunded("16:00", amount=1),
]


@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS)))
def test_any_order_and_any_copies_leave_the_same_evidence(
    events: list[EventBase], copies: list[EventBase]
) -> None:
    found, expected = Timeline(0, 0), Timeline(0, 0)
    for event in EVENTS:
        purchase(expected, event)
    for event in events + copies:
        purchase(found, event)
    assert found == expected


@given(st.permutations([AD, GENUINE, SAME]), st.lists(st.sampled_from([AD, GENUINE, SAME])))
def test_any_order_of_marks_leaves_the_newest(
    events: list[EventBase], copies: list[EventBase]
) -> None:
    timeline = Timeline(0, 0)
    for event in events + copies:
        mark(timeline, event, FIRST_DAY)
    assert timeline.marks == {FIRST_DAY: Mark(ms("11:00"), SAME.event_id, "internal")}
