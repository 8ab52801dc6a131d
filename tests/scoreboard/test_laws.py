"""The laws of the engine: what must hold whatever happens, in whatever order it is read.

Scorecards are compared whole. The independent computation of tests/oracle obeys the same laws.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chatpulse.contract.codec import Rejected, decode
from chatpulse.contract.events import BuyerEvent, EventBase
from chatpulse.conversations.conversation import tidy
from chatpulse.conversations.tallies import tally_day
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.scorecard import COUNTED
from tests.builders import DAY, Presence, printed, replay, rules_of, wrote
from tests.oracle.strategies import Event, closes_as_in_order, runs, timelines, to_lines
from tests.oracle.timelines import RULES as CROWDED
from tests.oracle.timelines import random_lines

Card = dict[str, Any]
RULES = st.sampled_from(
    [
        {},
        {"attribution": "payment", "validity": 1},
        {"closers": "strict", "validity": 3, "timezone": "Europe/Berlin"},
        {"duty_window": ["00:00", "24:00"], "block_list": ["b2"], "timezone": "UTC"},
    ]
)
ADDITIVE = [*COUNTED, "duty_rounds"]


def events_of(drawn: Iterable[Event]) -> list[EventBase]:
    found = []
    for raw in to_lines(list(drawn)):
        event = decode(raw, now_ms=1 << 52)
        assert not isinstance(event, Rejected)
        found.append(event)
    return found


def only_clock(event: EventBase) -> Presence:
    """The same instant without a conversation."""
    return Presence(
        event_id=event.event_id, shop_id=event.shop_id, at=event.at, agent_id="a1", state="online"
    )


# ---- 1. order and copies ------------------------------------------------------------------------


@given(runs(buyers=3), RULES)
def test_any_order_inside_the_lateness_and_any_copies(
    run: tuple[list[Event], list[Event]], rules: dict[str, Any]
) -> None:
    assume(closes_as_in_order(*run))
    in_order, read = map(events_of, run)
    assert replay(read, rules) == replay(in_order, rules)


@given(timelines(buyers=1), st.data())
def test_any_order_inside_one_lateness(drawn: list[Event], data: st.DataObject) -> None:
    """Everything within two minutes: every permutation is the same."""
    pressed = [{**event, "at": drawn[0]["at"] + event["at"] % 120_001} for event in drawn]
    events = events_of(pressed)
    shuffled = data.draw(st.permutations(events))
    assert replay(shuffled) == replay(events)


# ---- 3. conversations apart ---------------------------------------------------------------------


def shuffled(parts: Sequence[list[EventBase]], data: st.DataObject) -> list[EventBase]:
    """Read the parts at once, each in its own order."""
    turns = data.draw(st.permutations([i for i, part in enumerate(parts) for _ in part]))
    left = [iter(part) for part in parts]
    return [next(left[turn]) for turn in turns]


@given(timelines(buyers=3), st.data())
def test_conversations_may_be_read_in_any_interleaving(
    drawn: list[Event], data: st.DataObject
) -> None:
    """While no day closes: within eight days."""
    events = [e for e in events_of(drawn) if e.at < drawn[0]["at"] - drawn[0]["at"] % DAY + 8 * DAY]
    parts = [
        [e for e in events if getattr(e, "buyer_id", None) == buyer]
        for buyer in ("b1", "b2", "b3", None)
    ]
    assert replay(shuffled(parts, data)) == replay(events)


@given(timelines(buyers=3), st.data())
def test_shops_may_be_read_in_any_interleaving(drawn: list[Event], data: st.DataObject) -> None:
    """Whatever closes."""
    events = events_of({**event, "shop_id": f"s{event['buyer_id']}"} for event in drawn)
    parts = [[e for e in events if e.shop_id == f"sb{n}"] for n in (1, 2, 3)]
    assert replay(shuffled(parts, data)) == replay(events)


# ---- 4. sums, and a crash at any point ----------------------------------------------------------


@given(timelines(buyers=2), RULES)
def test_scorecards_are_sums_over_conversations(drawn: list[Event], rules: dict[str, Any]) -> None:
    """Each buyer alone, the others' events as nothing but time. Two buyers are no campaign."""
    events = events_of(drawn)
    total: Counter[tuple[str, str, str]] = Counter()
    for buyer in ("b1", "b2"):
        alone = [
            event
            if isinstance(event, BuyerEvent) and event.buyer_id == buyer
            else only_clock(event)
            for event in events
        ]
        total.update(numbers(replay(alone, rules)))
    assert +total == Counter(numbers(replay(events, rules)))


