"""Live boards: a shop's numbers as of now, kept up to date by differences.

The definition is `Shop.open_boards`, the sum over all rows; here only the conversations that were
touched, or whose time has come, are counted again. A test holds the two against each other.
"""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from ..contract.ids import MINUTE
from ..conversations.chat import PATIENCE, SILENCE, agent_clock
from ..conversations.conversation import Conversation
from ..conversations.deadlines import next_change
from ..conversations.rounds import BOUNDS_MS
from ..conversations.row import NOBODY
from ..conversations.tallies import tally_day
from ..conversations.tally import Summed
from .board import Counts, DayBoard, MinuteRing
from .notes import Notes
from .shop import NO_LIMIT, Shop

WINDOWS: Final = {"5m": 5, "1h": 60}
"""The sliding windows and their minutes; `today` is the shop's day."""

KEPT_MINUTES: Final = WINDOWS["1h"] + WINDOWS["5m"] - 1
"""What is kept by minute: enough for an hour of 5-minute windows."""


class OpenWait(Struct, frozen=True):
    """A buyer who waits: since when for the shop, and since when for the assignee."""

    assignee: str
    since: int
    agent_since: int


class Waiting(Struct, frozen=True):
    """How many buyers wait for an agent (None: in the queue), and since when the first."""

    agent_id: str | None
    waiting: int
    oldest_wait_start_at: int


class Counted(Struct):
    """What a conversation has put on the boards, and when it is to be counted again."""

    days: dict[int, Summed]
    until: int | None
    replies: set[tuple[int, str]]


_NOTHING: Final = Summed({}, [], [])


class Reading(ABC):
    """What is read from a shop's boards, whichever engine keeps them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    @property
    @abstractmethod
    def now(self) -> int:
        """The instant of the last refresh."""

    @abstractmethod
    def open_waits(self) -> list[OpenWait]:
        """Return the buyers who wait now, for at most two hours."""

    @abstractmethod
    def active_assignees(self) -> list[str]:
        """Return the assignee of each conversation with a message in the last 10 minutes."""

    @property
    def today(self) -> int:
        """The shop's day."""
        return self.shop.policy.calendar.day(self.now)

    def active_conversations(self) -> dict[str, int]:
        """Return the conversations with a message in the last 10 minutes, by present assignee."""
        return by_owner(self.active_assignees())

    def waiting(self) -> list[Waiting]:
        """Return who waits for whom, the queue (None) first, then by agent."""
        by_agent: dict[str, list[int]] = {}
        for wait in self.open_waits():
            by_agent.setdefault(wait.assignee, []).append(wait.agent_since)
        return [
            Waiting(agent_id or None, len(starts), min(starts))
            for agent_id, starts in sorted(by_agent.items())
        ]


