"""Buckets of tokens: never more than promised, each client its own, in bounded memory."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.web.limits import Buckets, client_of

CLIENTS = ("a", "b")
PAUSES = st.integers(0, 40).map(lambda eighths: eighths / 8)
TRIES = st.lists(st.tuples(st.sampled_from(CLIENTS), PAUSES), max_size=60)
RATES = st.sampled_from((0.25, 0.5, 1.0, 4.0))


def taken(tries: list[tuple[str, float]], burst: int, rate: float) -> dict[str, list[float]]:
    """Return when each client got a token; the second of a try is the pause before it."""
    buckets, now, found = Buckets(burst, rate), 0.0, defaultdict(list)
    for client, pause in tries:
        now += pause
        if not buckets.take(client, now):
            found[client].append(now)
    return found


@given(TRIES, st.integers(1, 5), RATES)
def test_no_window_has_more_than_burst_and_rate(
    tries: list[tuple[str, float]], burst: int, rate: float
) -> None:
    for times in taken(tries, burst, rate).values():
        for i, begin in enumerate(times):
            for j, end in enumerate(times[i:]):
                assert j + 1 <= burst + rate * (end - begin)


@given(TRIES, st.integers(1, 5), RATES)
def test_a_client_gets_what_it_would_get_alone(
    tries: list[tuple[str, float]], burst: int, rate: float
) -> None:
    together = taken(tries, burst, rate)
    now, mine = 0.0, []
    for client, pause in tries:
        now += pause
        if client == "a":
            mine.append(now)
    alone = taken([("a", t - s) for s, t in zip([0.0, *mine], mine, strict=False)], burst, rate)
    assert together.get("a", []) == alone.get("a", [])


@given(TRIES, st.integers(1, 5), RATES)
def test_whoever_waits_as_told_gets_a_token(
    tries: list[tuple[str, float]], burst: int, rate: float
) -> None:
    buckets, now = Buckets(burst, rate), 0.0
    for client, pause in tries:
        now += pause
        wait = buckets.take(client, now)
        if wait:
            assert wait <= 1 / rate
            assert buckets.take(client, now + wait) == 0.0
            now += wait


def test_what_is_given_back_can_be_taken_and_is_never_more_than_the_burst() -> None:
    buckets = Buckets(2, 1.0)
    for _ in range(5):
        buckets.give_back("a", 0.0)
    assert [buckets.take("a", 0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    buckets.give_back("a", 0.0)
    assert [buckets.take("a", 0.0) for _ in range(2)] == [0.0, 1.0]


def test_memory_is_bounded_and_the_longest_untouched_is_forgotten() -> None:
    buckets = Buckets(1, 1.0, clients=3)
    for client in ("a", "b", "c", "a", "d"):  # b goes
        buckets.take(client, 0.0)
    assert len(buckets._buckets) == 3
    assert [buckets.take(client, 0.0) for client in ("a", "d", "c")] == [1.0, 1.0, 1.0]
    assert buckets.take("b", 0.0) == 0.0


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        (None, ""),
        ("", ""),
    ],
)
def test_whom_an_address_stands_for(address: str | None, client: str) -> None:
    assert client_of(address) == client
