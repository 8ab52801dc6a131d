"""An independent, brute-force reading of kpis.md: all daily scorecards of a run, by plain loops.

It shares no code with the engine. Lines are read once (`log`), conversations are sorted and walked
from the start (`timeline`, `orders`), and every day gets what its timeline says about it (`tally`).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping
from typing import Any

from .cards import Card
from .log import Conversation, Log
from .rules import Rules
from .tally import tally
from .timeline import Timeline, parts

__all__ = ["Log", "scorecards", "scorecards_of"]


def scorecards(
    lines: Iterable[bytes], rules: Mapping[str, Any] | None = None, *, now_wall_ms: int
) -> list[dict[str, Any]]:
    """Return the daily scorecards of NDJSON lines in reading order, sorted by shop, agent, day.

    `now_wall_ms` only serves to reject events of the future; `now` is the newest valid event.
    Raises ValueError for rules that must be refused.
    """
    log = Log(Rules(rules))
    log.read(lines, now_wall_ms=now_wall_ms)
    return scorecards_of(log)


def scorecards_of(log: Log) -> list[dict[str, Any]]:
    """Return the daily scorecards of everything that was read."""
    cards: dict[tuple[str, str, int], Card] = {}
    for conversation in log.conversations.values():
        _add(conversation, log, cards)
    printed = (cards[key].printed(*key) for key in sorted(cards))
    return [card for card in printed if card is not None]


def _add(conversation: Conversation, log: Log, cards: dict[tuple[str, str, int], Card]) -> None:
    """Add one conversation: each day as it was known when the day closed, or is known at the end.

    "An event of an open day no longer changes the scorecards of closed ones": a closed day is a
    function of what was read before the event that closed it. Days that know the same events of
    this conversation share one reading of it.
    """
    shop = log.shops[conversation.shop]
    policy = log.rules.of(conversation.shop)

    def card_of(agent: str, day: int) -> Card:
        return cards.setdefault((conversation.shop, agent, day), Card())

    # What is known of a conversation changes with its own events, and when a text of its buyer
    # becomes a campaign because others send it too.
    changes = [event.index for event in conversation.events]
    for event in conversation.events:
        if event.sender == "buyer" and event.content == "text":
            text = policy.words.campaign(event.text)
            if text is not None:
                changes.append(shop.campaign_since(event.day, text))
    changes.sort()
    knowing: dict[int, tuple[int, set[int]]] = {}  # changes known -> read before, the days
    for day in {event.day for event in conversation.events}:
        before = shop.closing_index(day)
        known = bisect.bisect_left(changes, before)
        knowing.setdefault(known, (before, set()))[1].add(day)
    for before, days in knowing.values():
        for events in parts([e for e in conversation.events if e.index < before]):
            wanted = days & {event.day for event in events}
            if wanted:
                timeline = Timeline(events, policy, shop, before=before, now=log.now)
                tally(timeline, wanted, card_of)
