"""Boards: sums of tallies, by day and by minute."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.conversations.tally import Moment, Tally
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
    board.add(ONE, -1)
    cards = list(board.scorecards("s1"))
    assert [(c.agent_id, c.rounds, c.response_ms_sum) for c in cards] == [("", 1, 0), ("a2", 1, 0)]
    board.add(TWO, -1)
    assert list(board.scorecards("s1")) == []


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
    ring.add(tally(moments=MOMENTS), 105)
    numbers = {"answered": expected, "response_ms_sum": expected * 100}
    assert solid(ring.window(now, 5)) == ({"a1": numbers} if expected else {})


def test_what_no_window_sees_is_not_kept() -> None:
    ring = MinuteRing(60)
    ring.add(tally(moments=MOMENTS), 160)  # minute 100 is out, 101 is the oldest of 60
    assert solid(ring.window(160, 60)) == {"a1": {"answered": 5, "response_ms_sum": 500}}
    ring.expire(163)
    assert solid(ring.window(162, 60)) == {"a1": {"answered": 2, "response_ms_sum": 200}}
    ring.expire(165)
    assert solid(ring.window(106, 60)) == {}


def test_moments_are_taken_back_as_far_as_they_are_seen() -> None:
    ring = MinuteRing(60)
    ring.add(tally(moments=MOMENTS), 105)
    ring.expire(162)
    ring.add(tally(moments=MOMENTS), 162, -1)
    assert solid(ring.window(162, 60)) == {}


def test_a_tally_without_moments_is_in_no_window() -> None:
    ring = MinuteRing(60)
    ring.add(ONE, 100)
    assert ring.window(100, 60) == {}
