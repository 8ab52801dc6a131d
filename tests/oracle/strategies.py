"""Hypothesis strategies: small timelines at the limits of the rules, and ways of reading them.

Everything shrinks towards one buyer who asks at 10:00, moments apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from .cast import DAY, SHANGHAI, iso
from .timelines import FIRST_DAY_MS, HOUR, MINUTE

Event = dict[str, Any]  # an event as in events.md

LATENESS = 120_000
CHAT = frozenset({"message", "transfer"})

GAPS = [
    0, 1, 5_000, 10_000, 30_000, 30_001, 60_000, 60_001, 100_001, 120_000, 120_001, 180_000,
    180_001, 300_000, 300_001, 10 * MINUTE, 10 * MINUTE + 1, HOUR, 2 * HOUR, 2 * HOUR + 1,
    5 * HOUR, 14 * HOUR, DAY, 2 * DAY, 7 * DAY, 8 * DAY, 8 * DAY + 1, 9 * DAY,
    21 * DAY, 21 * DAY + 1,
]  # fmt: skip
STARTS = [
    10 * HOUR, 8 * HOUR - 1, 8 * HOUR, 9 * HOUR, 21 * HOUR, 22 * HOUR + 59 * MINUTE, 23 * HOUR - 1,
    23 * HOUR + 50 * MINUTE, DAY - 1, 0,
]  # fmt: skip

_AGENTS = st.sampled_from(["a1", "a2"])
_NAMED = st.sampled_from(["a1", "a2", None])
_ORDERS = st.sampled_from(["o1", "o2"])
_AMOUNTS = st.sampled_from([100, 0, 2**53 - 1])


def _message(
    sender: str, agents: st.SearchStrategy[str | None], texts: Sequence[str], **more: Any
) -> st.SearchStrategy[Event]:
    return st.fixed_dictionaries(
        {
            "type": st.just("message"),
            "sender": st.just(sender),
            "agent_id": agents,
            "text": st.sampled_from(texts),
        }
    ).map(lambda event: {**event, **more})


def _event(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    return st.fixed_dictionaries({"type": st.just(kind), **fields})


# A mark is dated with how many days back it holds for; `_dated` makes it a date.
_ACTIONS = st.one_of(
    _message("buyer", _NAMED, ["这个怎么卖"]),
    _message("agent", _AGENTS, ["亲，您好"]),
    _message("buyer", _NAMED, ["好的", "嗯嗯好的", "好吗", "", "在吗"]),
    _event("transfer", from_agent_id=_NAMED, to_agent_id=_AGENTS),
    _event("created", order_id=_ORDERS, amount_minor=_AMOUNTS),
    _event("paid", order_id=_ORDERS, amount_minor=_AMOUNTS, items=st.integers(1, 3)),
    _message("buyer", _NAMED, ["刷单 兼职 贷款", "全场清仓推广价快来看看吧", "vx abc12345 推广"]),
    _message("bot", _NAMED, ["机器人"], assist=True),
    _event("refunded", order_id=_ORDERS, amount_minor=_AMOUNTS),
    _event("cancelled", order_id=_ORDERS),
    _event("flagged", order_id=_ORDERS, reason=st.just("brushing")),
    _event(
        "marked",
        verdict=st.sampled_from(["ad", "internal", "genuine"]),
        by=st.just("boss"),
        day=st.sampled_from([None, 0, 1, 2, -1]),
    ),
    _message("buyer", _NAMED, ["", "好的"], content="sticker"),
    _message("buyer", _NAMED, ["", "好的"], content="image"),
    _message("buyer", _NAMED, [""], content="recall"),
    _message("agent", _AGENTS, ["亲，您好"], auto=True),
    _message("agent", _AGENTS, [""], content="recall"),
    _message("bot", _NAMED, ["机器人"]),
    _message("system", st.none(), ["系统"]),
    _event("rated", agent_id=_AGENTS, stars=st.integers(1, 5)),
    _event("presence", agent_id=_AGENTS, state=st.just("online")),
)  # fmt: skip


def timelines(*, buyers: int = 2, most: int = 25) -> st.SearchStrategy[list[Event]]:
    """Draw the events of one shop with up to that many buyers, ascending in `at`."""
    # ids decide between events of one millisecond and rank, so some sort before older ones
    step = st.tuples(
        st.sampled_from(GAPS),
        st.integers(1, buyers),
        st.sampled_from(["e", "a"]),
        _ACTIONS,
    )
    return st.tuples(st.sampled_from(STARTS), st.lists(step, min_size=1, max_size=most)).map(
        lambda drawn: _laid_out(*drawn)
    )


def _laid_out(start: int, steps: list[tuple[int, int, str, Event]]) -> list[Event]:
    at = FIRST_DAY_MS + start
    events = []
    for number, (gap, buyer, letter, action) in enumerate(steps):
        at += gap if number else 0
        event = {
            **action,
            "event_id": f"{letter}{number:03}",
            "shop_id": "s1",
            "buyer_id": f"b{buyer}",
            "at": at,
        }
        events.append(_dated(event) if event["type"] == "marked" else event)
    return events


def _dated(mark: Event) -> Event:
    back = mark.pop("day")
    if back is not None:
        unix_day = (mark["at"] + SHANGHAI) // DAY - back
        mark["day"] = iso(unix_day)
    return mark


def readings(events: list[Event]) -> st.SearchStrategy[list[Event]]:
    """Draw an order of reading, with copies, in which nothing is late or after its day's close.

    Chat is read at most the lateness behind its time; orders, marks and copies up to six days.
    """

    def delays(event: Event) -> st.SearchStrategy[list[int]]:
        longest = LATENESS if event["type"] in CHAT else 6 * DAY
        first = st.one_of(st.just(0), st.integers(0, longest), st.just(longest))
        copies = st.lists(st.integers(0, 6 * DAY), max_size=1)
        return st.tuples(first, copies).map(lambda drawn: [drawn[0], *drawn[1]])

    def arranged(drawn: tuple[list[int], ...]) -> list[Event]:
        read = [
            (event["at"] + delay, number, event)
            for number, (event, own) in enumerate(zip(events, drawn, strict=True))
            for delay in own
        ]
        return [event for _, _, event in sorted(read, key=lambda r: r[:2])]

    return st.tuples(*map(delays, events)).map(arranged)


def runs(*, buyers: int = 2, most: int = 25) -> st.SearchStrategy[tuple[list[Event], list[Event]]]:
    """Draw events in order of time, and the same ones as they may be read."""
    return timelines(buyers=buyers, most=most).flatmap(
        lambda events: st.tuples(st.just(events), readings(events))
    )


def closes_as_in_order(events: Sequence[Event], read: Sequence[Event]) -> bool:
    """Tell whether no order or mark is read after the close of a day that it would still change.

    A flag or a cancellation changes days long before its own, as long as these are open.
    """
    calm = events[0]["at"] + 8 * DAY  # no day closes before
    clock, seen = 0, set()
    for event in read:
        is_first = event["type"] not in CHAT and event["event_id"] not in seen
        if is_first and clock > event["at"] and clock >= calm:
            return False
        seen.add(event["event_id"])
        clock = max(clock, event["at"])
    return True


def to_lines(events: Sequence[Event]) -> list[bytes]:
    encode: Callable[[Event], str] = json.JSONEncoder(ensure_ascii=False).encode
    return [encode(event).encode() for event in events]
