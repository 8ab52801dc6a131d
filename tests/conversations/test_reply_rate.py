"""Who was consulted and who replied (kpis.md 3), and the workload beside it (kpis.md 7)."""

from __future__ import annotations

import pytest

from tests.builders import (
    Case,
    bot,
    check,
    clock,
    marked,
    recomputed,
    replay,
    replied,
    system,
    transferred,
    wrote,
)

CONSULTED = {"consulted": 1}
REPLIED = {"consulted": 1, "replied": 1}

CASES = [
    Case("asked", [wrote("10:00", to="a1")], {"shop": CONSULTED, "a1": CONSULTED}),
    Case(
        "asked and answered",
        [wrote("10:00", to="a1"), replied("10:01")],
        {"shop": REPLIED, "a1": REPLIED},
    ),
    Case("asked in the queue", [wrote("10:00")], {"shop": CONSULTED}),
    Case(
        "who answers the queue was consulted",
        [wrote("10:00"), replied("10:01")],
        {"shop": REPLIED, "a1": REPLIED},
    ),
    Case(
        "the first who answers, not the second",
        [wrote("10:00"), replied("10:01", "a1"), replied("10:02", "a2")],
        {"shop": REPLIED, "a1": REPLIED},
    ),
    Case(
        "who transfers without an answer stays unanswered; who takes over was consulted",
        [wrote("10:00", to="a1"), transferred("10:01", "a1", "a2"), replied("10:02", "a2")],
        {"shop": REPLIED, "a1": CONSULTED, "a2": REPLIED},
    ),
    Case(
        "a named agent may answer after a colleague",
        [wrote("10:00", to="a1"), replied("10:01", "a2"), replied("10:02", "a1")],
        {"shop": REPLIED, "a1": REPLIED, "a2": REPLIED},
    ),
    Case(
        "a reply before the question is none",
        [replied("09:59"), wrote("10:00", to="a1")],
        {"shop": CONSULTED, "a1": CONSULTED},
    ),
    Case(
        "an answer on the next day is none, and consults nobody there",
        [wrote("23:59", to="a1"), replied("+1 00:00")],
        {"shop": CONSULTED, "a1": CONSULTED},
    ),
    Case(
        "a day's buyer counts once",
        [wrote("10:00", to="a1"), replied("10:01"), wrote("15:00", to="a1")],
        {"shop": REPLIED, "a1": REPLIED},
    ),
    Case(
        "a closer consults nobody",
        [wrote("10:00"), replied("10:01", "a1"), wrote("10:02", "好的谢谢", to="a2")],
        {"shop": REPLIED, "a1": REPLIED},
    ),
    Case(
        "a day of closers only is no consultation",
        [replied("10:00"), wrote("10:01", "谢谢", to="a1")],
        {},
    ),
    Case(
        "auto replies and bots do not reply",
        [
            wrote("10:00", to="a1"),
            replied("10:01", auto=True),
            bot("10:02", "a1", assist=True),
            system("10:03"),
        ],
        {"shop": CONSULTED, "a1": CONSULTED},
    ),
    Case(
        "an excluded day is left out on both sides",
        [wrote("10:00", to="a1"), replied("10:01"), marked("11:00", "ad")],
        {},
    ),
    Case(
        "two buyers",
        [wrote("10:00", to="a1"), wrote("10:00", to="a1", buyer="b2"), replied("10:01")],
        {"shop": {"consulted": 2, "replied": 1}, "a1": {"consulted": 2, "replied": 1}},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_reply_rate(case: Case) -> None:
    check(case, "consulted replied")


CLOSERS = [
    Case(
        "after a reply in the same session",
        [wrote("10:00"), replied("10:01"), wrote("10:02", "好的")],
        1,
    ),
    Case("before any reply it asks", [wrote("10:00", "好的")], 1),
    Case(
        "after a reply on the same day, in another session",
        [wrote("10:00"), replied("10:01"), wrote("20:00", "好的")],
        1,
    ),
    Case(
        "after midnight in the same session",
        [wrote("23:58"), replied("23:59"), wrote("+1 00:05", "好的")],
        1,
    ),
    Case(
        "after midnight in another session it asks",
        [wrote("23:49"), replied("23:50"), wrote("+1 00:00:00.001", "好的")],
        2,
    ),
    Case(
        "an agent's own word is a reply to the buyer too",
        [replied("10:00"), wrote("10:01", "好的")],
        0,
    ),
    Case("an auto reply is none", [replied("10:00", auto=True), wrote("10:01", "好的")], 1),
    Case("a bot's message is none", [bot("10:00", assist=True), wrote("10:01", "好的")], 1),
    Case(
        "a sticker closes, whatever its text",
        [replied("10:00"), wrote("10:01", "有货吗", content="sticker")],
        0,
    ),
    Case(
        "a picture asks, whatever its text",
        [replied("10:00"), wrote("10:01", "好的", content="image")],
        1,
    ),
    Case("a text that becomes empty closes", [replied("10:00"), wrote("10:01", "～！")], 0),
    Case(
        "strict: nothing closes",
        [
            wrote("10:00"),
            replied("10:01"),
            wrote("10:02", "好的"),
            replied("10:03"),
            wrote("10:04", "", content="sticker"),
        ],
        3,
        {"closers": "strict"},
    ),
    Case(
        "without entries stickers and empty texts still close",
        [
            replied("10:00"),
            wrote("10:01", "好的"),
            replied("10:02"),
            wrote("10:03", "", content="sticker"),
            wrote("10:04", "！"),
        ],
        1,
        {"closers": []},
    ),
    Case(
        "a closer does not extend an open round nor end it",
        [replied("10:00"), wrote("10:01"), wrote("10:02", "好的"), replied("10:03")],
        1,
    ),
]


@pytest.mark.parametrize("case", CLOSERS, ids=lambda case: case.name)
def test_closers_open_no_round(case: Case) -> None:
    """`then` is the number of rounds of all days."""
    for cards in (replay(case.given, case.rules), recomputed(case.given, case.rules)):
        assert sum(card["rounds"] for card in cards if not card["agent_id"]) == case.then


WORKLOAD = [
    Case(
        "buyer's messages are their assignee's, closers and pictures included, recalls not",
        [
            wrote("10:00", to="a1"),
            wrote("10:01", "", to="a2", content="image"),
            wrote("10:02", content="recall", to="a1"),
            replied("10:03", "a3"),
            wrote("10:04", "好的"),
        ],
        {
            "shop": {"buyer_messages": 3, "agent_messages": 1},
            "a1": {"buyer_messages": 1},
            "a2": {"buyer_messages": 1},
            "a3": {"agent_messages": 1},
        },
    ),
    Case(
        "agents' messages are their valid replies",
        [
            replied("10:00"),
            replied("10:01"),
            replied("10:02", auto=True),
            replied("10:03", content="recall"),
            bot("10:04", "a1", assist=True),
            system("10:05"),
        ],
        {"shop": {"agent_messages": 2}, "a1": {"agent_messages": 2}},
    ),
]


@pytest.mark.parametrize("case", WORKLOAD, ids=lambda case: case.name)
def test_messages(case: Case) -> None:
    check(case, "buyer_messages agent_messages")


def concurrent(**owners: int) -> dict[str, dict[str, int]]:
    return {owner: {"max_concurrent": n} for owner, n in owners.items()}


CONCURRENT = [
    Case("one buyer", [wrote("10:00", to="a1")], concurrent(shop=1, a1=1)),
    Case(
        "two in the same minute",
        [wrote("10:00:00", to="a1"), wrote("10:00:59.999", to="a2", buyer="b2")],
        concurrent(shop=2, a1=1, a2=1),
    ),
    Case(
        "two in minutes side by side",
        [wrote("10:00:59.999", to="a1"), wrote("10:01", to="a1", buyer="b2")],
        concurrent(shop=1, a1=1),
    ),
    Case(
        "in conversation from the first to the last message",
        [
            wrote("10:00", to="a1"),
            wrote("10:05", to="a1", buyer="b2"),
            replied("10:09"),
        ],
        concurrent(shop=2, a1=2),
    ),
    Case(
        "not between sessions",
        [wrote("10:00", to="a1"), wrote("10:05", to="a1", buyer="b2"), wrote("10:11", to="a1")],
        concurrent(shop=1, a1=1),
    ),
    Case(
        "an agent's part is from his first to his last",
        [
            wrote("10:00", to="a1"),
            replied("10:04", "a2"),
            replied("10:08", "a1"),
            wrote("10:06", to="a2", buyer="b2"),
            wrote("10:07", to="a1", buyer="b3"),
        ],
        concurrent(shop=2, a1=2, a2=1),
    ),
    Case(
        "bots, auto replies and transfers extend nothing",
        [
            wrote("10:00", to="a1"),
            bot("10:05", "a1", assist=True),
            replied("10:06", auto=True),
            transferred("10:07", "a1", "a2"),
            wrote("10:05", to="a2", buyer="b2"),
        ],
        concurrent(shop=1, a1=1, a2=1),
    ),
    Case(
        "cut at midnight",
        [
            wrote("23:55", to="a1"),
            wrote("23:59:59.999", to="a1", buyer="b2"),
            wrote("+1 00:00", to="a1", buyer="b3"),
            wrote("+1 00:01", to="a1", buyer="b4"),
            replied("+1 00:01:30"),
        ],
        {
            "shop": {"max_concurrent": 2},
            "a1": {"max_concurrent": 2},
            "+1 shop": {"max_concurrent": 2},
            "+1 a1": {"max_concurrent": 2},
        },
    ),
    Case(
        "after midnight until the last message only",
        [
            wrote("23:55", to="a1"),
            wrote("+1 00:03", to="a1"),
            wrote("+1 00:04", to="a1", buyer="b2"),
        ],
        concurrent(shop=1, a1=1)
        | {"+1 shop": {"max_concurrent": 1}}
        | {"+1 a1": {"max_concurrent": 1}},
    ),
    Case(
        "a whole day of one session",
        [wrote("23:59", to="a1")]
        + [bot(f"+1 {h:02}:{m:02}") for h in range(24) for m in range(9, 60, 10)]
        + [wrote("+1 00:05", to="a1"), wrote("+2 00:05", to="a1")]
        + [wrote("+1 12:00", to="a1", buyer="b2")],
        {
            "shop": {"max_concurrent": 1},
            "a1": {"max_concurrent": 1},
            "+1 shop": {"max_concurrent": 2},
            "+1 a1": {"max_concurrent": 2},
            "+2 shop": {"max_concurrent": 1},
            "+2 a1": {"max_concurrent": 1},
        },
    ),
    Case(
        "an excluded day is out",
        [
            wrote("10:00", to="a1"),
            wrote("10:00", buyer="b2"),
            marked("11:00", "ad"),
            clock("12:00"),
        ],
        concurrent(shop=1),
    ),
]


def in_order(case: Case) -> Case:
    return Case(case.name, sorted(case.given, key=lambda e: e.at), case.then, case.rules)


@pytest.mark.parametrize("case", CONCURRENT, ids=lambda case: case.name)
def test_max_concurrent(case: Case) -> None:
    check(in_order(case), "max_concurrent")
