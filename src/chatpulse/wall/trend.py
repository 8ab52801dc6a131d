"""The response trend: for every minute of an hour the window of five that ends with it.

It is read from the minutes the boards keep anyway. So it needs no memory of its own, is whole after
a restart, and takes back what a later mark or a late event takes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from ..contract.ids import MINUTE
from ..conversations.rounds import BUCKETS
from ..scoreboard.live import WINDOWS
from ..scoreboard.percentiles import percentile_ms
from ..scoreboard.scorecard import P90
from ..scoreboard.snapshot import Snapshot
from .wall import Point

POINTS: Final = WINDOWS["1h"]
SPAN: Final = WINDOWS["5m"]
_NAMES: Final = ("answered", "response_ms_sum", *BUCKETS)


def trend(shops: Iterable[Snapshot], now: int) -> list[Point]:
    """Return a point for each minute of the hour before `now`, all shops together."""
    kept = [shop.minutes for shop in shops]
    last = now // MINUTE
    first = last - POINTS + 1
    minutes: dict[int, dict[str, int]] = {}
    for minute in range(first - SPAN + 1, last + 1):
        counts: Counter[str] = Counter()
        for numbers in kept:
            counts.update(numbers.get(minute, {}))
        minutes[minute] = counts
    return [
        _point(minute, [minutes[m] for m in range(minute - SPAN + 1, minute + 1)])
        for minute in range(first, last + 1)
    ]


def _point(minute: int, window: list[dict[str, int]]) -> Point:
    total = {name: sum(counts.get(name, 0) for counts in window) for name in _NAMES}
    answered = total["answered"]
    mean = total["response_ms_sum"] // answered if answered else None
    return Point(minute * MINUTE, mean, percentile_ms([total[name] for name in BUCKETS], P90))
