"""Events out of files in the order in which the engine is to read them.

One file is read in its own order; several are merged by `at`, each in its own order; a sorted feed
brings everything into order of `at`, on disk. Lines that are no events go to `LeftOut`.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from typing import Final, TypeAlias

from ..contract.codec import Decoded, Rejected, decode
from ..contract.events import Event
from .files import Source
from .left_out import LeftOut
from .share import Share
from .spool import Spool

Fed: TypeAlias = tuple[Event, str, int]
"""An event, the name of its file and the number of its line, from 1."""

Tick: TypeAlias = Callable[[], None]
"""Called every few thousand lines, so that somebody may look at how far the sources are."""

_place = struct.Struct("<IQ")
TICK_EVERY: Final = 4096


def feed(sources: Sequence[Source], left_out: LeftOut, tick: Tick) -> Iterator[Fed]:
    """Yield the events of the sources, merged by `at`; of equals the first source's first."""
    lines = [_events(source, left_out, tick) for source in sources]
    return lines[0] if len(lines) == 1 else merge(*lines, key=_at)


def sorted_feed(
    sources: Sequence[Source],
    left_out: LeftOut,
    tick: Tick,
    spool: Spool[int],
    share: Share | None = None,
) -> Iterator[Fed]:
    """Yield the events of the sources in order of `at`; equals stay in the order of reading.

    Of other shops than the `share`'s only the newest event.
    """
    mine = Share() if share is None else share
    newest = -1, b""
    for index, source in enumerate(sources):
        for raw, number, decoded in _decoded(source, left_out, tick):
            if mine[decoded.shop_id]:
                spool.add(decoded.at, _place.pack(index, number) + raw)
            elif decoded.at > newest[0]:
                newest = decoded.at, _place.pack(index, number) + raw
    if newest[1]:
        spool.add(*newest)
    for count, (at, record) in enumerate(spool.drain(), start=1):
        if not count % TICK_EVERY:
            tick()
        index, number = _place.unpack_from(record)
        event: Decoded = decode(record[_place.size :], now_ms=at)
        assert not isinstance(event, Rejected)  # noqa: S101  # it was decoded before it was sorted
        yield event, sources[index].name, number


def _at(fed: Fed) -> int:
    return fed[0].at


def _events(source: Source, left_out: LeftOut, tick: Tick) -> Iterator[Fed]:
    name = source.name
    for _, number, event in _decoded(source, left_out, tick):
        yield event, name, number


def _decoded(source: Source, left_out: LeftOut, tick: Tick) -> Iterator[tuple[bytes, int, Event]]:
    number = 0
    for lines in source.batches():
        tick()
        now_ms = time.time_ns() // 1_000_000
        for number, raw in enumerate(lines, start=number + 1):  # noqa: B020
            event = decode(raw, now_ms=now_ms)
            if isinstance(event, Rejected):
                if raw.strip():  # a blank line is skipped, not rejected
                    left_out.add(source.name, number, event.reason, event.detail)
            else:
                yield raw, number, event
