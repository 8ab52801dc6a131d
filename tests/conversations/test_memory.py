"""Which events a conversation remembers together, and for how long (kpis.md 1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.conversations.memory import forget, forgotten_at, remember, timeline_of
from chatpulse.conversations.row import Row, Timeline
from tests.builders import DAY, Case, check, created, paid, refunded, replied, wrote

Seen = tuple[int, bool]
"""An event's instant, and whether it is a sale."""
Run = tuple[int, int, int]
"""First and newest instant of a timeline, and its memory."""


def runs(*seen: Seen) -> list[Run]:
    row = Row()
    for at, is_sale in seen:
        timeline = remember(row, at, is_sale=is_sale)
        assert timeline.first_at <= at <= timeline.newest_at
        assert any(timeline is known for known in row.timelines)
    return [(t.first_at, t.newest_at, t.memory) for t in row.timelines]


def chat(days: float, ms: int = 0) -> Seen:
    return round(days * DAY) + ms, False


def sale(days: float, ms: int = 0) -> Seen:
    return round(days * DAY) + ms, True


D8, D21 = 8 * DAY, 21 * DAY
CASES = [
    ("one event", [chat(1)], [(DAY, DAY, D8)]),
    ("eight days are remembered", [chat(0), chat(8)], [(0, D8, D8)]),
    ("not a millisecond more", [chat(0), chat(8, 1)], [(0, 0, D8), (D8 + 1, D8 + 1, D8)]),
    ("with a sale 21 days", [sale(0), chat(21)], [(0, D21, D21)]),
    ("not a millisecond more", [sale(0), chat(21, 1)], [(0, 0, D21), (D21 + 1, D21 + 1, D8)]),
    ("a sale lasts", [sale(0), chat(1), chat(22)], [(0, 22 * DAY, D21)]),
    ("a sale after the gap is too late", [chat(0), sale(9)], [(0, 0, D8), (9 * DAY, 9 * DAY, D21)]),
    ("read in any order", [chat(8), chat(0)], [(0, D8, D8)]),
    ("read in any order, too far", [chat(8, 1), chat(0)], [(0, 0, D8), (D8 + 1, D8 + 1, D8)]),
    ("an event in between joins", [chat(0), chat(16), chat(8)], [(0, 16 * DAY, D8)]),
    ("one that reaches one end only does not", [chat(0), chat(17), chat(8)],
     [(0, D8, D8), (17 * DAY, 17 * DAY, D8)]),
    ("a sale read later joins", [chat(0), chat(20), sale(0)], [(0, 20 * DAY, D21)]),
    ("a sale joins all that it reaches", [chat(0), chat(12), chat(24), sale(8)],
     [(0, 24 * DAY, D21)]),
    ("before all that is known", [chat(10), chat(0)], [(0, 0, D8), (10 * DAY, 10 * DAY, D8)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "seen", "expected"), CASES, ids=[name for name, *_ in CASES])
def test_remember(name: str, seen: list[Seen], expected: list[Run]) -> None:
    assert runs(*seen) == expected


def by_definition(seen: list[Seen]) -> list[Run]:
    found: list[Run] = []
    for at, is_sale in sorted(seen):
        if found and at <= found[-1][1] + found[-1][2]:
            first, _, memory = found.pop()
        else:
            first, memory = at, D8
        found.append((first, at, D21 if is_sale else memory))
    return found


INSTANTS = st.sampled_from([0, 1, DAY, D8 - 1, D8, D8 + 1, 13 * DAY, D21 - 1, D21, D21 + 1])
SEEN = st.lists(
    st.tuples(st.builds(int.__add__, INSTANTS, INSTANTS), st.booleans()), min_size=1, max_size=8
)


@given(SEEN)
def test_timelines_are_a_function_of_the_instants(seen: list[Seen]) -> None:
    assert runs(*seen) == by_definition(seen)


def test_a_timeline_is_forgotten_nine_days_after_its_memory() -> None:
    row = Row()
    remember(row, 0)
    remember(row, 30 * DAY, is_sale=True)
    assert [forgotten_at(t) for t in row.timelines] == [17 * DAY, 60 * DAY]
    assert not forget(row, 17 * DAY - 1)
    assert len(row.timelines) == 2
    assert not forget(row, 17 * DAY)
    assert [t.first_at for t in row.timelines] == [30 * DAY]
    assert not forget(row, 60 * DAY - 1)
    assert forget(row, 60 * DAY)
    assert row.timelines == []


def test_a_day_sees_the_timeline_that_has_events_on_it() -> None:
    first, second = Timeline(1 * DAY, 2 * DAY), Timeline(12 * DAY, 13 * DAY)
    row = Row(timelines=[first, second])
    days = [timeline_of(row, day * DAY, (day + 1) * DAY) for day in (0, 1, 2, 3, 11, 12, 13, 14)]
    assert days == [None, first, first, None, None, second, second, None]


NUMBERS = "orders_by_credit inquiries"
KPIS = [
    Case(
        "a sale of the memory makes an after-sale question",
        [paid("10:00"), wrote("+21 10:00")],
        {"shop": {"orders_by_credit": {"silent": 1}}},
    ),
    Case(
        "after the memory nothing is known of it",
        [paid("10:00"), wrote("+21 10:00:00.001")],
        {"shop": {"orders_by_credit": {"silent": 1}}, "+21 shop": {"inquiries": 1}},
    ),
    Case(
        "a reply eight days before closes an order",
        [replied("10:00"), created("+8 10:00"), paid("+8 10:01")],
        {owner: {"orders_by_credit": {"closed": 1}} for owner in ("+8 shop", "+8 a1")},
        {"validity": 9},
    ),
    Case(
        "later it is forgotten",
        [replied("10:00"), created("+8 10:00:00.001"), paid("+8 10:01")],
        {"+8 shop": {"orders_by_credit": {"silent": 1}}},
        {"validity": 9},
    ),
    Case(
        "an event in between, read last, makes one memory of two",
        [
            replied("09:00"),
            created("10:00"),
            paid("+10 10:00", amount=1),
            refunded("+10 11:00", amount=1),
            wrote("+6 10:00"),
        ],
        {
            "+6 shop": {"inquiries": 1},
            "+10 shop": {"orders_by_credit": {"closed": 1}},
            "+10 a1": {"orders_by_credit": {"closed": 1}},
        },
    ),
    Case(
        "a payment of a forgotten order is an order without a created event",
        [created("10:00"), replied("10:01"), paid("+8 10:02")],
        {"+8 shop": {"orders_by_credit": {"silent": 1}}},
    ),
]


@pytest.mark.parametrize("case", KPIS, ids=lambda case: case.name)
def test_what_is_remembered_counts(case: Case) -> None:
    check(case, NUMBERS)
