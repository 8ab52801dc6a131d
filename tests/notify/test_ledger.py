"""What is news for a receiver, and what it has been told already."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.notify.alerts import Group
from chatpulse.notify.ledger import FORGET_MS, Ledger
from tests.notify.webhooks import alert, group

WINDOW = 600_000


def of(firing: str = "", resolved: str = "", key: str = "g") -> Group:
    return group(
        *(alert(fingerprint=one) for one in firing),
        *(alert(fingerprint=one, firing=False) for one in resolved),
        key=key,
    )


@dataclass
class Case:
    name: str
    heard: list[tuple[int, Group]]
    news: list[bool]


CASES = [
    Case("the first time", [(0, of("a"))], [True]),
    Case("the same again", [(0, of("a")), (1, of("a"))], [True, False]),
    Case("again after the window", [(0, of("a")), (WINDOW, of("a"))], [True, True]),
    Case(
        "the window begins with what was told, not with what was repeated",
        [(0, of("a")), (WINDOW - 1, of("a")), (WINDOW, of("a"))],
        [True, False, True],
    ),
    Case("one more alert", [(0, of("a")), (1, of("ab"))], [True, True]),
    Case("resolved", [(0, of("a")), (1, of("", "a"))], [True, True]),
    Case("resolved twice", [(0, of("a")), (1, of("", "a")), (2, of("", "a"))], [True, True, False]),
    Case(
        "resolved is never told again, whatever the time",
        [(0, of("a")), (1, of("", "a")), (9 * WINDOW, of("", "a"))],
        [True, True, False],
    ),
    Case(
        "fires again within the window",
        [(0, of("a")), (1, of("", "a")), (2, of("a"))],
        [True, True, True],
    ),
    Case(
        "one of two resolved, then only the other one",
        [(0, of("ab")), (1, of("a", "b")), (2, of("a"))],
        [True, True, False],
    ),
    Case(
        "one stopped without a word and fires again",
        [(0, of("ab")), (1, of("a")), (2, of("ab"))],
        [True, False, True],
    ),
    Case("another group", [(0, of("a")), (1, of("a", key="other"))], [True, True]),
    Case("resolved, after a restart without state", [(0, of("", "a"))], [True]),
    Case("nothing at all", [(0, of())], [False]),
]


def run(ledger: Ledger, heard: list[tuple[int, Group]]) -> list[bool]:
    found = []
    for now, one in heard:
        found.append(ledger.is_news("r", one, now))
        if found[-1]:
            ledger.record("r", one, now)
        else:
            ledger.note("r", one)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_news(case: Case) -> None:
    assert run(Ledger(WINDOW), case.heard) == case.news


FINGERPRINTS = st.text("abc", max_size=3)
GROUPS = st.builds(
    lambda firing, resolved, key: of(
        "".join(sorted(set(firing))), "".join(sorted(set(resolved) - set(firing))), key
    ),
    FINGERPRINTS,
    FINGERPRINTS,
    st.sampled_from("gh"),
)
TIMELINES = st.lists(st.tuples(st.integers(0, WINDOW // 3), GROUPS), max_size=12)


def timed(pauses: list[tuple[int, Group]]) -> list[tuple[int, Group]]:
    now, found = 0, []
    for pause, one in pauses:
        now += pause
        found.append((now, one))
    return found


@given(TIMELINES)
def test_a_repeated_webhook_is_never_news_within_the_window(
    pauses: list[tuple[int, Group]],
) -> None:
    heard = timed(pauses)
    twice = [pair for pair in heard for _ in range(2)]
    assert run(Ledger(WINDOW), twice)[1::2] == [False] * len(heard)
    assert run(Ledger(WINDOW), twice)[::2] == run(Ledger(WINDOW), heard)


@given(TIMELINES)
def test_nobody_misses_a_change(pauses: list[tuple[int, Group]]) -> None:
    told: dict[str, frozenset[str]] = {}
    heard = timed(pauses)
    for (_, one), news in zip(heard, run(Ledger(WINDOW), heard), strict=True):
        before = told.get(one.key, frozenset())
        if one.firing - before or one.resolved & before:
            assert news
        told[one.key] = one.firing


@given(TIMELINES)
def test_a_dump_holds_everything(pauses: list[tuple[int, Group]]) -> None:
    heard, ledger, restarted = timed(pauses), Ledger(WINDOW), Ledger(WINDOW)
    for pair in heard:
        restarted = Ledger(WINDOW, restarted.dump())
        assert run(ledger, [pair]) == run(restarted, [pair])


def test_groups_that_are_long_over_are_forgotten() -> None:
    ledger = Ledger(WINDOW)
    run(ledger, [(0, of("a")), (10, of("a", key="h"))])
    ledger.prune(FORGET_MS + 5)
    assert [told.at_ms for told in ledger.dump()] == [10]
