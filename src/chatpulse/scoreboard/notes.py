"""What the events of a shop leave behind: rows, and who and which days they concern.

Noting an event changes the row of its conversation and nothing else; numbers are made when they are
asked for, or when a day closes. This is the plain form; `native` has the same compiled.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from ..contract.events import PURCHASE_EVENTS, BuyerEvent, Marked, Message, Paid, Transfer
from ..conversations.conversation import settle, tidy
from ..conversations.lines import line_of
from ..conversations.memory import forget, forgotten_at, remember
from ..conversations.orders import mark, purchase
from ..conversations.policy import Policy
from ..conversations.row import LATENESS, Day, Row
from .campaigns import Campaigns
from .rows import Rows

OPEN_DAYS: Final = 8
"""A day closes at the end of the eighth day after it."""
TAIL: Final = 24
"""Lines beyond which the settled part of a tail is folded."""


class Outcome(Enum):
    """What became of an event."""

    APPLIED = "applied"
    LATE = "late"
    AFTER_CLOSE = "after_close"


class Notes:
    """The notes of one shop.

    `clock` is the newest `at` read; days up to `closed_through` are closed. `touched` collects the
    buyers whose numbers may have changed, for whoever keeps live boards; None in a replay.
    """

    def __init__(self, policy: Policy, *, live: bool) -> None:
        self._policy = policy
        self.rows = Rows(before_pack=self._settle)
        self.clock = 0
        self.closed_through = 0
        self.next_close = 0
        """The instant of the clock at which a day may close."""
        self.touched: set[str] | None = set() if live else None
        self.duplicates = 0
        self.unmatched_refunds = 0
        self._active: dict[int, set[str]] = {}
        self._campaigns = Campaigns()
        self._expiring: dict[int, set[str]] = {}

    # ---- events in ----------------------------------------------------------------------------

    def apply(self, event: BuyerEvent, day: int) -> Outcome:
        """Note an event of an open day; for a mark, the day it is about."""
        if isinstance(event, (Message, Transfer)):
            return self._apply_chat(event, day)
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
        line = line_of(event, self._policy)
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
        if day <= self._policy.calendar.day(event.at):
            self._touch(row, buyer_id, day)
        elif self.touched is not None:  # marked for a day to come, which may never come
            self.touched.add(buyer_id)

    def _new_row(self, buyer_id: str, at: int) -> Row:
        row = self.rows.new(buyer_id)
        self._expiring.setdefault(self._policy.calendar.day(at), set()).add(buyer_id)
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

    def _settle(self, row: Row) -> None:
        self.duplicates += tidy(row)
        settle(
            row,
            row.newest_chat_at - LATENESS,
            policy=self._policy,
            closed_through=self.closed_through,
        )

    # ---- what was noted -----------------------------------------------------------------------

    def row(self, buyer_id: str) -> Row:
        """Return a row, its tail tidy, to look at only; raise `KeyError` without one."""
        row = self.rows.peek(buyer_id)
        self.duplicates += tidy(row)
        return row

    def in_campaign(self, day: int, text: int) -> bool:
        """Tell whether enough buyers of the shop sent a text on a day."""
        return (day, text) in self._campaigns

    @property
    def active_days(self) -> Iterable[int]:
        """The open days on which anything happened."""
        return self._active

    # ---- closing and forgetting ---------------------------------------------------------------

    def close(self, day: int) -> Iterable[str]:
        """Take the buyers who were active on a day that closes."""
        return self._active.pop(day)

    def change(self, buyer_id: str) -> Row | None:
        """Return a row that its day's close will change and `put` back; None if it is forgotten."""
        row = self.rows.get(buyer_id)
        if row is not None:
            self.duplicates += tidy(row)
        return row

    def put(self, buyer_id: str, row: Row) -> None:
        """Put back the row of a buyer that was to be changed."""
        if self.touched is not None:
            self.touched.add(buyer_id)

    def forget(self, through: int) -> None:
        """Drop what nothing can change any more, now that the days `through` are closed."""
        self._campaigns.forget(through)
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
        day = self._policy.calendar.day(at) - OPEN_DAYS - 1
        self._expiring.setdefault(day, set()).add(buyer_id)

    # ---- checkpoints --------------------------------------------------------------------------

    def restore(self, packed: dict[str, bytes]) -> None:
        """Take over packed rows: what else is known of days and campaigns, they tell."""
        self.rows.restore(packed)
        day_of = self._policy.calendar.day
        for buyer_id in packed:
            row = self.rows.peek(buyer_id)
            if row.newest_day > self.closed_through:  # a mark or transfer leaves no other trace
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
