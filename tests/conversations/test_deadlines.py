"""When numbers change by the mere passing of time: exactly at `next_change`, never before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.codec import decode
from chatpulse.contract.events import EventBase
from chatpulse.conversations.conversation import Conversation
from chatpulse.conversations.deadlines import next_change
from chatpulse.conversations.tallies import tally_day
from chatpulse.scoreboard.partition import Partition
from tests.builders import bot, ms, replied, rules_of, transferred, wrote
from tests.oracle.strategies import Event, timelines, to_lines


def conversations(events: list[EventBase], now: int) -> list[Conversation]:
    partition = Partition(rules_of(), live=False)
    for event in events:
        partition.apply(event)
    return [
        shop.conversation(buyer, now)
        for shop in partition.shops.values()
        for buyer in shop.notes.rows
    ]


def numbers(conversation: Conversation) -> dict[int, Any]:
    return {day: tally_day(conversation, day) for day in conversation.days}


def changes(*events: EventBase, now: str) -> list[str]:
    """Return the instants of all changes after `now`, as minutes:seconds.millis after 10:00."""
    found, at = [], ms(now)
    while True:
        (conversation,) = conversations(list(events), at)
        following = next_change(conversation)
        if following is None:
            return found
        assert following > at
        at = following
        seconds, millis = divmod(at - ms("10:00"), 1000)
        found.append(f"{seconds // 60}:{seconds % 60:02}.{millis:03}")


LIMITS = ["0:30.001", "1:00.001", "3:00.001", "5:00.001", "10:00.001"]
ABANDONED, MIDNIGHT = "120:00.001", "840:00.000"

CASES = [
    ("nobody waits", [wrote("10:00"), replied("10:00")], []),
    ("a buyer waits", [wrote("10:00")], [*LIMITS, ABANDONED, MIDNIGHT]),
    (
        "with a second clock",
        [wrote("10:00"), transferred("10:00:10", None, "a1")],
        [
            "0:30.001",
            "0:40.001",
            "1:00.001",
            "1:10.001",
            "3:00.001",
            "3:10.001",
            "5:00.001",
            "5:10.001",
            "10:00.001",
            "10:10.001",
            ABANDONED,
            MIDNIGHT,
        ],
    ),
    (
        "a bot has answered in some profiles",
        [wrote("10:00"), bot("10:00", assist=True)],
        [*LIMITS, ABANDONED, MIDNIGHT],
    ),
]


@pytest.mark.parametrize(("name", "events", "expected"), CASES, ids=[name for name, *_ in CASES])
def test_changes(name: str, events: list[EventBase], expected: list[str]) -> None:
    assert changes(*events, now="10:00") == expected


@given(timelines(buyers=1, most=12), st.lists(st.integers(0, 15 * 3_600_000), max_size=4))
def test_nothing_changes_before(drawn: list[Event], later: list[int]) -> None:
    events = [event for raw in to_lines(drawn) if (event := decode(raw, now_ms=1 << 52))]
    now = max(event.at for event in events)
    for conversation in conversations(events, now):
        following = next_change(conversation)
        before = numbers(conversation)
        instants = [now + span for span in later]
        instants += [] if following is None else [following - 1]
        for at in instants:
            if following is None or at < following:
                (again,) = conversations(events, at)
                assert numbers(again) == before
