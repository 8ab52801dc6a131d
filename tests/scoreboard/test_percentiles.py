"""Percentiles from the histogram of waits (kpis.md 2)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.conversations.rounds import BOUNDS_MS
from chatpulse.scoreboard.percentiles import percentile_ms

HALF, NINE_TENTHS, P95 = Fraction(1, 2), Fraction(9, 10), Fraction(19, 20)


def histogram(**counts: int) -> list[int]:
    found = [0] * 15
    for bucket, count in counts.items():
        found[int(bucket[1:])] = count
    return found


CASES = [
    ("no waits", histogram(), HALF, None),
    ("one wait in the first bucket", histogram(b0=1), HALF, 2_500),
    ("two waits", histogram(b0=2), HALF, 2_500),
    ("three waits are rounded down", histogram(b0=3), NINE_TENTHS, 4_500),
    ("the 95th of seven is rounded down", histogram(b0=7), P95, 4_750),
    ("a third of a bucket", histogram(b0=3), Fraction(1, 3), 1_666),
    ("reached at the end of a bucket", histogram(b0=1, b1=1), HALF, 5_000),
    ("just after it", histogram(b0=1, b1=2), HALF, 6_250),
    ("empty buckets are passed over", histogram(b0=1, b5=1), NINE_TENTHS, 42_000),
    ("and a whole share is not in them", histogram(b3=9, b13=1), NINE_TENTHS, 20_000),
    ("the last but one", histogram(b13=2), HALF, 1_200_000),
    ("the last", histogram(b14=1), HALF, 1_800_000),
    ("reached in the last only", histogram(b0=1, b14=9), HALF, 1_800_000),
    ("a large count is exact", histogram(b0=10**18, b1=10**18), HALF, 5_000),
]


@pytest.mark.parametrize(("name", "counts", "q", "ms"), CASES, ids=[name for name, *_ in CASES])
def test_percentile(name: str, counts: list[int], q: Fraction, ms: int | None) -> None:
    assert percentile_ms(counts, q) == ms


COUNTS = st.lists(st.integers(0, 50), min_size=15, max_size=15)


@given(COUNTS, st.sampled_from([HALF, NINE_TENTHS, P95]))
def test_by_the_definition(counts: list[int], q: Fraction) -> None:
    found = percentile_ms(counts, q)
    n = sum(counts)
    if n == 0:
        assert found is None
        return
    first = next(i for i in range(15) if sum(counts[: i + 1]) >= q * n and counts[i])
    if first == 14:
        assert found == 1_800_000
        return
    lower = BOUNDS_MS[first - 1] if first else 0
    share = (q * n - sum(counts[:first])) / counts[first]
    assert found == int(lower + share * (BOUNDS_MS[first] - lower))


@given(COUNTS)
def test_percentiles_ascend(counts: list[int]) -> None:
    if any(counts):
        found = [percentile_ms(counts, q) for q in (HALF, NINE_TENTHS, P95)]
        assert found == sorted(found)
