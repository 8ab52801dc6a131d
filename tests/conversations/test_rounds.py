"""Rounds, waits, sessions and who is charged (kpis.md 1, 2)."""

from __future__ import annotations

import pytest

from tests.builders import (
    Case,
    bot,
    check,
    clock,
    marked,
    replied,
    system,
    transferred,
    wrote,
)

ROUNDS = "rounds answered missed response_ms_sum transferred_unanswered"


def answered(*waits_s: float) -> dict[str, int]:
    n = len(waits_s)
    total = round(sum(waits_s) * 1000)
    return {"rounds": n, "answered": n} | ({"response_ms_sum": total} if total else {})


OPEN = {"rounds": 1}
MISSED = {"rounds": 1, "missed": 1}

CASES = [
    Case(
        "a reply ends the round of the first message",
        [wrote("10:00", to="a1"), wrote("10:01", to="a1"), replied("10:02")],
        {"shop": answered(120), "a1": answered(120)},
    ),
    Case(
        "a second reply answers nothing",
        [wrote("10:00"), replied("10:01"), replied("10:02")],
        {"shop": answered(60), "a1": answered(60)},
    ),
    Case(
        "a reply before the message answers nothing, in the same millisecond it does",
        [replied("09:59:59.999"), wrote("10:00"), replied("10:00", "a2")],
        {"shop": answered(0), "a2": answered(0)},
    ),
    Case("a reply without a question is no round", [replied("10:00"), bot("10:01")], {}),
    Case(
        "the round is of the agent who replied, not of the assignee",
        [wrote("10:00", to="a1"), replied("10:01", "a2")],
        {"shop": answered(60), "a2": answered(60)},
    ),
    Case(
        "auto replies, bots, system messages and recalls are no valid replies",
        [
            wrote("10:00", to="a1"),
            replied("10:01", auto=True),
            replied("10:02", text="[自动] 您好"),
            bot("10:03", "a1"),
            bot("10:04", "a1", assist=True),
            system("10:05"),
            replied("10:06", content="recall"),
        ],
        {"shop": OPEN, "a1": OPEN},
        {"auto_reply_prefixes": ["[自动]"]},
    ),
    Case(
        "a prefix stands at the beginning",
        [wrote("10:00", to="a1"), replied("10:01", text="您好 [自动]")],
        {"shop": answered(60), "a1": answered(60)},
        {"auto_reply_prefixes": ["[自动]"]},
    ),
    Case("a buyer's recall is no question", [wrote("10:00", to="a1", content="recall")], {}),
    Case(
        "an open round is its assignee's",
        [wrote("10:00", to="a1"), wrote("10:01", to="a2")],
        {"shop": OPEN, "a2": OPEN},
    ),
    Case("an open round in the queue is nobody's", [wrote("10:00")], {"shop": OPEN}),
    Case(
        "back in the queue it is nobody's any more",
        [wrote("10:00", to="a1"), wrote("10:01")],
        {"shop": OPEN},
    ),
    Case(
        "a transfer makes it the receiver's and is charged to the giver",
        [wrote("10:00", to="a1"), transferred("10:01", "a1", "a2")],
        {
            "shop": {"rounds": 1, "transferred_unanswered": 1},
            "a1": {"transferred_unanswered": 1},
            "a2": OPEN,
        },
    ),
    Case(
        "a transfer out of the queue charges nobody",
        [wrote("10:00"), transferred("10:01", None, "a2")],
        {"shop": OPEN, "a2": OPEN},
    ),
    Case(
        "a transfer while nobody waits charges nobody",
        [wrote("10:00"), replied("10:01"), transferred("10:02", "a1", "a2")],
        {"shop": answered(60), "a1": answered(60)},
    ),
    Case(
        "each transfer of a waiting buyer is charged",
        [
            wrote("10:00", to="a1"),
            transferred("10:01", "a1", "a2"),
            transferred("10:02", "a2", "a1"),
            transferred("10:03", "a1", "a2"),
        ],
        {
            "shop": {"rounds": 1, "transferred_unanswered": 3},
            "a1": {"transferred_unanswered": 2},
            "a2": {"rounds": 1, "transferred_unanswered": 1},
        },
    ),
    Case(
        "a transfer from an agent to itself is ignored",
        [
            wrote("10:00", to="a1"),
            transferred("10:01", "a1", "a1"),
            transferred("10:01", "a2", "a2"),
            replied("10:02"),
        ],
        {"shop": answered(120), "a1": answered(120)},
    ),
    Case(
        "the agent's clock starts at the newest transfer to that agent",
        [
            wrote("10:00", to="a1"),
            transferred("10:01", "a1", "a2"),
            transferred("10:02", "a2", "a3"),
            transferred("10:03", "a3", "a2"),
            replied("10:04", "a2"),
        ],
        {
            "shop": answered(240) | {"transferred_unanswered": 3},
            "a1": {"transferred_unanswered": 1},
            "a2": answered(60) | {"transferred_unanswered": 1},
            "a3": {"transferred_unanswered": 1},
        },
    ),
    Case(
        "a transfer before the question moves no clock",
        [transferred("09:59", "a2", "a1"), wrote("10:00", to="a1"), replied("10:01")],
        {"shop": answered(60), "a1": answered(60)},
    ),
    Case(
        "a transfer to somebody else moves no clock of the one who replies",
        [wrote("10:00", to="a1"), transferred("10:01", "a1", "a2"), replied("10:02", "a1")],
        {
            "shop": answered(120) | {"transferred_unanswered": 1},
            "a1": answered(120) | {"transferred_unanswered": 1},
        },
    ),
    Case(
        "a transfer to the agent in the millisecond of the reply comes before it",
        [wrote("10:00"), replied("10:01", "a2"), transferred("10:01", None, "a2")],
        {"shop": answered(60), "a2": answered(0)},
    ),
    Case(
        "at the day cut an unanswered round is missed; the next message opens another",
        [wrote("23:59", to="a1"), wrote("+1 00:00", to="a2"), clock("+1 00:01")],
        {"shop": MISSED, "a1": MISSED, "+1 shop": OPEN, "+1 a2": OPEN},
    ),
    Case(
        "it is missed once the day has ended, not before",
        [wrote("23:59", to="a1"), clock("23:59:59.999")],
        {"shop": OPEN, "a1": OPEN},
    ),
    Case(
        "it is missed at the first instant of the next day",
        [wrote("23:59", to="a1"), clock("+1 00:00")],
        {"shop": MISSED, "a1": MISSED},
    ),
    Case(
        "missed in the queue is nobody's",
        [wrote("23:59"), clock("+1 00:00")],
        {"shop": MISSED},
    ),
    Case(
        "a transfer at midnight comes after the day cut",
        [wrote("23:59", to="a1"), transferred("+1 00:00", "a1", "a2")],
        {"shop": MISSED, "a1": MISSED},
    ),
    Case(
        "a transfer before midnight makes it missed by the receiver, charged on the asking day",
        [wrote("23:59", to="a1"), transferred("23:59:59.999", "a1", "a2"), clock("+1 00:00")],
        {
            "shop": MISSED | {"transferred_unanswered": 1},
            "a1": {"transferred_unanswered": 1},
            "a2": MISSED,
        },
    ),
    Case(
        "a reply after midnight gives nothing",
        [wrote("23:59", to="a1"), replied("+1 00:00"), wrote("+1 00:01", to="a1")],
        {"shop": MISSED, "a1": MISSED, "+1 shop": OPEN, "+1 a1": OPEN},
    ),
    Case(
        "a round may be missed on days in a row",
        [wrote("10:00", to="a1"), wrote("+1 10:00", to="a1"), wrote("+2 10:00"), clock("+3 10:00")],
        {"shop": MISSED, "a1": MISSED, "+1 shop": MISSED, "+1 a1": MISSED, "+2 shop": MISSED},
    ),
    Case(
        "buyers have rounds of their own",
        [
            wrote("10:00", to="a1"),
            wrote("10:01", to="a1", buyer="b2"),
            replied("10:02"),
            replied("10:04", buyer="b2"),
        ],
        {"shop": answered(120, 180), "a1": answered(120, 180)},
    ),
    Case(
        "an excluded day has no rounds, the others keep theirs",
        [
            wrote("23:50", to="a1"),
            replied("23:51"),
            wrote("23:59", to="a1"),
            wrote("+1 00:01", to="a1"),
            replied("+1 00:02"),
            marked("+1 10:00", "internal", day=0),
        ],
        {"+1 shop": answered(60), "+1 a1": answered(60)},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rounds(case: Case) -> None:
    check(case, ROUNDS)


FIRST = "sessions first_responses first_response_ms_sum"


def first(*waits_s: int, sessions: int = 1) -> dict[str, int]:
    if not waits_s:
        return {"sessions": sessions}
    total = sum(waits_s) * 1000
    return {
        "sessions": sessions,
        "first_responses": len(waits_s),
        "first_response_ms_sum": total,
    }


SESSIONS = [
    Case(
        "a session's first round gives the first response",
        [wrote("10:00"), replied("10:01"), wrote("10:02"), replied("10:04")],
        {"shop": first(60), "a1": first(60)},
    ),
    Case(
        "exactly ten minutes of silence continue a session",
        [wrote("10:00"), replied("10:01"), wrote("10:11"), replied("10:12")],
        {"shop": first(60), "a1": first(60)},
    ),
    Case(
        "a millisecond more begins another",
        [wrote("10:00"), replied("10:01"), wrote("10:11:00.001"), replied("10:12:00.001")],
        {"shop": first(60, 60, sessions=2), "a1": first(60, 60, sessions=2)},
    ),
    Case(
        "bots and system messages keep a session going",
        [
            wrote("10:00"),
            replied("10:01"),
            bot("10:11"),
            system("10:21"),
            wrote("10:31"),
            replied("10:32"),
        ],
        {"shop": first(60), "a1": first(60)},
    ),
    Case("bots alone are no session", [bot("10:00"), system("10:01")], {}),
    Case(
        "bots before the first message are no part of the session",
        [bot("10:00"), wrote("10:09"), replied("10:10")],
        {"shop": first(60), "a1": first(60)},
    ),
    Case(
        "a recall does not keep a session going",
        [wrote("10:00"), replied("10:01"), wrote("10:06", content="recall"), wrote("10:12")],
        {"shop": first(60, sessions=2), "a1": first(60)},
    ),
    Case(
        "a transfer does not keep a session going",
        [wrote("10:00"), replied("10:01"), transferred("10:06", "a1", "a2"), wrote("10:12")],
        {"shop": first(60, sessions=2), "a1": first(60)},
    ),
    Case(
        "a session opened by an agent has no first response",
        [replied("10:00"), wrote("10:01"), replied("10:02")],
        {"shop": first(), "a1": first()},
    ),
    Case(
        "a session that finds a round open has no first response",
        [wrote("10:00"), wrote("10:11", to="a1"), replied("10:12")],
        {"shop": first(720, sessions=2), "a1": first(720)},
    ),
    Case(
        "the first response goes by the agent's clock in the agent's row",
        [wrote("10:00"), transferred("10:01", None, "a1"), replied("10:03")],
        {"shop": first(180), "a1": first(120)},
    ),
    Case(
        "an agent has a session as assignee or by a reply, once",
        [
            wrote("10:00", to="a1"),
            wrote("10:01", to="a2"),
            wrote("10:02", to="a1"),
            replied("10:03", "a3"),
            replied("10:04", "a3"),
        ],
        {"shop": first(180), "a1": first(), "a2": first(), "a3": first(180)},
    ),
    Case(
        "a transfer alone gives the receiver no session",
        [wrote("10:00", to="a1"), transferred("10:01", "a1", "a2")],
        {"shop": first(), "a1": first()},
    ),
    Case(
        "a session over midnight is of the day it started, an agent's of the first part",
        [
            wrote("23:55", to="a1"),
            wrote("+1 00:05", to="a2"),
            replied("+1 00:06", "a2"),
            replied("+1 00:07", "a1"),
        ],
        {"shop": first(), "a1": first(), "+1 a2": first()},
    ),
    Case(
        "all parts of a session are left out with the day it started",
        [
            wrote("23:55", to="a1"),
            wrote("+1 00:05", to="a2"),
            marked("+1 01:00", "ad", day=0),
        ],
        {},
    ),
    Case(
        "not with the day it goes on",
        [
            wrote("23:55", to="a1"),
            wrote("+1 00:05", to="a2"),
            marked("+1 01:00", "ad"),
        ],
        {"shop": first(), "a1": first(), "+1 a2": first()},
    ),
]


@pytest.mark.parametrize("case", SESSIONS, ids=lambda case: case.name)
def test_sessions(case: Case) -> None:
    check(case, FIRST)
