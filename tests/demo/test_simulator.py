"""The simulated room: reproducible, in order, valid, and like a shop."""

from __future__ import annotations

import itertools
import tracemalloc
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.codec import decode, encode
from chatpulse.contract.events import Event, Marked, Message, Refunded, Transfer
from chatpulse.contract.ids import DAY, HOUR
from chatpulse.contract.topics import DEFAULT_TOPIC, TYPE_NAMES
from chatpulse.conversations.policy import Rules
from chatpulse.demo.simulator import Room, simulate
from chatpulse.demo.simulator.goods import PRODUCTS
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.scorecard import Scorecard

MONDAY = 1_762_099_200_000  # 2025-11-03 00:00 in Asia/Shanghai
ROOMS = st.builds(
    Room,
    rate=st.sampled_from([0.02, 1.0, 50.0]),
    shops=st.integers(1, 4),
    agents=st.integers(1, 30),
    curve=st.sampled_from(["day", "flat"]),
    all_topics=st.booleans(),
)


def first(count: int, room: Room, *, seed: int, start_ms: int = MONDAY) -> list[Event]:
    return list(itertools.islice(simulate(room, seed=seed, start_ms=start_ms), count))


@given(room=ROOMS, seed=st.integers(), start_ms=st.integers(0, 2 * MONDAY))
def test_any_room_is_reproducible_in_order_and_valid(room: Room, seed: int, start_ms: int) -> None:
    events = first(300, room, seed=seed, start_ms=start_ms)
    assert events == first(300, room, seed=seed, start_ms=start_ms)
    assert all(a.at <= b.at for a, b in itertools.pairwise(events))
    assert events[0].at >= start_ms
    assert [decode(encode(e), now_ms=e.at) for e in events] == events


def test_another_seed_is_another_room() -> None:
    assert first(100, Room(), seed=1) != first(100, Room(), seed=2)


def test_a_second_run_has_the_same_agents_and_other_ids() -> None:
    def ids(start_ms: int) -> tuple[set[str], set[str]]:
        events = first(20_000, Room(rate=2), seed=1, start_ms=start_ms)
        sent = [e for e in events if isinstance(e, Message) and e.sender == "agent"]
        return {e.agent_id or "" for e in sent}, {e.event_id for e in events}

    agents, event_ids = ids(MONDAY)
    agents_again, event_ids_again = ids(MONDAY + 1)
    assert agents == agents_again
    assert not event_ids & event_ids_again


def test_until_is_exclusive() -> None:
    events = list(simulate(Room(), seed=1, start_ms=MONDAY, until_ms=MONDAY + HOUR))
    assert events
    assert events[-1].at < MONDAY + HOUR


@pytest.mark.parametrize(
    ("field", "value"), [("rate", 0.0), ("rate", float("nan")), ("shops", 0), ("agents", 0)]
)
def test_an_impossible_room_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        Room(**{field: value})  # type: ignore[arg-type]


def test_memory_does_not_grow_with_time() -> None:
    events = simulate(Room(rate=0.1), seed=1, start_ms=MONDAY)

    def after(days: int) -> int:
        for event in events:
            if event.at >= MONDAY + days * DAY:
                break
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        settled, later = after(11), after(18)
    finally:
        tracemalloc.stop()
    assert later < 1.25 * settled


@pytest.fixture(scope="module")
def week() -> list[Event]:
    return list(simulate(Room(rate=0.5), seed=7, start_ms=MONDAY, until_ms=MONDAY + 7 * DAY))


@pytest.fixture(scope="module")
def cards(week: list[Event]) -> list[Scorecard]:
    partition = Partition(Rules(), live=False)
    for event in week:
        partition.apply(event)
    partition.finish(week[-1].at)
    # The first day lacks yesterday's orders and visits; the last is not over.
    return [c for c in partition.closed if "2025-11-04" <= str(c.day) <= "2025-11-08"]


def test_ids_are_unique(week: list[Event]) -> None:
    assert len({event.event_id for event in week}) == len(week)


def test_the_rate_is_what_was_asked_for(week: list[Event]) -> None:
    full_days = [event for event in week if event.at >= MONDAY + DAY]
    assert len(full_days) / (6 * 86_400) == pytest.approx(0.5, rel=0.15)


