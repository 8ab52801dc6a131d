"""Excluded conversation-days (section 3): who was no customer on a day."""

from __future__ import annotations

import bisect

from .log import Shop
from .messages import is_message, is_question, is_reply
from .reading import ORDERS, Event
from .rules import Policy


class Verdicts:
    """The verdicts of one timeline, by day, from what was read before an index."""

    def __init__(self, events: list[Event], policy: Policy, shop: Shop, *, before: int) -> None:
        self._events = events
        self._policy = policy
        self._shop = shop
        self._before = before
        self._known: dict[int, str | None] = {}

    def excluded(self, day: int) -> bool:
        return self.of(day) is not None

    def of(self, day: int) -> str | None:
        """Return `ad`, `internal`, `blocked`, or None for a conversation-day that counts."""
        if day not in self._known:
            self._known[day] = self._judge(day)
        return self._known[day]

    def of_a_buyer(self, day: int) -> bool:
        """Buyers with at least one message or order event that day."""
        return any(is_message(e) or e.type in ORDERS for e in self._on(day))

    def _judge(self, day: int) -> str | None:
        """Return the verdict, first that applies."""
        marks = [e for e in self._events if e.marked_day == day]
        if marks:  # the newest `marked` event for that day
            return None if marks[-1].verdict == "genuine" else marks[-1].verdict
        buyer = self._events[0].buyer
        if buyer in self._policy.internal_list:
            return "internal"
        if buyer in self._policy.block_list:
            return "blocked"
        return "ad" if self._score(day) >= 3 else None

    def _score(self, day: int) -> int:
        """Add up the signals from the buyer's own messages of that day, each once."""
        words = self._policy.words
        contact = mobile = url = campaign = again = False
        keywords: set[str] = set()
        wrote = answered = False
        before: set[str] = set()
        for event in self._on(day):
            if is_reply(event, self._policy):
                answered = answered or wrote
            if not is_question(event):
                continue
            found = words.signals(event.text)
            contact, mobile, url = contact or found[0], mobile or found[1], url or found[2]
            keywords |= found[3]
            candidate = words.campaign(event.text) if event.content == "text" else None
            if candidate is not None:
                # sent by >= 3 different buyers of the shop on that day, whatever their verdict
                campaign = campaign or self._shop.campaign_since(day, candidate) < self._before
            # writes again: a non-empty text after a valid reply that itself came after a message
            # of the buyer, different from all texts of the buyer before it (all on that day)
            text = words.seen(event.text)
            again = again or (answered and text != "" and text not in before)
            before.add(text)
            wrote = True
        end = self._policy.calendar.start(day + 1)
        bought = any(e.type in ("created", "paid") and e.at < end for e in self._events)
        return (
            2 * contact
            + mobile
            + 2 * url
            + min(len(keywords), 3)
            + 2 * campaign
            - 3 * bought
            - again
        )

    def _on(self, day: int) -> list[Event]:
        first = bisect.bisect_left(self._events, day, key=lambda e: e.day)
        last = bisect.bisect_right(self._events, day, key=lambda e: e.day)
        return self._events[first:last]
