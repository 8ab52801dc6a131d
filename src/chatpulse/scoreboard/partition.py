"""The state of one input partition: the shops in it, as a fold of its events.

A worker has one per partition it owns, a replay has one for all its files.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from ..contract.events import (
    Cancelled,
    Created,
    Event,
    Flagged,
    Message,
    Paid,
    Refunded,
    Transfer,
)
from ..conversations.calendar import iso
from ..conversations.conversation import Conversation
from ..conversations.policy import Rules
from ..conversations.tally import Tally
from . import native
from .live import LiveBoards
from .native_boards import NativeBoards
from .notes import Notes, Outcome
from .scorecard import Scorecard
from .shop import NO_LIMIT, Shop

KEPT_DAYS: Final = 62
"""How many closed days a worker keeps for look-back."""

READ_EVENTS: Final = (Message, Transfer, Created, Paid, Refunded, Cancelled, Flagged)
"""The kinds of events that `Partition.read` notes."""

_pack = msgspec.msgpack.Encoder().encode


class ShopRecord(Struct, array_like=True):
    """What a checkpoint keeps of a shop beside its rows and closed days."""

    clock: int
    closed_through: int


_ROW_KEY: Final = 0x92
"""The first byte of a row's key, `(shop, buyer)`."""

_unpack_key = msgspec.msgpack.Decoder(tuple[str, ...]).decode
_unpack_shop = msgspec.msgpack.Decoder(ShopRecord).decode
_unpack_cards = msgspec.msgpack.Decoder(list[Scorecard]).decode