class LiveBoards(Reading):
    """Boards of one shop: open days, sliding windows, open waits, active conversations."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self._now = 0
        self.days: dict[int, DayBoard] = {}
        self.ring = MinuteRing(KEPT_MINUTES, WINDOWS.values())
        self.waits: dict[str, OpenWait] = {}
        self.active: dict[str, tuple[int, str]] = {}
        self.response_counts = [0] * (len(BOUNDS_MS) + 1)
        self.response_ms_sum = 0
        self._counted: dict[str, Counted] = {}
        self._minute = 0
        self._due: list[tuple[int, str]] = []
        self._overdue: dict[str, int] = {}  # rows at rest whose time has come, and when it came
        assert isinstance(shop.notes, Notes)  # noqa: S101  # the compiled ones keep boards
        assert shop.notes.touched is not None  # noqa: S101  # a shop with boards is live
        self._touched = touched = shop.notes.touched
        self._rows = shop.notes.rows
        self._restored = set(touched)
        self._rows.may_rest = self._may_rest
        self._rows.on_wake = self._wake

    # ---- keeping up ---------------------------------------------------------------------------

    def refresh(self, now: int, limit: int = NO_LIMIT) -> int:
        """Bring everything up to `now`; a clock that steps back stands still.

        Count at most `limit` conversations again, and return how many were.
        """
        now = self._now = max(now, self._now)
        touched, due = self._touched, self._due
        while due and due[0][0] <= now:
            at, buyer_id = heapq.heappop(due)
            counted = self._counted.get(buyer_id)
            if counted is not None:
                if counted.until == at:
                    touched.add(buyer_id)
            elif self._rows.is_idle(buyer_id) and buyer_id not in touched:
                self._overdue.setdefault(buyer_id, at)
        if now // MINUTE > self._minute:
            self._minute = now // MINUTE
            self.ring.expire(self._minute)
            self._forget_what_is_over()
        for day in [day for day in self.days if day <= self.shop.notes.closed_through]:
            del self.days[day]
        count = 0
        while touched and count < limit:
            self._recount(touched.pop(), now)
            count += 1
        while self._overdue and count < limit:
            buyer_id = next(iter(self._overdue))
            self._find_again(buyer_id)
            self._recount(buyer_id, now)
            count += 1
        return count

    @property
    def uncounted(self) -> int:
        """Conversations that changed, or whose time has come, and are not counted again yet."""
        return len(self._touched) + len(self._overdue)

    def _forget_what_is_over(self) -> None:
        """Let go of waits and activity that nobody is shown any more."""
        waits, active = self.waits.items(), self.active.items()
        self.waits = {b: w for b, w in waits if self.now - w.since <= PATIENCE}
        self.active = {b: a for b, a in active if self.now - a[0] <= SILENCE}

    def _recount(self, buyer_id: str, now: int) -> None:
        before = self._counted.pop(buyer_id, None)
        days_before = {} if before is None else before.days
        self.waits.pop(buyer_id, None)
        self.active.pop(buyer_id, None)
        if buyer_id not in self._rows:
            self._exchange(days_before, {})
            return
        conversation = self.shop.conversation(buyer_id, now)
        days = self._tallied(conversation)
        self._exchange(days_before, days)
        self._note_presence(buyer_id, conversation)
        replies = self._note_responses(buyer_id, conversation, before)
        until = next_change(conversation)
        if until is not None:
            heapq.heappush(self._due, (until, buyer_id))
        if not self._rows.is_idle(buyer_id):
            self._counted[buyer_id] = Counted(days, until, replies)

    def _may_rest(self, buyer_id: str) -> bool:
        """Let a row rest once it is counted: what it counts for can be found again."""
        if buyer_id in self._touched:
            return False
        self._counted.pop(buyer_id, None)
        return True

    def _wake(self, buyer_id: str) -> None:
        """Go on with a row that rested: what is due stays due, whatever woke it."""
        is_overdue = buyer_id in self._overdue
        self._find_again(buyer_id)
        if is_overdue:
            self._touched.add(buyer_id)

    def _find_again(self, buyer_id: str) -> None:
        """Find again what a row that rested counts for, before it changes.

        It counted as of any instant between the last count and the first deadline after it.
        """
        came = self._overdue.pop(buyer_id, None)
        if buyer_id in self._touched or buyer_id in self._counted:
            return
        counted_at = self.now if came is None else came - 1
        conversation = self.shop.conversation(buyer_id, counted_at)
        replies = {
            (r.replied_at, r.agent_id)
            for facts in conversation.days.values()
            for r in facts.rounds
            if r.replied_at is not None
        }
        until = next_change(conversation)
        self._counted[buyer_id] = Counted(self._tallied(conversation), until, replies)

    def _tallied(self, conversation: Conversation) -> dict[int, Summed]:
        since = self.now // MINUTE - KEPT_MINUTES + 1
        return {
            day: tally_day(conversation, day, since=since).summed() for day in conversation.days
        }

    def _exchange(self, before: dict[int, Summed], after: dict[int, Summed]) -> None:
        """Let a conversation count for `after`, no longer for `before`."""
        for day in {**before, **after}:
            old, new = before.get(day, _NOTHING), after.get(day, _NOTHING)
            board = self.days.get(day)
            if board is None and new is not _NOTHING:
                board = self.days[day] = DayBoard(day)
            if board is not None:
                board.exchange(old, new)
            self.ring.exchange(old.moments, new.moments, self.now // MINUTE)

    def _note_presence(self, buyer_id: str, conversation: Conversation) -> None:
        chat, day_of = conversation.chat, self.shop.policy.calendar.day
        since, written = chat.waiting_from, chat.message_at
        if since is not None and conversation.excluded(day_of(since)) is None:
            clock = agent_clock(chat, since, chat.assignee)
            self.waits[buyer_id] = OpenWait(chat.assignee, since, clock)
        if written is not None and conversation.excluded(day_of(written)) is None:
            self.active[buyer_id] = (written, chat.assignee)

    def _note_responses(
        self, buyer_id: str, conversation: Conversation, before: Counted | None
    ) -> set[tuple[int, str]]:
        """Count each reply that ended a round once, when it is first seen."""
        is_new = buyer_id not in self._restored
        self._restored.discard(buyer_id)
        replies = set() if before is None else before.replies
        for day, facts in conversation.days.items():
            for r in facts.rounds:
                if r.replied_at is None or (r.replied_at, r.agent_id) in replies:
                    continue
                if conversation.excluded(day) is None:
                    replies.add((r.replied_at, r.agent_id))
                    if is_new:
                        ms = r.replied_at - r.asked_at
                        self.response_counts[bisect_left(BOUNDS_MS, ms)] += 1
                        self.response_ms_sum += ms
        return replies

    # ---- reading ------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The instant of the last refresh."""
        return self._now

    def window(self, name: str) -> Counts:
        """Return the counts by owner of a window: `5m`, `1h` or `today`."""
        if name == "today":
            board = self.days.get(self.today)
            return {} if board is None else board.counts
        return self.ring.window(self.now // MINUTE, WINDOWS[name])

    def open_waits(self) -> list[OpenWait]:
        """Return the buyers who wait now, for at most two hours."""
        return [wait for wait in self.waits.values() if self.now - wait.since <= PATIENCE]

    def active_assignees(self) -> list[str]:
        """Return the present assignee of each of these conversations."""
        return [agent for at, agent in self.active.values() if self.now - at <= SILENCE]

    def minute(self, minute: int) -> Mapping[str, int]:
        """Return the shop's own numbers of one minute, as long as it is kept."""
        return self.ring.minute(minute).get(NOBODY, {})


def by_owner(assignees: Sequence[str]) -> dict[str, int]:
    """Return how many there are of each assignee, and of all together (NOBODY)."""
    count = Counter(assignees)
    count[NOBODY] = len(assignees)
    return +count
