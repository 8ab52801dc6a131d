"""Percentiles estimated from a histogram of waits (kpis.md 2)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from ..conversations.rounds import BOUNDS_MS

LAST_BUCKET_MS: Final = 1_800_000


def percentile_ms(histogram: Sequence[int], q: Fraction) -> int | None:
    """Return the `q` quantile in ms, or None for no waits.

    In the first bucket in which the running count reaches `q * n`, linear inside the bucket (the
    first starts at 0), rounded down; 1,800,000 in the last. Exact: no float is involved.
    """
    n = sum(histogram)
    if n == 0:
        return None
    parts = q.denominator
    rank = q.numerator * n  # in parts, to stay among whole numbers
    below = 0
    for index, count in enumerate(histogram[:-1]):
        if count and (below + count) * parts >= rank:
            start = BOUNDS_MS[index - 1] if index else 0
            width = BOUNDS_MS[index] - start
            return start + width * (rank - below * parts) // (count * parts)
        below += count
    return LAST_BUCKET_MS
