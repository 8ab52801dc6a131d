"""The law of live boards: kept up by differences, they are what a rebuild gives."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.conversations.calendar import iso
from chatpulse.scoreboard.live import WINDOWS, LiveBoards
from chatpulse.scoreboard.partition import Partition
from tests.builders import DAY, HOUR, MINUTE, printed, rules_of
from tests.oracle.strategies import Event, runs, timelines
from tests.scoreboard.test_laws import CRASHES, CROWDED, RULES, crowd, events_of

LOOKS = st.lists(
    st.one_of(
        st.none(),
        st.sampled_from([-HOUR, -1, 0, 1, 30_000, 30_001, 5 * MINUTE, 10 * MINUTE + 1, HOUR]),
        st.integers(0, 3 * HOUR),
    ),
    min_size=1,
)
"""After each event: None, or a look at the boards so long after the newest event, in turns."""


CUTS = st.lists(st.sampled_from([0, 0, 1, 2, 3]), min_size=1)
"""After each event, in turns: so many checkpoints, which let idle rows rest; 3: a part of one."""


def cut(partition: Partition, how: int) -> None:
    if how == 3:
        list(itertools.islice(partition.dump(), 2))
        return
    for _ in range(how):
        list(partition.dump())


def seen(boards: LiveBoards) -> dict[str, Any]:
    """Everything the boards show."""
    return {
        "days": {iso(day): printed(board.scorecards("s1")) for day, board in boards.days.items()},
        "windows": {name: solid(boards.window(name)) for name in (*WINDOWS, "today")},
        "minutes": {
            minute: solid({"": boards.minute(minute)})
            for minute in range(boards.now // MINUTE - 59, boards.now // MINUTE + 3)
        },
        "waits": sorted((w.assignee, w.since, w.agent_since) for w in boards.open_waits()),
        "waiting": boards.waiting(),
        "active": boards.active_conversations(),
    }


def solid(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    found = {owner: {k: n for k, n in numbers.items() if n} for owner, numbers in counts.items()}
    return {owner: numbers for owner, numbers in found.items() if numbers}


def without_empty(shown: dict[str, Any]) -> dict[str, Any]:
    return {**shown, "days": {day: cards for day, cards in shown["days"].items() if cards}}


def rebuilt(partition: Partition, now: int) -> LiveBoards:
    """Boards of the same state, made at once."""
    again = Partition.load(partition.rules, partition.dump())
    again.refresh(now)
    return again.boards["s1"]


@given(runs(buyers=3), RULES, LOOKS, CUTS, st.one_of(st.just([]), CRASHES))
def test_boards_after_any_looks_are_those_of_a_rebuild_and_of_a_replay(
    run: tuple[list[Event], list[Event]],
    rules: dict[str, Any],
    looks: list[int | None],
    cuts: list[int],
    crashes: list[int],
) -> None:
    events = events_of(run[1])
    partition, plain = Partition(rules_of(rules)), Partition(rules_of(rules), live=False)
    closed = []
    newest = now = 0
    for number, event in enumerate(events):
        if number in {crash % len(events) for crash in crashes}:
            closed += partition.closed
            partition = Partition.load(partition.rules, partition.dump())
        partition.apply(event)
        plain.apply(event)
        newest = max(newest, event.at)
        look = looks[number % len(looks)]
        if look is not None:
            now = max(now, newest + look)
            partition.refresh(now)
        cut(partition, cuts[number % len(cuts)])
    now = max(now, newest)
    partition.refresh(now)
    boards = partition.boards["s1"]
    assert without_empty(seen(boards)) == without_empty(seen(rebuilt(partition, now)))
    shop = partition.shops["s1"]
    sums = {
        iso(day): printed(board.scorecards("s1")) for day, board in shop.open_boards(now).items()
    }
    assert without_empty({"days": sums})["days"] == without_empty(seen(boards))["days"]
    plain.finish(now)
    kept = [card for cards in partition.archive.get("s1", {}).values() for card in cards]
    open_days = [card for board in boards.days.values() for card in board.scorecards("s1")]
    assert printed(kept + open_days) == printed(plain.closed)
    assert printed(closed + partition.closed) == printed(kept)


LAGS = st.lists(st.sampled_from([0, 1, HOUR, DAY, 3 * DAY, 12 * DAY]), min_size=1)
"""How far behind the newest event days may close, in turns."""


@given(runs(buyers=3), RULES, LOOKS, CUTS, LAGS)
def test_boards_are_those_of_a_rebuild_however_late_days_close(
    run: tuple[list[Event], list[Event]],
    rules: dict[str, Any],
    looks: list[int | None],
    cuts: list[int],
    lags: list[int],
) -> None:
    """A worker closes days only up to what all its topics have reached."""
    partition = Partition(rules_of(rules))
    newest = now = 0
    for number, event in enumerate(events_of(run[1])):
        newest = max(newest, event.at)
        limit = newest - lags[number % len(lags)]
        partition.close_limit = limit if number == 0 else max(partition.close_limit, limit)
        if number % 2:
            partition.close_due()
        partition.apply(event)
        look = looks[number % len(looks)]
        if look is not None:
            now = max(now, newest + look)
            partition.refresh(now)
        cut(partition, cuts[number % len(cuts)])
    now = max(now, newest)
    partition.refresh(now)
    boards = partition.boards["s1"]
    again = rebuilt(partition, now)
    assert without_empty(seen(boards)) == without_empty(seen(again))
    partition.close_limit = newest
    partition.close_due()
    again.shop.close_due(newest)
    partition.refresh(now)
    again.refresh(now)
    assert without_empty(seen(boards)) == without_empty(seen(again))
    closed = [(card.day, card.agent_id) for card in partition.closed]
    assert len(closed) == len(set(closed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_boards_of_a_busy_shop_are_those_of_a_rebuild(seed: int) -> None:
    """Many events of few buyers, so that rows fold what is settled; looks at odd times."""
    partition = Partition(rules_of(CROWDED))
    events = crowd(seed, 1_500, days=12)
    rested = 0
    for number, event in enumerate(events):
        partition.apply(event)
        if number % 7 == 0 or number % 101 < 5:
            partition.refresh(partition.shops["s1"].notes.clock + (number % 11 - 2) * MINUTE // 2)
        if number % 13 == 0:
            cut(partition, 2)
            rested = max(rested, partition.shops["s1"].notes.rows.idle)
        if number % 150 == 149:
            boards = partition.boards["s1"]
            boards.refresh(boards.now)
            again = rebuilt(partition, boards.now)
            assert without_empty(seen(boards)) == without_empty(seen(again))
    assert rested > 1


@given(timelines(buyers=4), LOOKS)
def test_the_hour_has_what_today_has_when_all_happened_in_it(
    drawn: list[Event], looks: list[int | None]
) -> None:
    """All events pressed into the hour from 10:00; the windows count what the day counts."""
    start = drawn[0]["at"] - drawn[0]["at"] % (24 * HOUR) + 2 * HOUR
    pressed = [{**event, "at": start + event["at"] % (59 * MINUTE)} for event in drawn]
    pressed.sort(key=lambda event: event["at"])
    events = events_of({k: v for k, v in e.items() if k != "day"} for e in pressed)
    partition = Partition(rules_of())
    now = start
    for number, event in enumerate(events):
        partition.apply(event)
        look = looks[number % len(looks)]
        if look is not None:
            now = min(max(now, event.at + look), start + HOUR - 1)
            partition.refresh(now)
    now = max(now, events[-1].at)
    partition.refresh(now)
    boards = partition.boards["s1"]
    hour, today = (solid(boards.window(name)) for name in ("1h", "today"))
    common = {name for counts in hour.values() for name in counts}
    expected = {o: {k: n for k, n in c.items() if is_windowed(k)} for o, c in today.items()}
    assert hour == {owner: counts for owner, counts in expected.items() if counts}
    assert all(map(is_windowed, common))


def is_windowed(name: str) -> bool:
    starts = ("duty_", "within_", "responses.")
    return name.startswith(starts) or name in (
        "answered",
        "response_ms_sum",
        "consulted",
        "replied",
    )