def numbers(cards: list[Card]) -> dict[tuple[str, str, str], int]:
    """Everything that adds up, by owner, day and name."""
    found = {}
    for card in cards:
        key = (card["agent_id"], card["day"])
        flat = {name: card[name] for name in ADDITIVE}
        flat |= {f"bucket {i}": n for i, n in enumerate(card["response_histogram"])}
        for group in ("excluded", "orders_by_credit"):
            flat |= {f"{group} {name}": n for name, n in card[group].items()}
        for name, profile in card["profiles"].items():
            flat |= {f"{name} {part}": n for part, n in profile.items()}
        found |= {(*key, name): n for name, n in flat.items() if n}
    return found


CRASHES = st.lists(st.integers(0, 10_000), min_size=1, max_size=3)
"""Where to restart, modulo the number of events."""


@pytest.mark.parametrize("live", [True, False])
@given(run=runs(buyers=3), rules=RULES, crashes=CRASHES)
def test_a_restart_at_any_point_changes_nothing(
    live: bool, run: tuple[list[Event], list[Event]], rules: dict[str, Any], crashes: list[int]
) -> None:
    events = events_of(run[1])
    partition, closed = Partition(rules_of(rules), live=live), []
    for number, event in enumerate(events):
        if number in {crash % len(events) for crash in crashes}:
            closed += partition.closed
            partition = Partition.load(rules_of(rules), partition.dump(), live=live)
        partition.apply(event)
    partition.finish(max(event.at for event in events))
    assert printed(closed + partition.closed) == replay(events, rules)


def crowd(seed: int, lines: int, **options: Any) -> list[EventBase]:
    """A few buyers who write so much that rows fold what is settled."""
    options = {"shops": 1, "buyers": 6, "days": 20, "late": 0.02} | options
    found = (decode(raw, now_ms=1 << 52) for raw in random_lines(seed, lines, **options))
    return [event for event in found if not isinstance(event, Rejected)]


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_restarts_of_a_busy_shop_change_nothing(seed: int, live: bool) -> None:
    events = crowd(seed, 2_000)
    partition, closed = Partition(rules_of(CROWDED), live=live), []
    for number, event in enumerate(events):
        if number % 97 == 0:
            closed += partition.closed
            partition = Partition.load(partition.rules, partition.dump(), live=live)
        partition.apply(event)
    partition.finish(max(event.at for event in events))
    assert printed(closed + partition.closed) == replay(events, CROWDED)


@given(
    timelines(buyers=3),
    st.integers(0, 10_000),
    st.lists(st.integers(0, 3), max_size=10),
    st.booleans(),
)
def test_a_checkpoint_is_a_cut_that_nothing_changes(
    drawn: list[Event], cut: int, reads: list[int], rests: bool
) -> None:
    """Events that go on while it is read, a few records at a time, are not in it."""
    events = events_of(drawn)
    cut %= len(events)
    partition, twin = Partition(rules_of()), Partition(rules_of())
    for event in events[:cut]:
        partition.apply(event)
        twin.apply(event)
    if rests:  # rows that two cuts find unchanged are kept packed
        partition.refresh(events[-1].at)
        assert len(list(partition.dump())) == len(list(partition.dump()))
    records = partition.dump()
    found = []
    for event, count in itertools.zip_longest(
        events[cut:], reads[: len(events[cut:])], fillvalue=0
    ):
        partition.apply(event)
        partition.refresh(event.at)
        found += itertools.islice(records, count)
    found += records
    assert contents(found) == contents(twin.dump())


