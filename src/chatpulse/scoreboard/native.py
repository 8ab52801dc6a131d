"""The compiled form of `notes`: the same state, held and changed by Rust (decision 0014).

Rows are msgspec's bytes on the way in and out, so that whatever reads a row reads the same from
both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from ..compiled import engine
from ..contract.events import PURCHASE_EVENTS, BuyerEvent, Marked, Message, Transfer
from ..conversations.policy import Policy
from ..conversations.row import Row
from .notes import Outcome

_AT_ONCE: Final = 64
"""Rows that a cut packs at once."""

_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(Row).decode


AVAILABLE: Final = engine is not None
"""Whether the compiled engine is used where nothing else is said."""


def reader() -> Any:
    """Return what reads records into the notes of several shops, compiled."""
    return engine.Reader()


class NativeRows:
    """`Rows`, compiled: all rows are the extension's; those that rest are packed."""

    def __init__(self, native: Any) -> None:
        self._native = native

    def __len__(self) -> int:
        return len(self._native)

    def __contains__(self, buyer_id: str) -> bool:
        return buyer_id in self._native

    def __iter__(self) -> Iterator[str]:
        return iter(self._native.buyers())

    @property
    def idle(self) -> int:
        """How many rows are kept packed."""
        return int(self._native.resting)

    def is_idle(self, buyer_id: str) -> bool:
        """Tell whether a buyer's row is kept packed."""
        return bool(self._native.rests(buyer_id))

    def peek(self, buyer_id: str) -> Row:
        """Return the row of a buyer for looking at only; raise `KeyError` without one."""
        return _unpack(self._native.look(buyer_id))

    def cut(self) -> Iterator[tuple[str, bytes]]:
        """Return all rows packed, as they are now; a new cut ends the one before it."""
        return self._cut(self._native.begin_cut())

    def _cut(self, cut: int) -> Iterator[tuple[str, bytes]]:
        while rows := self._native.read_cut(cut, _AT_ONCE):
            yield from rows


def _held(name: str) -> Any:
    """Return a property that the extension holds."""

    def get(notes: NativeNotes) -> Any:
        return getattr(notes.native, name)

    def put(notes: NativeNotes, value: Any) -> None:
        setattr(notes.native, name, value)

    return property(get, put)


class NativeNotes:
    """`Notes`, compiled."""

    clock: int = _held("clock")
    closed_through: int = _held("closed_through")
    next_close: int = _held("next_close")
    duplicates: int = _held("duplicates")
    unmatched_refunds: int = _held("unmatched_refunds")

    def __init__(self, policy: Policy, *, live: bool) -> None:
        self.native = engine.Notes(policy, live)
        self.rows = NativeRows(self.native)

    def apply(self, event: BuyerEvent, day: int) -> Outcome:
        """Note an event of an open day; for a mark, the day it is about."""
        if isinstance(event, (Message, Transfer, *PURCHASE_EVENTS)):
            return Outcome.APPLIED if self.native.apply(event, day) else Outcome.LATE
        if isinstance(event, Marked):
            event_id, verdict = event.event_id, event.verdict
            self.native.mark(event.buyer_id, event_id, event.at, verdict, day)
        else:
            self.native.remember(event.buyer_id, event.at)
        return Outcome.APPLIED

    def row(self, buyer_id: str) -> Row:
        """Return a row, its tail tidy, to look at only; raise `KeyError` without one."""
        return self.rows.peek(buyer_id)

    def in_campaign(self, day: int, text: int) -> bool:
        """Tell whether enough buyers of the shop sent a text on a day."""
        return bool(self.native.in_campaign(day, text))

    @property
    def active_days(self) -> Iterable[int]:
        """The open days on which anything happened."""
        days: list[int] = self.native.active_days()
        return days

    def close(self, day: int) -> Iterable[str]:
        """Take the buyers who were active on a day that closes."""
        buyers: list[str] = self.native.close(day)
        return buyers

    def change(self, buyer_id: str) -> Row | None:
        """Return a row that its day's close will change and `put` back; None if it is forgotten."""
        if buyer_id not in self.native:
            return None
        self.native.wake(buyer_id)
        return self.rows.peek(buyer_id)

    def put(self, buyer_id: str, row: Row) -> None:
        """Put back the row of a buyer that was to be changed."""
        self.native.put(buyer_id, _pack(row))
        self.native.touch_buyer(buyer_id)

    def forget(self, through: int) -> None:
        """Drop what nothing can change any more, now that the days `through` are closed."""
        self.native.forget(through)