class Partition:
    """Shops by id, and with `live` their boards.

    `close_limit`: days close only up to this instant. `closed`: the outbox of scorecards of days
    that have closed; whoever writes them takes them out.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        live: bool = True,
        on_tally: Callable[[str, str, Conversation, Tally], None] | None = None,
        compiled: bool = native.AVAILABLE,
    ) -> None:
        """`on_tally` sees shop, buyer, conversation and tally of all that a closing day sums.

        `compiled`: whether the compiled engine holds the notes of the shops.
        """
        self.rules = rules
        self._reader = native.reader() if compiled else None
        self._on_tally = on_tally
        self.is_live = live
        self.shops: dict[str, Shop] = {}
        self.boards: dict[str, LiveBoards | NativeBoards] = {}
        self._archive: dict[str, dict[str, bytes]] = {}  # shop -> ISO day -> packed scorecards
        self.close_limit = NO_LIMIT
        self.closed: list[Scorecard] = []
        self._turn = 0  # the shop whose boards are brought up to date first

    # ---- events in ----------------------------------------------------------------------------

    def apply(self, event: Event) -> Outcome:
        """Note an event."""
        shop = self.shops.get(event.shop_id)
        if shop is None:
            shop = self._open(event.shop_id)
        return shop.apply(event, self.close_limit)

    def read(
        self, records: list[Any], start: int, expected: int, now_ms: int
    ) -> tuple[int, int, Sequence[int]]:
        """Note raw records from index `start` on, while all about them is as usual.

        The first is expected at offset `expected`. Return how many were noted, the newest `at` of
        them (-1 without any), and how many there were of each of `READ_EVENTS`. What is left is to
        be decoded and applied one by one, at least the first of it.
        """
        if self._reader is None:
            return 0, -1, ()
        count, newest, kinds = self._reader.fold(records, start, expected, now_ms, self.close_limit)
        return count, newest, kinds

    def read_until(self, shop_id: str, until: int) -> None:
        """Let `read` note events of a shop that are before the instant `until`."""
        if self._reader is not None:
            self._reader.read_until(shop_id, until)

    def close_due(self) -> None:
        """Close the days that `close_limit` now allows."""
        for shop in self.shops.values():
            shop.close_due(self.close_limit)

    def finish(self, now: int) -> None:
        """Put the scorecards of all open days, as of `now`, into `closed`: the end of a replay."""
        for shop_id, shop in self.shops.items():
            for board in shop.open_boards(now).values():
                self.closed += board.scorecards(shop_id)

    # ---- numbers out --------------------------------------------------------------------------

    def refresh(self, now: int, limit: int | None = None) -> bool:
        """Bring the live boards up to `now`, counting at most `limit` conversations again.

        Tell whether all is done; if not, the rest is for the next call, which begins with the next
        shop: no shop keeps the others waiting.
        """
        left = NO_LIMIT if limit is None else limit
        boards = [*self.boards.values()]
        boards = boards[self._turn :] + boards[: self._turn]
        for place, one in enumerate(boards, self._turn + 1):
            has_room = left > 0
            left -= one.refresh(now, left)
            if has_room and left <= 0:
                self._turn = place % len(boards)
        return left > 0

    def refresh_shop(self, shop_id: str, now: int, limit: int) -> bool:
        """Do the same for one shop alone; raise `KeyError` for one that is not here."""
        return self.boards[shop_id].refresh(now, limit) < limit

    @property
    def is_compiled(self) -> bool:
        """Tell whether the compiled engine holds the notes, so that `read` reads."""
        return self._reader is not None

    @property
    def slice(self) -> int:
        """How many conversations are counted again in two or three milliseconds, no small ones."""
        return 10 if self._reader is None else 50

    @property
    def uncounted(self) -> int:
        """Conversations that changed and that no board shows yet."""
        return sum(boards.uncounted for boards in self.boards.values())

    def scorecards(self, shop_id: str, date: datetime.date | None = None) -> list[Scorecard]:
        """Return a shop's scorecards of a day (default: today), as of the last refresh.

        Raise `KeyError` for a shop that is not here.
        """
        boards = self.boards[shop_id]
        day = boards.today if date is None else date.toordinal()
        archived = self._archive.get(shop_id, {}).get(iso(day))
        if archived is not None:
            return _unpack_cards(archived)
        board = boards.days.get(day)
        return [] if board is None else list(board.scorecards(shop_id))

    @property
    def archive(self) -> dict[str, dict[str, list[Scorecard]]]:
        """The closed days still kept: shop -> ISO date -> scorecards."""
        return {
            shop_id: {day: _unpack_cards(cards) for day, cards in days.items()}
            for shop_id, days in self._archive.items()
        }

    @property
    def duplicates(self) -> int:
        """Copies of events recognised so far."""
        return sum(shop.notes.duplicates for shop in self.shops.values())

    @property
    def unmatched_refunds(self) -> int:
        """Refunds read so far of orders that were not known to be paid."""
        return sum(shop.notes.unmatched_refunds for shop in self.shops.values())

    @property
    def conversations(self) -> int:
        """Rows remembered."""
        return sum(len(shop.notes.rows) for shop in self.shops.values())

    # ---- checkpoints --------------------------------------------------------------------------

    def dump(self) -> Iterator[tuple[bytes, bytes]]:
        """Return the state as records (key, value): a cut, taken now, that events do not change.

        Its rows are packed while it is read. A new cut ends the one before it.
        """
        cuts = []
        for shop_id, shop in self.shops.items():
            record = _pack(ShopRecord(shop.notes.clock, shop.notes.closed_through))
            days = list(self._archive.get(shop_id, {}).items())
            cuts.append((shop_id, record, days, shop.notes.rows.cut()))
        return _records(cuts)

    @classmethod
    def load(
        cls,
        rules: Rules,
        records: Iterable[tuple[bytes, bytes]],
        *,
        live: bool = True,
        compiled: bool = native.AVAILABLE,
    ) -> Partition:
        """Return the partition whose `dump` the records are."""
        partition = cls(rules, live=live, compiled=compiled)
        rows = []
        for record in records:
            packed_key, value = record
            if packed_key[0] == _ROW_KEY:
                rows.append(record)
                continue
            key = _unpack_key(packed_key)
            if len(key) == 1:
                shop_record = _unpack_shop(value)
                partition._begin(key[0]).resume(shop_record.clock, shop_record.closed_through)
            else:
                partition._archive.setdefault(key[0], {})[key[2]] = value
        partition._restore(rows)
        for shop in partition.shops.values():
            partition._show(shop)
        return partition

    def _restore(self, rows: list[tuple[bytes, bytes]]) -> None:
        if self._reader is not None:
            self._reader.restore(rows)
            return
        packed: dict[str, dict[str, bytes]] = {shop_id: {} for shop_id in self.shops}
        for packed_key, value in rows:
            shop_id, buyer_id = _unpack_key(packed_key)
            packed[shop_id][buyer_id] = value
        for shop_id, shop in self.shops.items():
            if isinstance(shop.notes, Notes):
                shop.notes.restore(packed[shop_id])

    def _open(self, shop_id: str) -> Shop:
        shop = self._begin(shop_id)
        self._show(shop)
        return shop

    def _begin(self, shop_id: str) -> Shop:
        policy = self.rules.for_shop(shop_id)
        notes: Notes | native.NativeNotes
        if self._reader is None:
            notes = Notes(policy, live=self.is_live)
        else:
            notes = native.NativeNotes(policy, live=self.is_live)
            self._reader.add(shop_id, notes.native)
        shop = self.shops[shop_id] = Shop(
            shop_id,
            policy,
            notes,
            on_closed=self._on_closed,
            on_tally=self._on_tally,
        )
        return shop

    def _show(self, shop: Shop) -> None:
        if not self.is_live:
            return
        if isinstance(shop.notes, Notes):
            self.boards[shop.shop_id] = LiveBoards(shop)
        else:
            self.boards[shop.shop_id] = NativeBoards(shop, shop.notes.native)

    def _on_closed(self, shop_id: str, day: int, cards: list[Scorecard]) -> None:
        self.closed += cards
        if self.is_live:
            archive = self._archive.setdefault(shop_id, {})
            archive[iso(day)] = _pack(cards)
            for old in sorted(archive)[:-KEPT_DAYS]:
                del archive[old]


def _records(
    cuts: list[tuple[str, bytes, list[tuple[str, bytes]], Iterator[tuple[str, bytes]]]],
) -> Iterator[tuple[bytes, bytes]]:
    for shop_id, record, days, rows in cuts:
        yield _pack((shop_id,)), record
        for day, cards in days:
            yield _pack((shop_id, "", day)), cards
        for buyer_id, row in rows:
            yield _pack((shop_id, buyer_id)), row
