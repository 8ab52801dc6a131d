"""The conversations of a shop: those in use as rows, the idle ones packed; and cuts of them.

A cut is what all rows were at one instant. It is taken at once and packed little by little while
events go on: a row that is about to be used and is not packed yet is packed first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from ..conversations.row import Row
from .compact import unpack

_pack: Final = msgspec.msgpack.Encoder().encode


class Rows:
    """Rows by buyer. A row that two cuts in a row found unchanged is kept packed until used."""

    __slots__ = (
        "_before_pack",
        "_idle",
        "_pending",
        "_saved",
        "_used",
        "_warm",
        "may_rest",
        "on_wake",
    )

    def __init__(self, *, before_pack: Callable[[Row], object]) -> None:
        """`before_pack` is called with a row that a cut is about to pack.

        It says the same in fewer words.
        """
        self._used: dict[str, Row] = {}
        self._idle: dict[str, bytes] = {}
        self._warm: dict[str, bytes] = {}  # rows in use, as the last cut packed them
        self._pending: dict[str, Row] = {}  # rows in use that the present cut has yet to pack
        self._saved: list[tuple[str, bytes]] = []  # packed early, because they were used
        self._before_pack = before_pack
        self.may_rest: Callable[[str], bool] | None = None
        """Asked before a buyer's row is kept packed."""
        self.on_wake: Callable[[str], None] | None = None
        """Called with the buyer when a packed row is in use again, before it can change."""

    def __len__(self) -> int:
        return len(self._used) + len(self._idle)

    def __contains__(self, buyer_id: str) -> bool:
        return buyer_id in self._used or buyer_id in self._idle

    def __iter__(self) -> Iterator[str]:
        return iter([*self._used, *self._idle])

    @property
    def idle(self) -> int:
        """How many rows are kept packed."""
        return len(self._idle)

    def is_idle(self, buyer_id: str) -> bool:
        """Tell whether a buyer's row is kept packed."""
        return buyer_id in self._idle

    def get(self, buyer_id: str) -> Row | None:
        """Return the row of a buyer for use, or None; it may be changed until the next call."""
        row = self._used.get(buyer_id)
        if row is not None:
            if self._pending and buyer_id in self._pending:
                del self._pending[buyer_id]
                self._saved.append((buyer_id, self._packed(row)))
            return row
        packed = self._idle.pop(buyer_id, None)
        if packed is None:
            return None
        row = self._used[buyer_id] = unpack(packed)
        if self.on_wake is not None:
            self.on_wake(buyer_id)
        return row

    def peek(self, buyer_id: str) -> Row:
        """Return the row of a buyer for looking at only; raise `KeyError` without one."""
        row = self._used.get(buyer_id)
        return unpack(self._idle[buyer_id]) if row is None else row

    def restore(self, packed: dict[str, bytes]) -> None:
        """Take over packed rows, which become this object's own."""
        self._idle = packed

    def new(self, buyer_id: str) -> Row:
        """Begin the row of a new buyer."""
        row = self._used[buyer_id] = Row()
        return row

    def forget(self, buyer_id: str) -> None:
        """Drop the row of a buyer, who has been `get`."""
        del self._used[buyer_id]
        self._warm.pop(buyer_id, None)

    def cut(self) -> Iterator[tuple[str, bytes]]:
        """Return all rows packed, as they are now; a new cut ends the one before it."""
        self._pending, self._saved = dict(self._used), []
        return self._cut(list(self._idle), list(self._idle.values()), self._pending)

    def _cut(
        self, buyers: list[str], packed: list[bytes], pending: dict[str, Row]
    ) -> Iterator[tuple[str, bytes]]:
        yield from zip(buyers, packed, strict=True)
        while pending:
            buyer_id, row = pending.popitem()
            value = self._packed(row)
            self._rest(buyer_id, value)
            yield buyer_id, value
            self._require(pending)
        yield from self._saved
        self._require(pending)

    def _packed(self, row: Row) -> bytes:
        self._before_pack(row)
        return _pack(row)

    def _require(self, pending: dict[str, Row]) -> None:
        if pending is not self._pending:
            raise RuntimeError("a newer cut was taken before this one was read to its end")

    def _rest(self, buyer_id: str, packed: bytes) -> None:
        """Keep a row packed if it is what the last cut found, else remember what this one did."""
        if self._warm.get(buyer_id) != packed:
            self._warm[buyer_id] = packed
        elif self.may_rest is None or self.may_rest(buyer_id):
            del self._used[buyer_id], self._warm[buyer_id]
            self._idle[buyer_id] = packed