def test_days_are_busy_and_nights_are_not(week: list[Event]) -> None:
    hours = Counter((event.at + 8 * HOUR) // HOUR % 24 for event in week)
    assert hours[21] > 10 * hours[4]
    assert hours[10] > 2 * hours[7]


def test_bursts_stand_out() -> None:
    minutes = Counter(
        event.at // 60_000
        for event in simulate(
            Room(rate=10, curve="flat"), seed=2, start_ms=MONDAY, until_ms=MONDAY + 2 * HOUR
        )
    )
    assert max(minutes.values()) > 1.7 * sorted(minutes.values())[len(minutes) // 2]


def test_everything_happens(week: list[Event]) -> None:
    kinds = {TYPE_NAMES[type(e)] for e in week}
    assert kinds == {
        "message", "transfer", "marked", "created", "paid", "refunded", "cancelled", "flagged",
    }  # fmt: skip
    messages = [e for e in week if isinstance(e, Message)]
    assert {e.sender for e in messages} == {"buyer", "agent", "bot", "system"}
    assert {"text", "image", "video", "card", "sticker", "recall"} <= {e.content for e in messages}
    assert any(e.auto for e in messages)
    assert any(e.assist for e in messages)
    assert any(e.sender == "buyer" and e.agent_id is None for e in messages)
    transfers = [e for e in week if isinstance(e, Transfer)]
    assert {e.from_agent_id is None for e in transfers} == {True, False}
    marks = [e for e in week if isinstance(e, Marked)]
    assert {e.verdict for e in marks} == {"ad", "genuine", "internal"}
    assert any(str(e.day).startswith("2025") for e in marks)


def test_texts_vary_and_name_products_and_orders(week: list[Event]) -> None:
    texts = [e.text for e in week if isinstance(e, Message) and e.text]
    assert len(set(texts)) > 0.2 * len(texts)
    assert not any("{" in text for text in texts)
    assert all(any(p.zh in text for text in texts) for p in PRODUCTS)
    english = sum(text.isascii() for text in texts) / len(texts)
    assert 0.05 < english < 0.3


def test_refunds_come_days_later(week: list[Event]) -> None:
    paid = {e.order_id: e.at for e in week if TYPE_NAMES[type(e)] == "paid"}  # type: ignore[attr-defined]
    delays = [e.at - paid[e.order_id] for e in week if isinstance(e, Refunded)]
    assert min(delays) > 0
    assert max(delays) > 3 * DAY


def test_the_shop_is_a_good_one(cards: list[Scorecard]) -> None:
    for card in (c for c in cards if c.agent_id == ""):
        assert card.reply_ratio is not None
        assert card.reply_ratio > 0.9
        assert 0.2 < card.converted_final / card.inquiries < 0.45
        assert set(card.orders_by_credit) == {"closed", "chased", "silent"}
        assert card.excluded["ad"] > 5
        assert card.refunds_minor > 0
        assert card.transferred_unanswered > 0
        assert card.assists_order > 0
        assert card.max_concurrent > 3
    assert sum(card.slow_receptions for card in cards if card.agent_id == "") > 3


def test_most_agents_are_quick_and_one_is_slow(cards: list[Scorecard]) -> None:
    sums: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for card in cards:
        sums[card.agent_id] += card.response_ms_sum
        answered[card.agent_id] += card.answered
    means = sorted(sums[a] / answered[a] / 1000 for a in sums if a)
    assert len(means) == 6
    assert all(20 <= mean <= 75 for mean in means[:5])
    assert means[5] > 100


def test_all_topics_on_request() -> None:
    room = Room(rate=0.3, all_topics=True)
    kinds = Counter(
        type(e) for e in simulate(room, seed=7, start_ms=MONDAY, until_ms=MONDAY + 9 * DAY)
    )
    assert set(kinds) == set(DEFAULT_TOPIC)
    others = sum(n for t, n in kinds.items() if DEFAULT_TOPIC[t].split(".")[0] != "chat")
    assert others < 0.3 * kinds.total()


def test_sessions_go_over_midnight(week: list[Event]) -> None:
    def chats() -> Iterator[tuple[str, int]]:
        for event in week:
            if isinstance(event, Message):
                yield event.buyer_id, event.at + 8 * HOUR

    last: dict[str, int] = {}
    crossing = 0
    for buyer, at in chats():
        before = last.get(buyer, at)
        crossing += at // DAY != before // DAY and at - before <= 600_000
        last[buyer] = at
    assert crossing > 5
