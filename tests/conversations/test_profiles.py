"""Each platform's own rule (kpis.md 8): a row says what one profile counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from chatpulse.contract.events import EventBase
from tests.builders import (
    bot,
    clock,
    marked,
    recomputed,
    replay,
    replied,
    transferred,
    wrote,
)

Counts = dict[str, tuple[int, int]]
"""`shop`, `a1` ... -> hits (for taobao_avg: ms) and total."""


class Case(NamedTuple):
    name: str
    given: list[EventBase]
    then: Counts


def answered(*rounds: tuple[str, str], by: str = "a1") -> list[EventBase]:
    return [event for ask, reply in rounds for event in (wrote(ask, to=by), replied(reply, by))]


def both(hits: int, total: int) -> Counts:
    return {"shop": (hits, total), "a1": (hits, total)}


def shop(hits: int, total: int) -> Counts:
    return {"shop": (hits, total)}


NONE: Counts = {}

WINDOW = [
    Case("before 08:00", answered(("07:59:59.999", "08:00")), NONE),
    Case("from 08:00", answered(("08:00", "08:00:10")), both(1, 1)),
    Case("before 23:00", answered(("22:59:59.999", "23:00:10")), both(1, 1)),
    Case("from 23:00", answered(("23:00", "23:00:10")), NONE),
]
THREE_MINUTES = [
    Case("in 180 s", answered(("10:00", "10:03")), both(1, 1)),
    Case("a millisecond later", answered(("10:00", "10:03:00.001")), both(0, 1)),
    Case("missed", [wrote("10:00", to="a1"), clock("+1 00:00")], both(0, 1)),
    Case("missed in the queue", [wrote("10:00"), clock("+1 00:00")], shop(0, 1)),
    Case("open for 180 s", [wrote("10:00", to="a1"), clock("10:03")], NONE),
    Case("open for longer", [wrote("10:00", to="a1"), clock("10:03:00.001")], both(0, 1)),
    Case(
        "by the agent's clock",
        [wrote("10:00"), transferred("10:01", None, "a1"), replied("10:04")],
        {"shop": (0, 1), "a1": (1, 1)},
    ),
    Case("an excluded day", [*answered(("10:00", "10:01")), marked("11:00", "ad")], NONE),
]
ASSISTED = [
    Case(
        "a bot that assists replies for its agent",
        [wrote("10:00", to="a1"), bot("10:01", "a2", assist=True), replied("10:09")],
        {"shop": (1, 1), "a2": (1, 1)},
    ),
    Case(
        "or for the assignee",
        [wrote("10:00", to="a1"), bot("10:01", assist=True), replied("10:09")],
        both(1, 1),
    ),
    Case(
        "in the queue for the shop",
        [wrote("10:00"), bot("10:01", assist=True), clock("11:00")],
        shop(1, 1),
    ),
    Case(
        "another bot does not",
        [wrote("10:00", to="a1"), bot("10:01", "a2"), replied("10:09")],
        both(0, 1),
    ),
    Case(
        "after a bot's reply a closer closes",
        [
            wrote("10:00", to="a1"),
            bot("10:01", assist=True),
            wrote("10:02", "好的", to="a1"),
            clock("11:00"),
        ],
        both(1, 1),
    ),
    Case(
        "once a bot answered nothing is missed",
        [wrote("10:00", to="a1"), bot("10:01", assist=True), clock("+1 00:00")],
        both(1, 1),
    ),
]
PEOPLE = [
    Case(
        "a bot is no person",
        [wrote("10:00", to="a1"), bot("10:00:10", "a1", assist=True), replied("10:09")],
        both(0, 1),
    ),
]

ROUNDS = [
    Case("each round", answered(("10:00", "10:03"), ("10:10", "10:14")), both(1, 2)),
    Case(
        "of two agents",
        answered(("10:00", "10:01")) + answered(("10:10", "10:14"), by="a2"),
        {"shop": (1, 2), "a1": (1, 1), "a2": (0, 1)},
    ),
    Case(
        "also with bots",
        [
            *answered(("10:00", "10:01")),
            wrote("10:02", to="a1"),
            bot("10:03", assist=True),
            wrote("10:04", to="a1"),
            replied("10:08"),
        ],
        both(2, 3),
    ),
    Case(
        "also answered after a bot",
        [
            wrote("10:00", to="a1"),
            bot("10:01", assist=True),
            wrote("10:02", to="a1"),
            bot("10:03", assist=True),
            wrote("10:04", to="a1"),
            replied("10:05"),
        ],
        both(3, 3),
    ),
    Case(
        "missed at midnight after a bot, asked again on the next day",
        [
            wrote("22:50", to="a1"),
            bot("22:51", assist=True),
            wrote("22:52", to="a1"),
            wrote("+1 08:30", to="a1"),
            bot("+1 08:31", assist=True),
        ],
        both(1, 2) | {"+1 shop": (1, 1), "+1 a1": (1, 1)},
    ),
    Case(
        "missed by the bot too, once the day is over",
        [wrote("22:50", to="a1"), bot("22:51", assist=True), wrote("22:52"), clock("+1 00:00")],
        {"shop": (1, 2), "a1": (1, 1)},
    ),
    Case(
        "after a bot's reply in the session a closer closes, over midnight too",
        [
            wrote("23:55", to="a1"),
            bot("23:56", assist=True),
            wrote("+1 00:00", "好的", to="a1"),
            wrote("+1 08:30", to="a1"),
            bot("+1 08:31", assist=True),
        ],
        {"+1 shop": (1, 1), "+1 a1": (1, 1)},
    ),
    Case(
        "not in the next session of the next day",
        [
            wrote("22:00", to="a1"),
            bot("22:01", assist=True),
            wrote("+1 08:30", "好的", to="a1"),
            bot("+1 08:31", assist=True),
        ],
        both(1, 1) | {"+1 shop": (1, 1), "+1 a1": (1, 1)},
    ),
    Case(
        "a bot before the session has not replied in it",
        [
            bot("23:59", assist=True),
            wrote("+1 00:00", "好的", to="a1"),
            wrote("+1 08:30", to="a1"),
            bot("+1 08:31", assist=True),
        ],
        NONE,
    ),
    Case(
        "after a person's reply a closer closes for the bot too",
        [
            wrote("10:00", to="a1"),
            bot("10:01", assist=True),
            wrote("10:02", to="a1"),
            replied("10:03"),
            wrote("10:04", "好的", to="a1"),
            clock("11:00"),
        ],
        both(2, 2),
    ),
    Case(
        "a person answers what follows the bot",
        [
            wrote("22:58", to="a1"),
            bot("22:59", assist=True),
            wrote("23:00", to="a1"),
            replied("23:10"),
        ],
        both(1, 1),
    ),
]
MEAN = [
    Case("a mean of waits", answered(("10:00", "10:01"), ("10:10", "10:13")), both(240_000, 2)),
    Case("600 s at most", answered(("10:00", "10:10:00.001")), both(600_000, 1)),
    Case("600 s exactly", answered(("10:00", "10:10")), both(600_000, 1)),
    Case("a millisecond less", answered(("10:00", "10:09:59.999")), both(599_999, 1)),
    Case("missed counts 600 s", [wrote("22:59", to="a1"), clock("+1 00:00")], both(600_000, 1)),
    Case("open for 600 s is pending", [wrote("10:00", to="a1"), clock("10:10")], NONE),
    Case("longer counts 600 s", [wrote("10:00", to="a1"), clock("10:10:00.001")], both(600_000, 1)),
    Case(
        "by the agent's clock",
        [wrote("10:00"), transferred("10:01", None, "a1"), replied("10:04")],
        {"shop": (240_000, 1), "a1": (180_000, 1)},
    ),
]
BUYER_DAYS = [
    Case("all rounds", answered(("10:00", "10:03"), ("10:10", "10:12")), both(1, 1)),
    Case("one too long", answered(("10:00", "10:03"), ("10:10", "10:14")), both(0, 1)),
    Case("the first too long", answered(("10:00", "10:04"), ("10:10", "10:11")), both(0, 1)),
    Case(
        "one outside the window",
        answered(("07:00", "07:50"), ("10:10", "10:11")),
        both(1, 1),
    ),
    Case(
        "one missed",
        [*answered(("10:00", "10:01")), wrote("12:00", to="a1"), clock("+1 00:00")],
        both(0, 1),
    ),
    Case(
        "a pending one is left aside",
        [*answered(("10:00", "10:01")), wrote("12:00", to="a1"), clock("12:03")],
        both(1, 1),
    ),
    Case(
        "agents by their own rounds",
        answered(("10:00", "10:01")) + answered(("10:10", "10:14"), by="a2"),
        {"shop": (0, 1), "a1": (1, 1), "a2": (0, 1)},
    ),
    Case(
        "another buyer is another unit",
        [*answered(("10:00", "10:01")), wrote("10:00", buyer="b2"), replied("10:09", buyer="b2")],
        both(1, 2),
    ),
    Case(
        "another day too",
        [*answered(("10:00", "10:01"), ("+1 10:00", "+1 10:09"))],
        {**both(1, 1), "+1 shop": (0, 1), "+1 a1": (0, 1)},
    ),
]
FIRST_RESPONSES = [
    Case("in 30 s", answered(("10:00", "10:00:30")), both(1, 1)),
    Case("a millisecond later", answered(("10:00", "10:00:30.001")), both(0, 1)),
    Case("before 09:00", answered(("08:59:59.999", "09:00")), NONE),
    Case("from 09:00", answered(("09:00", "09:00:10")), both(1, 1)),
    Case("before 23:00", answered(("22:59:59.999", "23:00")), both(1, 1)),
    Case("from 23:00", answered(("23:00", "23:00:10")), NONE),
    Case("only the first round", answered(("10:00", "10:00:10"), ("10:01", "10:05")), both(1, 1)),
    Case(
        "of each session",
        answered(("10:00", "10:00:10"), ("10:11", "10:12")),
        both(1, 2),
    ),
    Case("opened by an agent", [replied("10:00"), *answered(("10:01", "10:01:10"))], NONE),
    Case("opened by a closer", [replied("09:00"), wrote("10:00", "好的")], NONE),
    Case("found a round open", [wrote("08:00", to="a1"), *answered(("10:00", "10:01"))], NONE),
    Case("missed", [wrote("10:00", to="a1"), clock("+1 00:00")], both(0, 1)),
    Case("open for 30 s", [wrote("10:00", to="a1"), clock("10:00:30")], NONE),
    Case("open for longer", [wrote("10:00", to="a1"), clock("10:00:30.001")], both(0, 1)),
    Case(
        "by the agent's clock",
        [wrote("10:00"), transferred("10:01", None, "a1"), replied("10:01:30")],
        {"shop": (0, 1), "a1": (1, 1)},
    ),
]
SESSIONS = [
    Case("a mean of 180 s", answered(("10:00", "10:01"), ("10:02", "10:07")), both(1, 1)),
    Case("a little more", answered(("10:00", "10:01"), ("10:02", "10:07:00.001")), both(0, 1)),
    Case(
        "one missed",
        [*answered(("22:50", "22:51")), wrote("22:55", to="a1"), clock("+1 00:00")],
        both(0, 1),
    ),
    Case(
        "one open for longer than 180 s",
        [*answered(("10:00", "10:01")), wrote("10:02", to="a1"), clock("10:05:00.001")],
        both(0, 1),
    ),
    Case(
        "one pending",
        [*answered(("10:00", "10:01")), wrote("10:02", to="a1"), clock("10:05")],
        both(1, 1),
    ),
    Case(
        "two sessions",
        answered(("10:00", "10:01"), ("10:12", "10:16")),
        both(1, 2),
    ),
    Case(
        "the window is the session's",
        [replied("07:55"), *answered(("08:01", "08:02"))],
        NONE,
    ),
    Case(
        "also at its end",
        [replied("22:55"), *answered(("23:01", "23:02"))],
        both(1, 1),
    ),
    Case(
        "rounds of the day after its start do not count",
        [
            wrote("22:55", to="a1"),
            replied("22:56"),
            *(bot(f"{hour}:{minute}") for hour, minute in
              (("23", "05"), ("23", "14"), ("23", "23"), ("23", "32"), ("23", "41"), ("23", "50"),
               ("23", "59"))),
            wrote("+1 00:08", to="a1"),
            replied("+1 00:17"),
        ],
        both(1, 1),
    ),
    Case(
        "agents by their own rounds",
        answered(("10:00", "10:01")) + answered(("10:02", "10:07:30"), by="a2"),
        {"shop": (0, 1), "a1": (1, 1), "a2": (0, 1)},
    ),
]  # fmt: skip

RULES: dict[str, list[Case]] = {
    "taobao_3min": [*WINDOW, *THREE_MINUTES, *ASSISTED, *ROUNDS],
    "taobao_avg": MEAN,
    "pdd_3min": [*WINDOW, *THREE_MINUTES, *PEOPLE, *BUYER_DAYS],
    "kuaishou_3min": [*WINDOW, *THREE_MINUTES, *PEOPLE, *BUYER_DAYS],
    "jd_30s": [*FIRST_RESPONSES, *PEOPLE],
    "douyin_3min": [*WINDOW, *THREE_MINUTES, *ASSISTED, *SESSIONS],
}


@pytest.mark.parametrize(
    ("profile", "case"),
    [(profile, case) for profile, cases in RULES.items() for case in cases],
    ids=lambda part: part if isinstance(part, str) else part.name,
)
def test_profile(profile: str, case: Case) -> None:
    for cards in (replay(case.given), recomputed(case.given)):
        assert counts(cards, profile) == case.then


def counts(cards: list[dict[str, Any]], profile: str) -> Counts:
    found: Counts = {}
    for card in cards:
        first, total = card["profiles"][profile].values()
        if first or total:
            day = "" if card["day"] == "2025-03-03" else "+1 "
            found[day + (card["agent_id"] or "shop")] = (first, total)
    return found


def test_the_duty_window_of_the_rules_moves_no_profile() -> None:
    given = answered(("10:00", "10:00:10"))
    narrow = {"duty_window": ["11:00", "12:00"]}
    assert [c["profiles"] for c in replay(given, narrow)] == [c["profiles"] for c in replay(given)]
    assert [c["duty_rounds"] for c in replay(given, narrow)] == [0, 0]
