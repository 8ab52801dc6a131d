"""Nothing grows with history: rows, campaigns, days, boards and deadlines are all forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatpulse.contract.codec import Rejected, decode
from chatpulse.contract.events import EventBase
from chatpulse.scoreboard.native import NativeNotes
from chatpulse.scoreboard.partition import Partition
from tests.builders import clock, marked, ms, paid, rated, replied, rules_of, transferred, wrote
from tests.oracle.strategies import Event, timelines, to_lines
from tests.oracle.timelines import random_lines

LONG = "全场清仓快来看看吧朋友们"
FORGOTTEN = [
    ("a message", wrote("10:00"), "+17 10:00"),
    ("a transfer", transferred("10:00", None, "a1"), "+17 10:00"),
    ("a mark", marked("10:00", "ad"), "+17 10:00"),
    ("a mark for another day", marked("10:00", "ad", day=-3), "+17 10:00"),
    ("a mark for a day to come", marked("10:00", "ad", day=4_000), "+17 10:00"),
    ("another type", rated("10:00"), "+17 10:00"),
    ("a sale", paid("10:00"), "+30 10:00"),
]


@pytest.mark.parametrize(("name", "event", "when"), FORGOTTEN, ids=[c[0] for c in FORGOTTEN])
def test_a_row_goes_nine_days_after_its_memory(name: str, event: EventBase, when: str) -> None:
    """At the first closing of a day at or after that instant."""
    partition = Partition(rules_of())
    days = int(when.split(maxsplit=1)[0])
    for day in range(1, days + 1):
        partition.apply(event if day == 1 else clock(f"+{day} 00:00"))
        assert partition.conversations == 1
    partition.apply(clock(f"+{days + 1} 00:00"))
    assert partition.conversations == 0


def test_an_event_in_time_keeps_it() -> None:
    partition = Partition(rules_of())
    partition.apply(wrote("10:00"))
    partition.apply(rated("+8 10:00"))
    partition.apply(clock("+25 00:00"))
    assert partition.conversations == 1
    partition.apply(clock("+26 00:00"))
    assert partition.conversations == 0


@pytest.mark.parametrize("day", [0, -3, 5, 4_000])
def test_a_mark_leaves_nothing_behind(day: int) -> None:
    partition, empty = Partition(rules_of()), Partition(rules_of())
    partition.apply(marked("10:00", "ad", day=day))
    empty.apply(clock("10:00"))
    assert state(drained(partition, days=50)) == state(drained(empty, days=50))


def sizes(thing: Any, seen: set[int] | None = None) -> int:
    """Count the entries of all containers reachable from the state."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, (str, bytes, int, float, type(None))):
        return 0
    seen.add(id(thing))
    if isinstance(thing, dict):
        inner = [*thing.keys(), *thing.values()]
    elif isinstance(thing, (list, tuple, set, frozenset)):
        inner = list(thing)
    else:
        names = [*getattr(thing, "__dict__", ())]
        for kind in type(thing).__mro__:
            slots = getattr(kind, "__slots__", ())
            names += [slots] if isinstance(slots, str) else slots
        inner = [getattr(thing, name) for name in names if hasattr(thing, name)]
        return sum(sizes(value, seen) for value in inner)
    return len(inner) + sum(sizes(value, seen) for value in inner)


def state(partition: Partition) -> int:
    """Count what the shops and boards hold, policies and closed days left aside."""
    aside = {id(partition.rules), *(id(shop.policy) for shop in partition.shops.values())}
    shops = [shop.notes for shop in partition.shops.values()]
    held = sum(notes.native.held() for notes in shops if isinstance(notes, NativeNotes))
    return held + sizes([partition.shops, partition.boards], aside)


def drained(partition: Partition, *, days: int) -> Partition:
    """Let time pass."""
    newest = max(shop.notes.clock for shop in partition.shops.values())
    for shop in list(partition.shops):
        for day in range(1, days + 1):
            at = newest + day * 86_400_000
            event = clock("10:00", shop=shop)
            partition.apply(type(event)(**{**_fields(event), "at": at}))
            if partition.is_live and day % 7 == 0:
                partition.refresh(at)
        partition.refresh(newest + days * 86_400_000)
    partition.closed.clear()
    return partition


