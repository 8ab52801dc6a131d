"""One shop as one worker knows it: its notes, its clock and its days.

`apply` notes an event and nothing else; numbers are made when they are asked for, or when a day
closes.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final

from ..contract.events import BuyerEvent, Event, Marked
from ..conversations.closing import close_day
from ..conversations.conversation import Conversation
from ..conversations.policy import Policy
from ..conversations.row import Row
from ..conversations.tallies import tally_day
from ..conversations.tally import Tally
from .board import DayBoard
from .native import NativeNotes
from .notes import OPEN_DAYS, Notes, Outcome
from .scorecard import Scorecard

NO_LIMIT: Final = 1 << 62


class Shop:
    """The fold of one shop's events; `notes` is what they leave behind."""

    def __init__(
        self,
        shop_id: str,
        policy: Policy,
        notes: Notes | NativeNotes,
        *,
        on_closed: Callable[[str, int, list[Scorecard]], None],
        on_tally: Callable[[str, str, Conversation, Tally], None] | None = None,
    ) -> None:
        """`on_closed` gets shop, day and scorecards of every day that closes.

        `on_tally` gets shop, buyer, conversation and tally of all that is summed for them.
        """
        self.shop_id = shop_id
        self.policy = policy
        self.notes = notes
        self._on_closed = on_closed
        self._on_tally = on_tally
        self._day_of = policy.calendar.day

    # ---- events in ----------------------------------------------------------------------------

    def apply(self, event: Event, close_limit: int) -> Outcome:
        """Note an event, after closing the days that its `at` closes up to `close_limit`."""
        at, notes = event.at, self.notes
        if at > notes.clock:
            notes.clock = at
            if at >= notes.next_close:
                self.close_due(close_limit)
        day = self._day_of(at)
        if isinstance(event, Marked) and isinstance(event.day, datetime.date):
            day = event.day.toordinal()
        if day <= notes.closed_through:
            return Outcome.AFTER_CLOSE
        return notes.apply(event, day) if isinstance(event, BuyerEvent) else Outcome.APPLIED

    # ---- numbers out --------------------------------------------------------------------------

    def conversation(self, buyer_id: str, now: int) -> Conversation:
        """Return a conversation as it stands at `now`; raise `KeyError` without one."""
        return self._conversation(buyer_id, self.notes.row(buyer_id), now)

    def _conversation(self, buyer_id: str, row: Row, now: int) -> Conversation:
        return Conversation(
            row,
            buyer_id,
            policy=self.policy,
            now=now,
            closed_through=self.notes.closed_through,
            in_campaign=self.notes.in_campaign,
        )

    def open_boards(self, now: int) -> dict[int, DayBoard]:
        """Return the boards of all open days as of `now`, summed from the rows."""
        boards = {day: DayBoard(day) for day in sorted(self.notes.active_days)}
        for buyer_id in self.notes.rows:
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

    def resume(self, clock: int, closed_through: int) -> None:
        """Go on from a checkpoint, whose rows the notes take over next."""
        self.notes.clock, self.notes.closed_through = clock, closed_through
        if closed_through:
            self.notes.next_close = self._due_after(closed_through)

    # ---- closing and forgetting ---------------------------------------------------------------

    def close_due(self, close_limit: int) -> None:
        """Close the days that the clock has left behind, as far as `close_limit` allows."""
        notes, calendar = self.notes, self.policy.calendar
        through = calendar.day(min(notes.clock, close_limit)) - OPEN_DAYS - 1
        if through <= notes.closed_through:
            return
        for day in sorted(day for day in notes.active_days if day <= through):
            self._close(day)
        notes.closed_through = through
        notes.next_close = self._due_after(through)
        notes.forget(through)

    def _due_after(self, closed_through: int) -> int:
        """Return the instant of the clock at which the next day closes."""
        return self.policy.calendar.start(closed_through + OPEN_DAYS + 2)

    def _close(self, day: int) -> None:
        board, notes = DayBoard(day), self.notes
        notes.closed_through = day - 1
        for buyer_id in notes.close(day):
            row = notes.change(buyer_id)
            if row is not None:
                conversation = self._conversation(buyer_id, row, notes.clock)
                board.add(self._tally(buyer_id, conversation, day))
                close_day(row, conversation, day)
                notes.put(buyer_id, row)
        self._on_closed(self.shop_id, day, list(board.scorecards(self.shop_id)))
