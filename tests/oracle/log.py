"""What the order of reading does: copies, late chat, closed days. Everything else is timelines."""

from __future__ import annotations

import bisect
import dataclasses
from collections import Counter
from collections.abc import Iterable

from .calendar import Calendar
from .reading import CHAT, Event, read_line
from .rules import Rules

LATENESS = 120_000
CLOSING_DAYS = 9  # a day closes at the end of the eighth day after it
NEVER = 1 << 62


@dataclasses.dataclass(slots=True)
class Conversation:
    """One `(shop_id, buyer_id)`: its accepted events, one per `event_id`, in reading order."""

    shop: str
    buyer: str
    events: list[Event] = dataclasses.field(default_factory=list)
    event_ids: set[str] = dataclasses.field(default_factory=set)
    newest_chat: int = -1


class Shop:
    """The clock of a shop and the campaign texts of its days."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._today = 0  # the day of the newest event read
        self._days: list[int] = []  # each new `today`, ascending
        self._indices: list[int] = []  # and the event that brought it
        self._writers: dict[tuple[int, str], set[str]] = {}
        self._third: dict[tuple[int, str], int] = {}

    def advance(self, event: Event) -> None:
        if event.day > self._today:
            self._today = event.day
            self._days.append(event.day)
            self._indices.append(event.index)

    def closed(self, day: int) -> bool:
        """A day closes when an event at or past the end of the eighth day after it is read."""
        return self._today >= day + CLOSING_DAYS

    def closing_index(self, day: int) -> int:
        """Return the index of the event that closes `day`, NEVER while it is open."""
        found = bisect.bisect_left(self._days, day + CLOSING_DAYS)
        return self._indices[found] if found < len(self._days) else NEVER

    def wrote(self, event: Event, text: str) -> None:
        """Note that a buyer sent a text that can be a campaign's: one sent by >= 3 on that day."""
        assert event.buyer is not None
        writers = self._writers.setdefault((event.day, text), set())
        writers.add(event.buyer)
        if len(writers) == 3:
            self._third.setdefault((event.day, text), event.index)

    def campaign_since(self, day: int, text: str) -> int:
        """Return the index of the event that made a text a campaign of the day, or NEVER."""
        return self._third.get((day, text), NEVER)


class Log:
    """All accepted events of a run, by conversation."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.now = 0  # the newest valid event of the whole run in a replay
        self.shops: dict[str, Shop] = {}
        self.conversations: dict[tuple[str, str], Conversation] = {}
        self.counts: Counter[str] = Counter()  # rejected, after_close, duplicate, late, accepted
        self._valid = 0

    def read(self, lines: Iterable[bytes], *, now_wall_ms: int) -> None:
        """Read on. Valid events are numbered in the order of reading, whatever becomes of them."""
        for raw in lines:
            line = raw.removesuffix(b"\n")
            if not line.strip():
                continue  # blank lines skipped
            event = read_line(line, now_wall_ms=now_wall_ms)
            if event is None:
                self.counts["rejected"] += 1
                continue
            event.index = self._valid
            self._valid += 1
            self.counts[self._apply(event)] += 1

    def _apply(self, event: Event) -> str:
        policy = self.rules.of(event.shop)
        self.now = max(self.now, event.at)
        shop = self.shops.setdefault(event.shop, Shop(policy.calendar))
        event.day = policy.calendar.day(event.at)
        # From that event on, an event whose own day (a mark's: `day`) is closed is counted as
        # `after_close` and otherwise ignored - so the clock comes first.
        shop.advance(event)
        if event.type == "marked" and event.marked_day is None:
            event.marked_day = event.day
        if shop.closed(event.day if event.marked_day is None else event.marked_day):
            return "after_close"
        if event.buyer is None:
            return "accepted"
        key = (event.shop, event.buyer)
        if key not in self.conversations:
            self.conversations[key] = Conversation(event.shop, event.buyer)
        conversation = self.conversations[key]
        if event.event_id in conversation.event_ids:
            return "duplicate"
        if event.type in CHAT:
            # up to the lateness behind the newest chat event of the same conversation
            if event.at < conversation.newest_chat - LATENESS:
                return "late"
            conversation.newest_chat = max(conversation.newest_chat, event.at)
        conversation.event_ids.add(event.event_id)
        conversation.events.append(event)
        if event.type == "message" and event.sender == "buyer" and event.content == "text":
            text = policy.words.campaign(event.text)
            if text is not None:
                shop.wrote(event, text)
        return "accepted"