def contents(records: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """What a checkpoint says: per shop the clock and the rows, however their tails are sorted."""
    partition = Partition.load(rules_of(), records)
    found: dict[str, Any] = {}
    for shop_id, shop in partition.shops.items():
        rows = {buyer_id: shop.notes.rows.peek(buyer_id) for buyer_id in shop.notes.rows}
        for row in rows.values():
            tidy(row)
        found[shop_id] = (shop.notes.clock, shop.notes.closed_through, rows)
    return found


def test_a_cut_that_a_newer_one_has_ended_says_so() -> None:
    partition = Partition(rules_of())
    partition.apply(wrote("10:00"))
    old = partition.dump()
    next(old)
    assert len(list(partition.dump())) == 2
    with pytest.raises(RuntimeError, match="newer cut"):
        list(old)


# ---- 5. waits and rates -------------------------------------------------------------------------

LIMITS = (30, 60, 180, 300)


@given(runs(buyers=2), RULES, st.integers(0, 20 * 60_000))
def test_hits_misses_and_pending_are_the_rounds_in_duty(
    run: tuple[list[Event], list[Event]], rules: dict[str, Any], later: int
) -> None:
    events = events_of(run[1])
    partition = Partition(rules_of(rules), live=False)
    for event in events:
        partition.apply(event)
    shop = partition.shops["s1"]
    now = shop.notes.clock + later
    for buyer, day in (
        (b, d) for b in shop.notes.rows for d in [*shop.notes.rows.peek(b).days, today(shop, now)]
    ):
        conversation = shop.conversation(buyer, now)
        facts = conversation.days.get(day)
        if facts is None or conversation.excluded(day) is not None:
            continue
        for r in facts.rounds:
            assert r.replied_at is None or r.asked_at <= r.agent_from <= r.replied_at
        in_duty = shop.policy.in_duty
        over = sum(in_duty(r.asked_at) for r in facts.rounds)
        asked = conversation.chat.human.asked
        is_open = asked is not None and asked.day == day and in_duty(asked.at)
        shop_row = tally_day(conversation, day).counts.get("", {})
        for n in LIMITS:
            decided, hits = shop_row.get(f"duty_{n}s", 0), shop_row.get(f"within_{n}s", 0)
            pending = is_open and asked is not None and now - asked.at <= n * 1000
            assert 0 <= hits <= decided
            assert decided + pending == over + is_open


def today(shop: Any, now: int) -> int:
    day: int = shop.policy.calendar.day(now)
    return day


@given(runs(buyers=2), RULES)
def test_numbers_that_belong_together_agree(
    run: tuple[list[Event], list[Event]], rules: dict[str, Any]
) -> None:
    cards = replay(events_of(run[1]), rules)
    for card in cards:
        assert all(card[name] >= 0 for name in ADDITIVE)
        assert card["answered"] + card["missed"] <= card["rounds"]
        assert sum(card["response_histogram"]) == card["answered"]
        assert card["replied"] <= card["consulted"]
        hits = [card[f"within_{n}s"] for n in LIMITS]
        assert hits == sorted(hits)
        assert hits[-1] <= card["duty_rounds"] <= card["rounds"]
        assert card["converted_final"] <= card["inquiries_final"] <= card["inquiries"]
        assert sum(card["orders_by_credit"].values()) == card["orders_paid"]
        for name, profile in card["profiles"].items():
            assert name == "taobao_avg" or 0 <= profile["hits"] <= profile["total"]
    for _, same_day in itertools.groupby(sorted(cards, key=day_of), key=day_of):
        shop, *agents = sorted(same_day, key=lambda card: card["agent_id"])
        assert shop["agent_id"] == ""
        for name in ("answered", "agent_messages", "transferred_unanswered"):
            assert shop[name] == sum(card[name] for card in agents)
        for kind in ("order", "payment", "followup"):
            name = f"assists_{kind}"
            assert shop[name] == sum(card[name] for card in agents)
        for name in ("rounds", "missed", "sales_minor", "refunds_minor", "buyer_messages"):
            assert shop[name] >= sum(card[name] for card in agents)


def day_of(card: Card) -> str:
    day: str = card["day"]
    return day


# ---- 6. exclusion is undone ---------------------------------------------------------------------


@given(timelines(buyers=2), RULES, st.sampled_from(["ad", "internal"]))
def test_genuine_again_restores_every_number(
    drawn: list[Event], rules: dict[str, Any], verdict: str
) -> None:
    last = drawn[-1]
    mark = {key: last[key] for key in ("shop_id", "buyer_id", "at")}
    mark |= {"type": "marked", "by": "boss"}
    out = {**mark, "event_id": "z1", "verdict": verdict}
    genuine = {**mark, "event_id": "z2", "verdict": "genuine"}
    plain = replay(events_of([*drawn, genuine]), rules)
    assert replay(events_of([*drawn, out, genuine]), rules) == plain
    assert replay(events_of([*drawn, genuine, out]), rules) == plain


@given(timelines(buyers=1))
def test_an_excluded_day_has_no_number_but_excluded(drawn: list[Event]) -> None:
    """All days marked: at most one buyer left out per day, whatever happened."""
    events = events_of(drawn)
    days = {event.at for event in events}
    marks = [
        {
            "type": "marked",
            "by": "boss",
            "event_id": f"z{at}",
            "verdict": "internal",
            "shop_id": "s1",
            "buyer_id": "b1",
            "at": at,
        }
        for at in days
    ]
    assume(all(event["type"] != "marked" for event in drawn))
    for card in replay(sorted(events + events_of(marks), key=lambda event: event.at)):
        assert card["excluded"] == {"internal": 1}
        assert numbers([card]) == {("", card["day"], "excluded internal"): 1}


@pytest.mark.parametrize("live", [True, False])
def test_an_empty_partition(live: bool) -> None:
    partition = Partition.load(rules_of(), [], live=live)
    partition.refresh(0)
    partition.close_due()
    partition.finish(0)
    assert (partition.closed, list(partition.dump()), partition.shops) == ([], [], {})
