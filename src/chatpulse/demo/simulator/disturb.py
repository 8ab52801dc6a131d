"""What a real feed does to events: repeats them, mixes them up, puts garbage between them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Final, TypeAlias

from msgspec import Struct

from ...contract.codec import MAX_BYTES, encode
from ...contract.events import Event, EventBase
from ...contract.ids import MAX_INTEGER
from ...contract.topics import DEFAULT_TOPIC

Record: TypeAlias = tuple[str, bytes, bytes]
"""Topic, key, value."""

DISPLACED: Final = 0.3
"""Share of the events that are out of order, when any are."""


class Disturbance(Struct, frozen=True, kw_only=True):
    """How bad it gets: `duplicates` and `garbage` are shares of the events, 0..1."""

    duplicates: float = 0.0
    disorder_ms: int = 0
    garbage: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.duplicates <= 1:
            raise ValueError("duplicates: must be between 0 and 1")
        if not 0 <= self.garbage <= 1:
            raise ValueError("garbage: must be between 0 and 1")
        if self.disorder_ms < 0:
            raise ValueError("disorder: must not be negative")


BAD_INSTANTS: Final = (b"NaN", b"1.5", b"-1", b"true", b'"yesterday"', b"%d" % MAX_INTEGER)

CALM: Final = Disturbance()


def disturb(
    events: Iterable[Event],
    disturbance: Disturbance = CALM,
    *,
    rng: Random,
    topics: Mapping[type[EventBase], str] = DEFAULT_TOPIC,
) -> Iterator[Record]:
    """Yield the records of `events`, which are in order of `at`, as a real feed would.

    Nothing is lost, and every valid record, copies too, comes at most `disorder_ms` behind the
    newest event before it. Garbage is never an event and has no line break inside.
    """
    records = _reordered(events, disturbance, rng)
    chance, share = rng.random, disturbance.garbage
    for event, value in records:
        topic, key = topics[type(event)], event.shop_id.encode()
        if share and chance() < share:
            yield topic, key, _garbage(value, rng)
        yield topic, key, value


def _reordered(
    events: Iterable[Event], disturbance: Disturbance, rng: Random
) -> Iterator[tuple[Event, bytes]]:
    """Yield events and copies, each held back for at most `disorder_ms` of event time."""
    span, copies, chance = disturbance.disorder_ms, disturbance.duplicates, rng.random
    held: list[tuple[int, int, Event, bytes]] = []
    number = 0
    for event in events:
        while held and held[0][0] < event.at:
            yield heapq.heappop(held)[2:]
        value = encode(event)
        delays = [int(chance() * span) if span and chance() < DISPLACED else 0]
        if copies and chance() < copies:
            delays.append(int(chance() * span))
        for delay in delays:
            if delay:
                heapq.heappush(held, (event.at + delay, number, event, value))
                number += 1
            else:
                yield event, value
    while held:
        yield heapq.heappop(held)[2:]


def _garbage(value: bytes, rng: Random) -> bytes:
    """Return something that is no event, most often the ruin of one."""
    cut = 1 + int(rng.random() * (len(value) - 2))
    kinds = (
        value[:cut],
        b"\xff" + value,
        value[:-1] + b',"x":"\xff\xfe"}',
        value.replace(b'"at":', b'"At":', 1),
        *(value.replace(b'"at":', b'"at":%b,"was":' % bad, 1) for bad in BAD_INSTANTS),
        value.replace(b'"event_id":"', b'"event_id":"","was":"', 1),
        value.replace(b'"event_id":"', b'"event_id":"\\ud800', 1),
        value.replace(b'"type":"', b'"type":"hologram_', 1),
        b"[" + value + b"]",
        b"null",
        b"hello",
        b"{}",
        value[:-1] + b',"x":"' + b"x" * MAX_BYTES + b'"}',
    )
    pick = min(int(rng.random() * len(kinds)), len(kinds) - 1)
    if pick == len(kinds) - 1 and rng.random() < 0.9:  # the oversized one is rare
        pick = 0
    return kinds[pick]
