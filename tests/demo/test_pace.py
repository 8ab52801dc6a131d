"""Simulated time on a wall clock that the test moves."""

from __future__ import annotations

import datetime
import itertools

from chatpulse.contract.events import Event, Marked, Message, Rated
from chatpulse.contract.ids import DAY, HOUR, MINUTE
from chatpulse.demo.simulator import Room, live, pace, simulate

NOON = 1_762_142_400_000  # 2025-11-03 12:00 in Asia/Shanghai


class Clock:
    """A wall clock that goes on only while somebody waits for it."""

    def __init__(self, now_ms: int = NOON) -> None:
        self.now_ms = now_ms

    def read(self) -> int:
        return self.now_ms

    def wait(self, seconds: float) -> None:
        assert 0 < seconds <= 0.5
        self.now_ms += max(1, int(seconds * 1000))


def message(at: int) -> Message:
    return Message(event_id=str(at), shop_id="s", at=at, buyer_id="b", sender="buyer", text="")


def test_an_event_is_released_at_its_instant() -> None:
    clock = Clock()
    events: list[Event] = [message(NOON + 2500), message(NOON + 2500), message(NOON + 9001)]
    paced = pace(events, anchor_ms=NOON, now_ms=clock.read, wait=clock.wait)
    assert [(e.at, clock.now_ms) for e in paced] == [(e.at, e.at) for e in events]


def test_the_past_is_released_at_once() -> None:
    clock = Clock()
    events = [message(NOON - HOUR), message(NOON - 1), message(NOON + 7)]
    paced = pace(events, anchor_ms=NOON, now_ms=clock.read, wait=clock.wait)
    assert [(e.at - NOON, clock.now_ms - NOON) for e in paced] == [(-HOUR, 0), (-1, 0), (7, 7)]


def test_speed_moves_every_instant_an_event_names() -> None:
    clock = Clock()
    rated = Rated(
        event_id="r", shop_id="s", at=NOON + 20_000, buyer_id="b",
        agent_id="a", stars=5, card_at=NOON + 10_000,
    )  # fmt: skip
    mark = Marked(
        event_id="m", shop_id="s", at=NOON + 8 * DAY, buyer_id="b",
        verdict="ad", by="lead", day=datetime.date(2025, 11, 7),
    )  # fmt: skip
    paced = pace([rated, mark], anchor_ms=NOON, speed=4, now_ms=clock.read, wait=clock.wait)
    moved_rating, moved_mark = paced
    assert isinstance(moved_rating, Rated)
    assert (moved_rating.at, moved_rating.card_at) == (NOON + 5000, NOON + 2500)
    assert isinstance(moved_mark, Marked)
    assert (moved_mark.at, moved_mark.day) == (NOON + 2 * DAY, datetime.date(2025, 11, 4))


def test_it_ends_when_the_clock_says_so_even_if_nothing_happens() -> None:
    clock = Clock()
    events = [message(NOON + 1), message(NOON + DAY)]
    paced = pace(events, anchor_ms=NOON, until_ms=NOON + 1300, now_ms=clock.read, wait=clock.wait)
    assert [e.at for e in paced] == [NOON + 1]
    assert clock.now_ms == NOON + 1300


def test_live_is_a_warm_start_and_never_ahead_of_the_clock() -> None:
    clock = Clock()
    room = Room(rate=20, curve="flat")
    events = []
    for event in live(
        room, seed=1, warm_ms=5 * MINUTE, for_ms=MINUTE, now_ms=clock.read, wait=clock.wait
    ):
        assert event.at <= clock.now_ms
        events.append(event)
    history = [e for e in events if e.at <= NOON]
    assert len(history) > 1000
    assert events[-1].at > NOON + 50_000
    expected = simulate(room, seed=1, start_ms=NOON - 5 * MINUTE)
    assert events == list(itertools.islice(expected, len(events)))


def test_a_fast_warm_start_covers_the_same_span_of_the_wall_clock() -> None:
    clock = Clock()
    warm = live(
        Room(rate=5), seed=1, warm_ms=MINUTE, speed=10, for_ms=1000,
        now_ms=clock.read, wait=clock.wait,
    )  # fmt: skip
    instants = [e.at for e in warm]
    assert NOON - MINUTE <= instants[0] < NOON - 50_000
    assert instants == sorted(instants)
