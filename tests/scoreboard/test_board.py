"""Boards: sums of tallies, by day and by minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.conversations.tally import Moment, Summed, Tally
from chatpulse.scoreboard.board import DayBoard, MinuteRing
from tests.builders import FIRST_DAY


def tally(
    counts: Mapping[str, Mapping[str, int]] | None = None,
    spans: list[tuple[str, int, int]] | None = None,
    moments: list[Moment] | None = None,
) -> Tally:
    found = Tally(FIRST_DAY, moments)
    for owner, numbers in (counts or {}).items():
        for name, n in numbers.items():
            if name.endswith("_sum"):
                found.add(owner, name, n)
            else:
                found.count(owner, *[name] * n)
    found.spans += spans or []
    return found


def solid(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    found = {owner: {k: n for k, n in numbers.items() if n} for owner, numbers in counts.items()}
    return {owner: numbers for owner, numbers in found.items() if numbers}


ONE = tally({"": {"rounds": 2, "response_ms_sum": 7}, "a1": {"rounds": 1}}, [("", 10, 12)])
TWO = tally({"": {"rounds": 1, "answered": 1}, "a2": {"rounds": 1}}, [("", 12, 13), ("a2", 12, 12)])
NONE = Summed({}, [], [])


def test_a_board_is_a_sum() -> None:
    board = DayBoard(FIRST_DAY)
    board.add(ONE)
    board.add(TWO)
    assert solid(board.counts) == {
        "": {"rounds": 3, "answered": 1, "response_ms_sum": 7},
        "a1": {"rounds": 1},
        "a2": {"rounds": 1},
    }
    cards = list(board.scorecards("s1"))
    assert [(c.agent_id, c.rounds, c.max_concurrent) for c in cards] == [
        ("", 3, 2),
        ("a1", 1, 0),
        ("a2", 1, 1),
    ]
    assert {(c.shop_id, c.day) for c in cards} == {("s1", "2025-03-03")}


def test_a_copy_of_a_board_stays_as_it_was() -> None:
    board = DayBoard(FIRST_DAY)
    board.add(ONE)
    copied, before = board.copy(), list(board.scorecards("s1"))
    board.add(TWO)
    board.add(ONE)
    assert list(copied.scorecards("s1")) == before
    copied.add(TWO)
    copied.add(ONE)
    assert list(copied.scorecards("s1")) == list(board.scorecards("s1")) != before


def test_what_is_taken_back_is_not_printed() -> None:
    board = DayBoard(FIRST_DAY)
    board.add(ONE)
    board.add(TWO)
    board.exchange(ONE.summed(), NONE)
    cards = list(board.scorecards("s1"))
    assert [(c.agent_id, c.rounds, c.response_ms_sum) for c in cards] == [("", 1, 0), ("a2", 1, 0)]
    board.exchange(TWO.summed(), NONE)
    assert list(board.scorecards("s1")) == []


OWNED = st.dictionaries(
    st.sampled_from(["", "a1", "a2"]),
    st.dictionaries(st.sampled_from(["rounds", "missed", "response_ms_sum"]), st.integers(1, 3)),
)
STAYS = st.lists(st.sampled_from([("", 10, 12), ("a1", 11, 11), ("a1", 13, 15)]), max_size=3)
TALLY = st.builds(tally, OWNED, STAYS)


@given(TALLY, st.lists(TALLY, max_size=4))
def test_after_any_exchanges_a_board_has_the_last_tally_beside_the_others(
    other: Tally, tallies: list[Tally]
) -> None:
    board, expected, before = DayBoard(FIRST_DAY), DayBoard(FIRST_DAY), NONE
    board.add(other)
    for after in tallies:
        board.exchange(before, after.summed())
        before = after.summed()
    for one in (other, *tallies[-1:]):
        expected.add(one)
    assert solid(board.counts) == solid(expected.counts)
    assert list(board.scorecards("s1")) == list(expected.scorecards("s1"))


CONCURRENT = [
    ("nobody", [], 0),
    ("one", [(5, 5)], 1),
    ("side by side", [(5, 5), (6, 6)], 1),
    ("both ends belong to a span", [(5, 6), (6, 7)], 2),
    ("one inside another", [(1, 9), (5, 5)], 2),
    ("three at once, later one", [(1, 3), (2, 4), (3, 5), (7, 8)], 3),
]


@pytest.mark.parametrize(("name", "spans", "most"), CONCURRENT, ids=[c[0] for c in CONCURRENT])
def test_max_concurrent(name: str, spans: list[tuple[int, int]], most: int) -> None:
    board = DayBoard(FIRST_DAY)
    board.add(tally(spans=[("a1", first, last) for first, last in spans]))
    assert board.max_concurrent("a1") == most
    assert board.max_concurrent("a2") == 0


SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)).map(lambda s: (s[0], sum(s))))


@given(SPANS)
def test_max_concurrent_by_the_definition(spans: list[tuple[int, int]]) -> None:
    board = DayBoard(FIRST_DAY)
    board.add(tally(spans=[("", first, last) for first, last in spans]))
    counts = [sum(first <= minute <= last for first, last in spans) for minute in range(30)]
    assert board.max_concurrent("") == max(counts)


MOMENTS = [Moment(minute, "a1", ("answered",), 100) for minute in range(100, 106)]


@pytest.mark.parametrize(
    ("now", "expected"),
    [(99, 0), (100, 1), (104, 5), (105, 5), (109, 1), (110, 0)],
)
def test_a_window_is_the_current_minute_and_those_before_it(now: int, expected: int) -> None:
    ring = MinuteRing(60)
    ring.exchange([], MOMENTS, 105)
    numbers = {"answered": expected, "response_ms_sum": expected * 100}
    assert solid(ring.window(now, 5)) == ({"a1": numbers} if expected else {})


def test_what_no_window_sees_is_not_kept() -> None:
    ring = MinuteRing(60)
    ring.exchange([], MOMENTS, 160)  # minute 100 is out, 101 is the oldest of 60
    assert solid(ring.window(160, 60)) == {"a1": {"answered": 5, "response_ms_sum": 500}}
    ring.expire(163)
    assert solid(ring.window(162, 60)) == {"a1": {"answered": 2, "response_ms_sum": 200}}
    ring.expire(165)
    assert solid(ring.window(106, 60)) == {}


def test_moments_are_taken_back_as_far_as_they_are_seen() -> None:
    ring = MinuteRing(60)
    ring.exchange([], MOMENTS, 105)
    ring.expire(162)
    ring.exchange(MOMENTS, [], 162)
    assert solid(ring.window(162, 60)) == {}


MOMENT = st.builds(
    Moment,
    st.integers(90, 170),
    st.sampled_from(["", "a1", "a2"]),
    st.sampled_from([("answered",), ("answered", "within_30s"), ("consulted",)]),
    st.sampled_from([0, 7, 100]),
)


@given(st.lists(st.tuples(st.lists(MOMENT, max_size=8), st.integers(0, 40)), max_size=6))
def test_after_any_exchanges_a_ring_has_the_last_moments_only(
    changes: list[tuple[list[Moment], int]],
) -> None:
    ring, before, now = MinuteRing(60, [5, 60]), list[Moment](), 100
    for after, minutes in changes:
        now += minutes
        ring.exchange(before, after, now)
        before = after
    for length in (5, 60):
        expected: dict[str, Counter[str]] = {}
        for moment in before:
            if now - length < moment.minute <= now:
                numbers = expected.setdefault(moment.owner, Counter())
                numbers.update(moment.names)
                numbers["response_ms_sum"] += moment.response_ms
        assert solid(ring.window(now, length)) == solid(expected)
