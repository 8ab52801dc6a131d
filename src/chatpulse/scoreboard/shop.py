"""One shop as one worker knows it: its conversations, campaigns, clock and days.

`apply` notes an event in the row of its conversation and nothing else; numbers are made when they
are asked for, or when a day closes.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from enum import Enum
from typing import Final

from ..contract.events import (
    PURCHASE_EVENTS,
    BuyerEvent,
    Event,
    Marked,
    Message,
    Paid,
    Transfer,
)
from ..conversations.closing import close_day
from ..conversations.conversation import Conversation, settle, tidy
from ..conversations.lines import line_of
from ..conversations.memory import forget, forgotten_at, remember
from ..conversations.orders import mark, purchase
from ..conversations.policy import Policy
from ..conversations.row import (
    LATENESS,
    Day,
    Row,
)
from ..conversations.tallies import tally_day
from ..conversations.tally import Tally
from .board import DayBoard
from .campaigns import Campaigns
from .rows import Rows
from .scorecard import Scorecard

NO_LIMIT: Final = 1 << 62
OPEN_DAYS: Final = 8
"""A day closes at the end of the eighth day after it."""
TAIL: Final = 24
"""Lines beyond which the settled part of a tail is folded."""


class Outcome(Enum):
    """What became of an event."""

    APPLIED = "applied"
    LATE = "late"
    AFTER_CLOSE = "after_close"


class Shop:
    """The fold of one shop's events.

    `clock` is the newest `at` read; days up to `closed_through` are closed. `touched` collects the
    buyers whose numbers may have changed, for whoever keeps live boards; None in a replay.
    """

    def __init__(
        self,
        shop_id: str,
        policy: Policy,
        *,
        live: bool,
        on_closed: Callable[[str, int, list[Scorecard]], None],
        on_tally: Callable[[str, str, Conversation, Tally], None] | None = None,
    ) -> None:
        """`on_closed` gets shop, day and scorecards of every day that closes.

        `on_tally` gets shop, buyer, conversation and tally of all that is summed for them.
        """
        self.shop_id = shop_id
        self.policy = policy
        self._on_closed = on_closed
        self._on_tally = on_tally
        self.rows = Rows(before_pack=self._settle)
        self.clock = 0
        self.closed_through = 0
        self.touched: set[str] | None = set() if live else None
        self.duplicates = 0
        self.unmatched_refunds = 0
        self._next_close = 0
        self._day_of = policy.calendar.day
        self._active: dict[int, set[str]] = {}
        self._campaigns = Campaigns()
        self._expiring: dict[int, set[str]] = {}

    # ---- events in ----------------------------------------------------------------------------

    def apply(self, event: Event, close_limit: int) -> Outcome:
        """Note an event, after closing the days that its `at` closes up to `close_limit`."""
        at = event.at
        if at > self.clock:
            self.clock = at
            if at >= self._next_close:
                self.close_due(close_limit)
        day = self._day_of(at)
        if isinstance(event, Marked) and isinstance(event.day, datetime.date):
            day = event.day.toordinal()
        if day <= self.closed_through:
            return Outcome.AFTER_CLOSE
        if isinstance(event, (Message, Transfer)):
            return self._apply_chat(event, day)
        if isinstance(event, BuyerEvent):
            self._apply_evidence(event, day)
        return Outcome.APPLIED

    def _apply_chat(self, event: Message | Transfer, day: int) -> Outcome:
        at, buyer_id = event.at, event.buyer_id
        row = self.rows.get(buyer_id)
        if row is None:
            row = self._new_row(buyer_id, at)
        newest = row.newest_chat_at
        if at > newest:
            row.newest_chat_at = at
        elif at < newest - LATENESS:
            return Outcome.LATE
        remember(row, at)
        if type(event) is Message and event.content == "recall":
            return Outcome.APPLIED
        line = line_of(event, self.policy)
        tail = row.tail
        tail.append(line)
        campaign = line.traits.campaign
        if campaign:
            self._note_campaign(day, campaign, buyer_id)
        if len(tail) > TAIL and len(tail) % TAIL == 1:
            self._settle(row)
        self._touch(row, buyer_id, day)
        return Outcome.APPLIED

    def _apply_evidence(self, event: BuyerEvent, day: int) -> None:
        buyer_id = event.buyer_id
        row = self.rows.get(buyer_id)
        if row is None:
            row = self._new_row(buyer_id, event.at)
        timeline = remember(row, event.at, is_sale=type(event) is Paid)
        if isinstance(event, PURCHASE_EVENTS):
            effect = purchase(timeline, event)
            facts = row.days.get(day)
            if facts is None:
                facts = row.days[day] = Day()
            facts.active = True
        elif isinstance(event, Marked):
            effect = mark(timeline, event, day)
        else:
            return
        if effect != "new":
            self.duplicates += effect == "duplicate"
            self.unmatched_refunds += effect == "unmatched"
        if day <= self.policy.calendar.day(event.at):
            self._touch(row, buyer_id, day)
        elif self.touched is not None:  # marked for a day to come, which may never come
            self.touched.add(buyer_id)

    def _new_row(self, buyer_id: str, at: int) -> Row:
        row = self.rows.new(buyer_id)
        self._expiring.setdefault(self.policy.calendar.day(at), set()).add(buyer_id)
        return row

    def _touch(self, row: Row, buyer_id: str, day: int) -> None:
        if row.newest_day != day:
            row.newest_day = day
            self._active.setdefault(day, set()).add(buyer_id)
        if self.touched is not None:
            self.touched.add(buyer_id)

    def _note_campaign(self, day: int, text: int, buyer_id: str) -> None:
        if self.touched is not None:
            for sender in self._campaigns.completed_by(day, text, buyer_id):
                self.rows.get(sender)  # out of its rest, while what it counted for still holds
                self.touched.add(sender)
        self._campaigns.add(day, text, buyer_id)

    def in_campaign(self, day: int, text: int) -> bool:
        """Tell whether enough buyers of the shop sent a text on a day."""
        return (day, text) in self._campaigns

    def _settle(self, row: Row) -> None:
        self.duplicates += tidy(row)
        settle(
            row,
            row.newest_chat_at - LATENESS,
            policy=self.policy,
            closed_through=self.closed_through,
        )

    # ---- numbers out --------------------------------------------------------------------------

    def conversation(self, buyer_id: str, now: int) -> Conversation:
        """Return a conversation as it stands at `now`; raise `KeyError` without one."""
        row = self.rows.peek(buyer_id)
        self.duplicates += tidy(row)
        return Conversation(
            row,
            buyer_id,
            policy=self.policy,
            now=now,
            closed_through=self.closed_through,
            in_campaign=self.in_campaign,
        )

    def open_boards(self, now: int) -> dict[int, DayBoard]:
        """Return the boards of all open days as of `now`, summed from the rows."""
        boards = {day: DayBoard(day) for day in sorted(self._active)}
        for buyer_id in self.rows:
            conversation = self.conversation(buyer_id, now)
            for day in conversation.days:
                boards[day].add(self._tally(buyer_id, conversation, day))
        return boards

    def _tally(self, buyer_id: str, conversation: Conversation, day: int) -> Tally:
        tally = tally_day(conversation, day)
        if self._on_tally is not None and day in conversation.days:
            self._on_tally(self.shop_id, buyer_id, conversation, tally)
        return tally

    # ---- checkpoints --------------------------------------------------------------------------

    def restore(self, packed: dict[str, bytes], *, clock: int, closed_through: int) -> None:
        """Take over a checkpoint: what else is known of days and campaigns, the rows tell."""
        self.rows = Rows(packed, before_pack=self._settle)
        self.clock, self.closed_through = clock, closed_through
        day_of = self.policy.calendar.day
        for buyer_id in packed:
            row = self.rows.peek(buyer_id)
            if row.newest_day > closed_through:  # of which a mark or transfer leaves no trace
                self._active.setdefault(row.newest_day, set()).add(buyer_id)
            for day, facts in row.days.items():
                self._active.setdefault(day, set()).add(buyer_id)
                for text in facts.campaigns:
                    self._campaigns.add(day, text, buyer_id)
            for line in row.tail:
                self._active.setdefault(day_of(line.at), set()).add(buyer_id)
                if line.traits.campaign:
                    self._campaigns.add(day_of(line.at), line.traits.campaign, buyer_id)
            self._expect(buyer_id, row)
            if self.touched is not None and (row.days or row.tail):
                self.touched.add(buyer_id)

    # ---- closing and forgetting ---------------------------------------------------------------

    def close_due(self, close_limit: int) -> None:
        """Close the days that the clock has left behind, as far as `close_limit` allows."""
        calendar = self.policy.calendar
        through = calendar.day(min(self.clock, close_limit)) - OPEN_DAYS - 1
        if through <= self.closed_through:
            return
        for day in sorted(day for day in self._active if day <= through):
            self._close(day)
        self.closed_through = through
        self._next_close = calendar.start(through + OPEN_DAYS + 2)
        self._forget(through)

    def _close(self, day: int) -> None:
        board = DayBoard(day)
        self.closed_through = day - 1
        for buyer_id in self._active.pop(day):
            row = self.rows.get(buyer_id)
            if row is not None:
                conversation = self.conversation(buyer_id, self.clock)
                board.add(self._tally(buyer_id, conversation, day))
                close_day(row, conversation, day)
                if self.touched is not None:
                    self.touched.add(buyer_id)
        self._campaigns.forget(day)
        self._on_closed(self.shop_id, day, list(board.scorecards(self.shop_id)))

    def _forget(self, through: int) -> None:
        """Drop the rows that nothing can change any more."""
        due = [day for day in self._expiring if day <= through]
        for buyer_id in {buyer for day in due for buyer in self._expiring.pop(day)}:
            row = self.rows.get(buyer_id)
            if row is None:
                continue
            if forget(row, self.clock):
                self.rows.forget(buyer_id)
                if self.touched is not None:
                    self.touched.add(buyer_id)
            else:
                self._expect(buyer_id, row)

    def _expect(self, buyer_id: str, row: Row) -> None:
        """Note when the row may be forgotten, for all that is known now."""
        at = max(map(forgotten_at, row.timelines))
        day = self.policy.calendar.day(at) - OPEN_DAYS - 1
        self._expiring.setdefault(day, set()).add(buyer_id)
