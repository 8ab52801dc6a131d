"""The simulation itself: take what is due next, in order of time, for ever."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from heapq import heappop
from typing import Final

from ...contract.events import Event
from .curve import Tide
from .customer import Customer
from .floor import Floor, Plan
from .office import open_office
from .room import Room
from .spam import advertise, compare, test
from .staff import Desk
from .visits import Visit, aftersale, ordered_first, presale, silent

EVENTS_PER_ARRIVAL: Final = 9.0
"""Measured: events that one arrival leads to on average, those of its later visits included."""

VISITS: Final[tuple[tuple[float, Visit], ...]] = (
    (0.660, presale),
    (0.735, ordered_first),
    (0.935, silent),
    (0.974, aftersale),
    (0.992, advertise),
    (0.996, compare),
    (1.000, test),
)
"""What arrivals are about: a running share, and the visit."""


def simulate(
    room: Room, *, seed: int, start_ms: int, until_ms: int | None = None
) -> Iterator[Event]:
    """Yield the events of a service room in order of `at`, from `start_ms` on.

    Pure: the same arguments yield the same events. Endless unless `until_ms` (exclusive) is given.
    Memory is bounded by the conversations in progress and the orders of the last ten days. Agents
    are the same for every `start_ms`; event, buyer and order ids are other ones, so that a second
    run against the same broker is not taken for a repetition of the first.
    """
    floor = Floor(room, seed=seed, start_ms=start_ms)
    per_ms = room.rate / 1000 / EVENTS_PER_ARRIVAL / room.shops
    for desk in floor.desks:
        tide = Tide(room.curve, per_ms=per_ms, rng=floor.rng, at=start_ms)
        floor.plan(tide.next_arrival(start_ms), partial(_arrive, floor, desk, tide))
    open_office(floor, start_ms)
    heap = floor.heap
    while heap:
        at, _, due = heappop(heap)
        if until_ms is not None and at >= until_ms:
            return
        if type(due) is Plan:
            due.happen(at)
        else:
            yield due  # type: ignore[misc]  # an Event: `type(...) is` does not narrow the else


def _arrive(floor: Floor, desk: Desk, tide: Tide, at: int) -> None:
    """Let one customer come, and plan the next."""
    draw = floor.rng.random()
    load = tide.load
    for share, visit in VISITS:
        if draw < share:
            visit(Customer(floor, desk), load, at)
            break
    floor.plan(tide.next_arrival(at), partial(_arrive, floor, desk, tide))
