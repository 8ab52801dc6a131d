"""What a wait counts for, at every limit exactly (kpis.md 2)."""

from __future__ import annotations

from itertools import pairwise

import pytest

from chatpulse.conversations.rounds import BOUNDS_MS
from tests.builders import (
    HOUR,
    SECOND,
    Case,
    check,
    clock,
    ms,
    replay,
    replied,
    transferred,
    wrote,
)

LIMITS_S = (30, 60, 180, 300)
RATES = "duty_rounds within_30s within_60s within_180s within_300s alarming slow_receptions"


def at(millis: int) -> str:
    """The instant so long after 10:00."""
    seconds, rest = divmod(10 * HOUR + millis, SECOND)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{rest:03}"


def expected(wait: int) -> dict[str, int]:
    hits = {f"within_{n}s": 1 for n in LIMITS_S if wait <= n * SECOND}
    return {"duty_rounds": 1} | hits | ({"alarming": 1} if wait > 100_000 else {})


WAITS = sorted({0, *(n * SECOND + d for n in (30, 60, 100, 120, 180, 300) for d in (-1, 0, 1))})


@pytest.mark.parametrize("wait", WAITS)
def test_an_answered_wait_is_within_its_limits(wait: int) -> None:
    given = [wrote("10:00"), replied(at(wait))]
    check(Case("", given, {"shop": expected(wait), "a1": expected(wait)}), RATES)


@pytest.mark.parametrize("wait", WAITS)
def test_agents_are_judged_by_their_own_wait(wait: int) -> None:
    given = [wrote("10:00"), transferred(at(200_000), None, "a1"), replied(at(200_000 + wait))]
    then = {"shop": expected(200_000 + wait), "a1": expected(wait)}
    check(Case("", given, then), RATES)


def test_the_histogram_takes_a_wait_at_its_upper_bound() -> None:
    assert [bound // SECOND for bound in BOUNDS_MS] == [
        5, 10, 15, 20, 30, 45, 60, 90, 100, 120, 180, 300, 600, 1800,
    ]  # fmt: skip
    for bucket, (below, bound) in enumerate(pairwise((-1, *BOUNDS_MS))):
        for wait in (below + 1, bound):
            shop, agent = replay([wrote("10:00"), replied(at(wait))])
            counts = [int(bucket == other) for other in range(15)]
            assert shop["response_histogram"] == agent["response_histogram"] == counts
    shop, _ = replay([wrote("10:00"), replied(at(BOUNDS_MS[-1] + 1))])
    assert shop["response_histogram"] == [0] * 14 + [1]


OPEN = [
    Case("open for 300 s is pending", [wrote("10:00", to="a1"), clock("10:05")], {}),
    Case(
        "open for longer is decided",
        [wrote("10:00", to="a1"), clock("10:05:00.001")],
        {"shop": {"duty_rounds": 1}, "a1": {"duty_rounds": 1}},
    ),
    Case(
        "by the agent's clock in the agent's row",
        [wrote("10:00"), transferred("10:01", None, "a1"), clock("10:05:00.001")],
        {"shop": {"duty_rounds": 1}},
    ),
    Case(
        "missed is decided, however short it waited",
        [wrote("23:59", to="a1"), clock("+1 00:00")],
        {"shop": {"duty_rounds": 1}, "a1": {"duty_rounds": 1}},
        {"duty_window": ["00:00", "24:00"]},
    ),
    Case("asked before the duty window", [wrote("07:59:59.999"), replied("08:00")], {}),
    Case(
        "asked at its first instant",
        [wrote("08:00"), replied("08:00")],
        {"shop": expected(0), "a1": expected(0)},
    ),
    Case(
        "asked in its last millisecond",
        [wrote("22:59:59.999"), replied("23:00:29.999")],
        {"shop": expected(30_000), "a1": expected(30_000)},
    ),
    Case("asked at its end", [wrote("23:00"), replied("23:00")], {}),
    Case(
        "the rules move it",
        [wrote("07:00"), replied("07:00"), wrote("08:00"), replied("08:00")],
        {"shop": expected(0), "a1": expected(0)},
        {"duty_window": ["07:00", "08:00"]},
    ),
]


@pytest.mark.parametrize("case", OPEN, ids=lambda case: case.name)
def test_rates(case: Case) -> None:
    check(case, RATES)


def slow(*waits_s: float, by: str = "a1") -> list[object]:
    """Rounds with such waits, from 10:00 on every twenty minutes."""
    events: list[object] = []
    for number, wait in enumerate(waits_s):
        start = number * 1_200_000
        events += [wrote(at(start)), replied(at(start + round(wait * SECOND)), by)]
    return events


