"""Simulated time on the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from ...contract.events import Event, Marked, Rated
from ...contract.ids import DAY
from .room import Room, date_of, day_number, start_of_day
from .stream import simulate

LONGEST_WAIT: float = 0.5  # seconds; a wait may end early, never late


def wall_clock() -> int:
    """Return the milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def pace(
    events: Iterable[Event],
    *,
    anchor_ms: int,
    speed: float = 1.0,
    until_ms: int | None = None,
    now_ms: Callable[[], int] = wall_clock,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[Event]:
    """Release events when the wall clock has come to them.

    The instant `anchor_ms` is the same on both clocks; from there simulated time runs `speed` times
    as fast, and `at` becomes the instant on the wall clock (at speed 1 it is already). What lies
    in the past is released at once, so a simulation that starts before `anchor_ms` is a warm start.
    `at` is never ahead of the wall clock. Ends when the clock reaches `until_ms`, idle or not.
    `wait` is called with seconds and may return early.
    """
    for event in events:
        at = anchor_ms + int((event.at - anchor_ms) / speed)
        while (now := now_ms()) < at:
            if until_ms is not None and now >= until_ms:
                return
            left = at - now if until_ms is None else min(at, until_ms) - now
            wait(min(left / 1000, LONGEST_WAIT))
        if until_ms is not None and now >= until_ms:
            return
        yield event if speed == 1 else _moved(event, at, anchor_ms, speed)


def _moved(event: Event, at: int, anchor_ms: int, speed: float) -> Event:
    """Return the event at `at`, with the other instants it names moved alike."""

    def there(instant: int) -> int:
        return anchor_ms + int((instant - anchor_ms) / speed)

    if isinstance(event, Marked) and event.day is not msgspec.UNSET:
        day = (event.day - date_of(0)).days + day_number(0)
        return msgspec.structs.replace(
            event, at=at, day=date_of(there(start_of_day(day) + DAY // 2))
        )
    if isinstance(event, Rated) and event.card_at is not None:
        return msgspec.structs.replace(event, at=at, card_at=there(event.card_at))
    return msgspec.structs.replace(event, at=at)


def live(
    room: Room,
    *,
    seed: int,
    warm_ms: int = 0,
    speed: float = 1.0,
    for_ms: int | None = None,
    now_ms: Callable[[], int] = wall_clock,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[Event]:
    """Yield a room's events in real time, `for_ms` long, after a history of `warm_ms` at once."""
    anchor_ms = now_ms()
    start_ms = max(0, anchor_ms - int(warm_ms * speed))
    return pace(
        simulate(room, seed=seed, start_ms=start_ms),
        anchor_ms=anchor_ms,
        speed=speed,
        until_ms=None if for_ms is None else anchor_ms + for_ms,
        now_ms=now_ms,
        wait=wait,
    )
