"""The simulation's ground: the events to come, in a heap, and the ids."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from heapq import heappush
from random import Random
from typing import Final, TypeAlias, Union

from ...contract.events import Event
from .room import Room
from .staff import Desk, hire

SPREAD: Final = 654_435_761_843
"""Ends in 3, so `n * SPREAD` modulo 10**15 or 2**40 repeats no number."""


class Plan:
    """Something that will be decided when its time comes, with what is known then."""

    __slots__ = ("happen",)

    def __init__(self, happen: Callable[[int], None]) -> None:
        self.happen = happen


Due: TypeAlias = tuple[int, int, Union[Event, Plan]]


class Floor:
    """What all parts of one simulation share; `seed` and `start_ms` decide everything."""

    __slots__ = ("_buyers", "_orders", "_run", "_sequence", "desks", "extra", "heap", "rng", "room")

    def __init__(self, room: Room, *, seed: int, start_ms: int) -> None:
        self.room = room
        self.rng = Random(f"{seed}/{start_ms}")  # noqa: S311  # may be foreseen
        extra = Random(f"{seed}/{start_ms}/extra")  # noqa: S311  # may be foreseen
        self.extra = extra if room.all_topics else None
        """Randomness of the events of the other topics; None when nobody wants them."""
        staff = Random(f"{seed}")  # noqa: S311  # the same at every start
        self.desks: tuple[Desk, ...] = hire(room, staff)
        self.heap: list[Due] = []
        self._run = zlib.crc32(f"{seed}/{start_ms}".encode())  # other runs make other ids
        self._sequence = 0
        self._buyers = 0
        self._orders = 0

    def event_id(self) -> str:
        """Return the id of the event that is put next."""
        return f"{self._run:08x}{self._sequence:x}"

    def put(self, event: Event) -> None:
        """Let an event happen at its `at`."""
        heappush(self.heap, (event.at, self._sequence, event))
        self._sequence += 1

    def plan(self, at: int, happen: Callable[[int], None]) -> None:
        """Call `happen(at)` when the simulated time has come."""
        heappush(self.heap, (at, self._sequence, Plan(happen)))
        self._sequence += 1

    def buyer_id(self) -> str:
        """Return a buyer nobody has seen."""
        self._buyers += 1
        return f"tb{(self._run + self._buyers * SPREAD) % 2**40:010x}"

    def order_id(self) -> str:
        """Return the number of a new order: 18 digits."""
        self._orders += 1
        return f"{100 + self._run % 900}{self._orders * SPREAD % 10**15:015d}"
