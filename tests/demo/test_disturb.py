"""What `disturb` promises: nothing lost, bounded disorder, garbage that is garbage."""

from __future__ import annotations

import itertools
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.codec import REASONS, Rejected, decode, encode
from chatpulse.contract.ids import DAY
from chatpulse.contract.topics import DEFAULT_TOPIC
from chatpulse.demo.simulator import Disturbance, Room, disturb, simulate

MONDAY = 1_762_099_200_000
EVENTS = list(itertools.islice(simulate(Room(rate=20), seed=1, start_ms=MONDAY + DAY), 3000))
NOW = EVENTS[-1].at

DISTURBANCES = st.builds(
    Disturbance,
    duplicates=st.sampled_from([0.0, 0.1, 1.0]),
    disorder_ms=st.sampled_from([0, 1, 1000, 120_000]),
    garbage=st.sampled_from([0.0, 0.1, 1.0]),
)


def test_calm_is_the_events_themselves() -> None:
    records = list(disturb(EVENTS, rng=Random(1)))
    assert records == [(DEFAULT_TOPIC[type(e)], e.shop_id.encode(), encode(e)) for e in EVENTS]


@given(disturbance=DISTURBANCES, seed=st.integers(), count=st.integers(0, 400))
def test_the_promises(disturbance: Disturbance, seed: int, count: int) -> None:
    given_events = EVENTS[:count]
    records = list(disturb(given_events, disturbance, rng=Random(seed)))
    assert records == list(disturb(given_events, disturbance, rng=Random(seed)))
    decoded = [decode(value, now_ms=NOW) for _, _, value in records]
    valid = [e for e in decoded if not isinstance(e, Rejected)]

    times = Counter(e.event_id for e in valid)
    assert set(times) == {e.event_id for e in given_events}
    assert set(times.values()) <= ({1, 2} if disturbance.duplicates else {1})

    newest = 0
    for event in valid:
        assert event.at >= newest - disturbance.disorder_ms
        newest = max(newest, event.at)

    garbage = [value for _, _, value in records if isinstance(decode(value, now_ms=NOW), Rejected)]
    assert bool(garbage) == bool(disturbance.garbage == 1 and count) or disturbance.garbage == 0.1
    assert all(value.strip() and b"\n" not in value for value in garbage)


def test_garbage_is_of_every_kind() -> None:
    records = disturb(EVENTS, Disturbance(garbage=1), rng=Random(1))
    rejected = Counter(
        d.reason for d in (decode(v, now_ms=NOW) for _, _, v in records) if isinstance(d, Rejected)
    )
    assert rejected.total() == len(EVENTS)
    assert set(rejected) == set(REASONS)


def test_shares_are_kept() -> None:
    noise = Disturbance(duplicates=0.2, disorder_ms=5000, garbage=0.1)
    records = list(disturb(EVENTS, noise, rng=Random(1)))
    assert len(records) / len(EVENTS) == pytest.approx(1.2 * 1.1, rel=0.05)


@pytest.mark.parametrize(
    ("field", "value"),
    [("duplicates", 1.5), ("garbage", -0.1), ("garbage", float("nan")), ("disorder_ms", -1)],
)
def test_an_impossible_disturbance_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field.removesuffix("_ms")):
        Disturbance(**{field: value})  # type: ignore[arg-type]