BOTH_SLOW = {"shop": {"slow_receptions": 1}, "a1": {"slow_receptions": 1}}
SLOW = [
    Case("two slow waits are not slow", slow(120.001, 120.001), {}),
    Case("120 s is not slow", slow(120.001, 120.001, 120), {}),
    Case("three are", slow(121, 10, 121, 121), BOTH_SLOW),
    Case("more are one", slow(121, 121, 121, 121, 121, 121), BOTH_SLOW),
    Case(
        "of two agents it is the shop's only",
        [*slow(121, 121), wrote("12:00"), replied("12:03", "a2")],
        {"shop": {"slow_receptions": 1}},
    ),
    Case(
        "of two days it is nobody's", [*slow(121, 121), wrote("+1 12:00"), replied("+1 12:03")], {}
    ),
    Case(
        "of two buyers it is nobody's",
        [*slow(121, 121), wrote("12:00", buyer="b2"), replied("12:03", buyer="b2")],
        {},
    ),
]


@pytest.mark.parametrize("case", SLOW, ids=lambda case: case.name)
def test_slow_receptions(case: Case) -> None:
    check(case, "slow_receptions")


ABANDONED = [
    Case("after two hours not yet", [wrote("10:00", to="a1"), clock("12:00")], {}),
    Case(
        "a millisecond later",
        [wrote("10:00", to="a1"), clock("12:00:00.001")],
        {"shop": {"abandoned": 1}, "a1": {"abandoned": 1}},
    ),
    Case(
        "a reply at two hours saves it",
        [wrote("10:00", to="a1"), replied("12:00"), clock("13:00")],
        {},
    ),
    Case(
        "a reply after two hours does not undo it",
        [wrote("10:00", to="a1"), replied("12:00:00.001")],
        {"shop": {"abandoned": 1}, "a1": {"abandoned": 1}},
    ),
    Case(
        "an auto reply does not save it",
        [wrote("10:00", to="a1"), replied("10:01", auto=True), clock("13:00")],
        {"shop": {"abandoned": 1}, "a1": {"abandoned": 1}},
    ),
    Case(
        "in the queue it is the shop's",
        [wrote("10:00"), clock("13:00")],
        {"shop": {"abandoned": 1}},
    ),
    Case(
        "charged to who has it at two hours",
        [wrote("10:00", to="a1"), transferred("12:00", "a1", "a2"), clock("13:00")],
        {"shop": {"abandoned": 1}, "a2": {"abandoned": 1}},
    ),
    Case(
        "not to who gets it later",
        [wrote("10:00", to="a1"), transferred("12:00:00.001", "a1", "a2")],
        {"shop": {"abandoned": 1}, "a1": {"abandoned": 1}},
    ),
    Case(
        "a round, not each message",
        [wrote("10:00", to="a1"), wrote("11:00", to="a1"), wrote("13:30", to="a1"), clock("17:00")],
        {"shop": {"abandoned": 1}, "a1": {"abandoned": 1}},
    ),
    Case(
        "on the day of the question, past midnight too",
        [wrote("22:30", to="a1"), clock("+1 00:30:00.001")],
        {"shop": {"abandoned": 1}, "a1": {"abandoned": 1}},
    ),
    Case(
        "missed, but answered after midnight within two hours",
        [wrote("22:59", to="a1"), replied("+1 00:30")],
        {},
    ),
    Case(
        "each of two missed rounds",
        [
            wrote("23:30", to="a1"),
            wrote("+1 00:30", to="a2"),
            clock("+1 03:00"),
        ],
        {"shop": {"abandoned": 1}, "a2": {"abandoned": 1}, "+1 shop": {"abandoned": 1}}
        | {"+1 a2": {"abandoned": 1}},
        {"duty_window": ["00:00", "24:00"]},
    ),
    Case("asked outside the duty window", [wrote("07:00", to="a1"), clock("13:00")], {}),
    Case(
        "a later reply saves the second only",
        [
            wrote("10:00", to="a1"),
            replied("12:30"),
            wrote("13:00", to="a1"),
            replied("13:01"),
            clock("16:00"),
        ],
        {"shop": {"abandoned": 1}, "a1": {"abandoned": 1}},
    ),
]


@pytest.mark.parametrize("case", ABANDONED, ids=lambda case: case.name)
def test_abandoned(case: Case) -> None:
    check(case, "abandoned")


def test_instants_of_the_tables() -> None:
    assert ms(at(0)) == ms("10:00")
    assert ms(at(3_601_001)) == ms("11:00:01.001")