def _fields(event: EventBase) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


@settings(max_examples=40)
@given(timelines(buyers=4), st.lists(st.integers(0, 10), max_size=3))
def test_every_row_is_forgotten(events: list[Event], looks: list[int]) -> None:
    partition = Partition(rules_of())
    for number, raw in enumerate(to_lines(events)):
        event = decode(raw, now_ms=1 << 52)
        assert not isinstance(event, Rejected)
        partition.apply(event)
        if number in looks:
            partition.refresh(event.at)
    empty = Partition(rules_of())
    empty.apply(clock("10:00"))
    drained(partition, days=50)
    assert partition.conversations == 0
    if "s1" in partition.shops:
        assert state(partition) == state(drained(empty, days=50))


@pytest.mark.parametrize("live", [True, False])
def test_state_does_not_grow_with_history(live: bool) -> None:
    """The same crowd for a month and for three: as much state at the end, and none once it left."""
    found = []
    for days in (30, 90):
        partition = Partition(rules_of(), live=live)
        lines = random_lines(5, days * 40, shops=1, buyers=8, days=days, garbage=0)
        for number, raw in enumerate(lines):
            event = decode(raw, now_ms=1 << 52)
            assert not isinstance(event, Rejected)
            partition.apply(event)
            if live and number % 50 == 0:
                partition.refresh(partition.shops["s1"].notes.clock)
        partition.closed.clear()
        full = state(partition)
        left = state(drained(partition, days=50))
        assert partition.conversations == 0
        found.append((full, left))
    (short, nothing), (long, still_nothing) = found
    assert 300 < long < 2 * short
    assert still_nothing == nothing < 60


def test_campaigns_are_forgotten_with_their_day() -> None:
    partition = Partition(rules_of())
    for buyer in ("b1", "b2", "b3"):
        partition.apply(wrote("10:00", LONG, buyer=buyer))
    text = rules_of().for_shop("s1").reader.traits(LONG).campaign
    day = partition.shops["s1"].policy.calendar.day(ms("10:00"))
    assert partition.shops["s1"].notes.in_campaign(day, text)
    assert not partition.shops["s1"].notes.in_campaign(day + 1, text)
    partition.apply(clock("+9 00:00"))
    assert not partition.shops["s1"].notes.in_campaign(day, text)


def test_a_long_conversation_keeps_a_row_of_bounded_size() -> None:
    """One buyer who comes every day for two months: as large as after one."""
    partition = Partition(rules_of(), live=False)
    sizes_by_day = []
    for day in range(60):
        for hour in range(9, 21):
            partition.apply(wrote(f"+{day} {hour:02}:00", to="a1"))
            partition.apply(replied(f"+{day} {hour:02}:01"))
        rows = partition.shops["s1"].notes.rows
        sizes_by_day.append(sizes([rows.peek(buyer_id) for buyer_id in rows]))
    assert max(sizes_by_day[30:]) <= max(sizes_by_day[:30])


def test_a_row_keeps_the_transfers_of_waiting_buyers_only() -> None:
    partition = Partition(rules_of(), live=False)
    for hour in range(8, 20):
        partition.apply(wrote(f"{hour:02}:00", to="a0"))
        for n in range(30):
            partition.apply(transferred(f"{hour:02}:{n + 1:02}", f"a{n}", f"a{n + 1}"))
        partition.apply(replied(f"{hour:02}:31", "a30"))
    partition.apply(wrote("20:00", to="a0"))
    chat = partition.shops["s1"].conversation("b1", ms("20:00")).chat
    assert chat.transfers == {}


def test_a_row_notes_a_campaign_once() -> None:
    partition = Partition(rules_of(), live=False)
    for minute in range(10):
        partition.apply(wrote(f"10:{minute:02}", LONG))
        partition.apply(wrote(f"10:{minute:02}", "在吗"))
    conversation = partition.shops["s1"].conversation("b1", ms("11:00"))
    (facts,) = conversation.days.values()
    assert len(facts.campaigns) == 1
    assert 0 not in facts.campaigns
