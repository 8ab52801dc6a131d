"""What must hold of the oracle whatever is read, and of the input that is made up for it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.oracle import Log, scorecards, scorecards_of
from tests.oracle.garbage import GARBAGE
from tests.oracle.log import NEVER
from tests.oracle.rules import Rules
from tests.oracle.strategies import Event, closes_as_in_order, runs, timelines, to_lines
from tests.oracle.timelines import RULES, random_lines

NOW_WALL_MS = 1_764_000_000_000
CLOCK = (
    b'{"type":"presence","event_id":"clock","shop_id":"s1","agent_id":"a","state":"busy","at":%d}'
)


def cards_of(events: list[Event], rules: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return scorecards(to_lines(events), rules, now_wall_ms=NOW_WALL_MS)


def counts(lines: list[bytes], rules: dict[str, Any] | None = None) -> Counter[str]:
    log = Log(Rules(rules))
    log.read(lines, now_wall_ms=NOW_WALL_MS)
    return log.counts


@given(runs())
def test_the_order_of_reading_and_copies_change_nothing(
    run: tuple[list[Event], list[Event]],
) -> None:
    events, read = run
    assume(closes_as_in_order(events, read))
    found = counts(to_lines(read))
    assert found["late"] == found["after_close"] == 0
    assert cards_of(read) == cards_of(events)


@given(timelines())
def test_marking_and_marking_genuine_again_restores_every_number(events: list[Event]) -> None:
    last = events[-1]
    mark = {key: last[key] for key in ("shop_id", "buyer_id", "at")}
    mark |= {"type": "marked", "by": "boss"}
    genuine = {**mark, "event_id": "z2", "verdict": "genuine"}
    ad = {**mark, "event_id": "z1", "verdict": "ad"}
    assert cards_of([*events, ad, genuine]) == cards_of([*events, genuine])
    assert cards_of([*events, genuine, ad]) == cards_of([*events, ad, genuine])


@given(timelines(buyers=3), st.sampled_from(["order", "payment"]))
def test_numbers_that_belong_together_agree(events: list[Event], attribution: str) -> None:
    cards = cards_of(events, {"attribution": attribution})
    shop = {card["day"]: card for card in cards if card["agent_id"] == ""}
    agents = {
        day: [card for card in cards if card["agent_id"] and card["day"] == day] for day in shop
    }
    assert {card["day"] for card in cards} == set(shop)
    for card in cards:
        assert card["answered"] + card["missed"] <= card["rounds"]
        assert sum(card["response_histogram"]) == card["answered"]
        assert 0 <= card["replied"] <= card["consulted"]
        assert card["within_30s"] <= card["within_60s"] <= card["within_180s"]
        assert card["within_180s"] <= card["within_300s"] <= card["duty_rounds"] <= card["rounds"]
        assert card["alarming"] <= card["answered"]
        assert card["converted_same_day"] <= card["converted_next_day"] <= card["converted_final"]
        for span in ("same_day", "next_day", "final"):
            assert card[f"converted_{span}"] <= card[f"inquiries_{span}"] <= card["inquiries"]
        assert card["inquiries"] <= card["consulted"]
        assert sum(card["orders_by_credit"].values()) == card["orders_paid"]
        for name, profile in card["profiles"].items():
            if name != "taobao_avg":
                assert 0 <= profile["hits"] <= profile["total"]
    for day, card in shop.items():
        for name in ("assists_order", "assists_payment", "assists_followup"):
            assert card[name] == sum(other[name] for other in agents[day])
        for name in ("answered", "agent_messages", "transferred_unanswered"):
            assert card[name] == sum(other[name] for other in agents[day])
        for name in ("missed", "rounds", "buyer_messages", "abandoned", "sales_minor"):
            assert card[name] >= sum(other[name] for other in agents[day])
        silent = card["orders_by_credit"].get("silent", 0)
        assert card["orders_paid"] == silent + sum(o["orders_paid"] for o in agents[day])
        assert not any(other["excluded"] for other in agents[day])


@pytest.mark.parametrize("seed", range(3))
def test_a_closed_day_is_what_was_read_before_it_closed(seed: int) -> None:
    """Each day of a shop, computed again from the lines before the one that closed it."""
    lines = list(
        random_lines(seed, 2_500, shops=1, buyers=8, days=40, late=0.03, far=0.2, garbage=0)
    )
    log = Log(Rules(RULES))
    log.read(lines, now_wall_ms=NOW_WALL_MS)
    whole = scorecards_of(log)
    closed = 0
    for day in range(dt.date(2025, 3, 3).toordinal(), dt.date(2025, 5, 1).toordinal()):
        closing = log.shops["s1"].closing_index(day)
        if closing == NEVER:
            continue
        closed += 1
        prefix = [*lines[:closing], CLOCK % log.now]  # `now` is that of the whole run
        again = scorecards(prefix, RULES, now_wall_ms=NOW_WALL_MS)
        assert _on(day, again) == _on(day, whole)
    assert closed > 20


def _on(day: int, cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [card for card in cards if card["day"] == dt.date.fromordinal(day).isoformat()]


def test_the_same_seed_makes_the_same_lines() -> None:
    one, two = (list(random_lines(7, 3_000, days=3)) for _ in "12")
    assert one == two
    assert one != list(random_lines(8, 3_000, days=3))
    assert len(one) == 3_000
    assert list(itertools.islice(random_lines(7, 10_000, days=10), 10))


def test_within_the_lateness_nothing_is_late() -> None:
    found = counts(list(random_lines(1, 20_000, garbage=0.0, far=0.1)))
    assert found["late"] == found["rejected"] == 0
    assert found["duplicate"] > 200
    found = counts(list(random_lines(1, 20_000, garbage=0.05, late=0.05)))
    assert min(found[name] for name in ("late", "after_close", "rejected", "duplicate")) > 50


def test_every_garbage_line_is_rejected_or_blank() -> None:
    assert counts(GARBAGE) == {"rejected": sum(bool(line.strip()) for line in GARBAGE)}


def test_copies_and_garbage_change_nothing() -> None:
    """The same events, in order of time, with neither."""
    lines = list(random_lines(3, 5_000, days=20))
    plain = [line for line in dict.fromkeys(lines) if counts([line])["accepted"]]
    assert len(plain) < len(lines)
    assert scorecards(lines, RULES, now_wall_ms=NOW_WALL_MS) == scorecards(
        plain, RULES, now_wall_ms=NOW_WALL_MS
    )
    log = Log(Rules(RULES))
    log.read(plain, now_wall_ms=NOW_WALL_MS)
    assert scorecards_of(log) == scorecards_of(log)
