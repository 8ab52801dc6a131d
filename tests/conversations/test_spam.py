"""Which conversation-days are left out, and why (kpis.md 3)."""

from __future__ import annotations

from typing import Any

import pytest

from chatpulse.conversations.spam import Score
from chatpulse.scoreboard.partition import Partition
from tests.builders import (
    FIRST_DAY,
    Case,
    bot,
    check,
    clock,
    created,
    marked,
    ms,
    paid,
    refunded,
    replied,
    rules_of,
    transferred,
    wrote,
)

AD = {"shop": {"excluded": {"ad": 1}}}
INTERNAL = {"shop": {"excluded": {"internal": 1}}}
BLOCKED = {"shop": {"excluded": {"blocked": 1}}}
GENUINE: dict[str, Any] = {}
LONG = "全场清仓快来看看吧朋友们"  # twelve characters
THREE = [wrote("10:00", LONG, buyer=buyer) for buyer in ("b2", "b3", "b4")]

CASES = [
    Case("a score of 3 is an ad's", [wrote("10:00", "刷单 兼职 贷款")], AD),
    Case("a score of 2 is not", [wrote("10:00", "刷单 兼职")], GENUINE),
    Case(
        "at most three keywords count",
        [wrote("10:00", "刷单 兼职 贷款 推广"), created("11:00")],
        GENUINE,
    ),
    Case(
        "keywords of several messages add up",
        [wrote("10:00", "刷单"), wrote("10:01", "兼职 刷单"), wrote("10:02", "贷款")],
        AD,
    ),
    Case(
        "not those of other days",
        [wrote("23:58", "刷单"), wrote("23:59", "兼职"), wrote("+1 00:00", "贷款")],
        GENUINE,
    ),
    Case("a contact is 2", [wrote("10:00", "vx abcde")], GENUINE),
    Case("a contact and a keyword are 3", [wrote("10:00", "vx abcde 推广")], AD),
    Case("two contacts are one", [wrote("10:00", "vx abcde"), wrote("10:01", "vx fghij")], GENUINE),
    Case("a mobile number is 1", [wrote("10:00", "13812345678 兼职")], GENUINE),
    Case("with a contact 3", [wrote("10:00", "13812345678 vx abcde")], AD),
    Case("a foreign URL is 2", [wrote("10:00", "http://x.example")], GENUINE),
    Case("with a keyword 3", [wrote("10:00", "http://x.example 推广")], AD),
    Case(
        "a URL of the marketplace is nothing", [wrote("10:00", "http://tb.cn 推广 兼职")], GENUINE
    ),
    Case(
        "an order before the end of the day is -3",
        [wrote("10:00", "vx abcde http://x.example"), created("23:59:59.999")],
        GENUINE,
    ),
    Case(
        "an order of the next day is nothing",
        [wrote("10:00", "vx abcde http://x.example"), created("+1 00:00")],
        AD,
    ),
    Case(
        "an order of the week before counts",
        [created("-7 10:00"), wrote("10:00", "vx abcde http://x.example")],
        GENUINE,
    ),
    Case("a payment too", [paid("10:01"), wrote("10:00", "vx abcde http://x.example")], GENUINE),
    Case("a refund is no purchase", [wrote("10:00", "vx abcde 推广"), refunded("10:01")], AD),
    Case(
        "-3 may not be enough",
        [wrote("10:00", "vx abcde http://x.example 刷单 兼职"), created("10:01")],
        AD,
    ),
    Case(
        "writing again after an answer is -1",
        [wrote("10:00", "vx abcde 推广"), replied("10:01"), wrote("10:02", "在吗")],
        GENUINE,
    ),
    Case(
        "writing the same again is nothing",
        [wrote("10:00", "vx abcde 推广"), replied("10:01"), wrote("10:02", "VX abcde　推广")],
        AD,
    ),
    Case(
        "nor is nothing",
        [wrote("10:00", "vx abcde 推广"), replied("10:01"), wrote("10:02", "\u200b")],
        AD,
    ),
    Case(
        "nor before an answer",
        [wrote("10:00", "vx abcde 推广"), wrote("10:01", "在吗"), replied("10:02")],
        AD,
    ),
    Case(
        "nor after an automatic one",
        [
            wrote("10:00", "vx abcde 推广"),
            replied("10:01", auto=True),
            bot("10:02", assist=True),
            wrote("10:03", "在吗"),
        ],
        AD,
    ),
    Case(
        "nor after a word of the agent before the first message",
        [replied("09:59"), wrote("10:00", "vx abcde 推广"), wrote("10:01", "在吗")],
        AD,
    ),
    Case(
        "nor after an answer of the day before",
        [
            wrote("23:58"),
            replied("23:59"),
            wrote("+1 00:00", "vx abcde 推广"),
            wrote("+1 00:01", "在吗"),
        ],
        {"+1 shop": {"excluded": {"ad": 1}}},
    ),
    Case(
        "it counts once",
        [
            wrote("10:00", "vx abcde 推广 兼职"),
            replied("10:01"),
            wrote("10:02", "在吗"),
            replied("10:03"),
            wrote("10:04", "还在吗"),
        ],
        AD,
    ),
    Case(
        "the text of a picture has signals", [wrote("10:00", "vx abcde 推广", content="image")], AD
    ),
    Case("a recall has none", [wrote("10:00", "vx abcde 推广", content="recall")], GENUINE),
    Case(
        "an agent's words have none",
        [wrote("10:00"), replied("10:01", text="vx abcde 推广")],
        GENUINE,
    ),
    Case(
        "a campaign of three and a keyword are an ad",
        [*THREE, wrote("10:01", "推广", buyer="b3")],
        AD,
    ),
    Case("a campaign alone is none", THREE, GENUINE),
    Case("two buyers are no campaign", [*THREE[:2], wrote("10:01", "推广", buyer="b3")], GENUINE),
    Case(
        "one buyer's three times neither",
        [*THREE[:2], wrote("10:01", LONG + "！", buyer="b3"), wrote("10:02", "推广", buyer="b3")],
        GENUINE,
    ),
    Case(
        "nor a text that comes with pictures",
        [
            *THREE[:2],
            wrote("10:01", LONG, buyer="b4", content="image"),
            wrote("10:02", "推广", buyer="b3"),
        ],
        GENUINE,
    ),
    Case(
        "nor one of two days",
        [*THREE[:2], wrote("+1 10:00", LONG, buyer="b4"), wrote("10:02", "推广", buyer="b3")],
        GENUINE,
    ),
    Case(
        "nor one of two shops",
        [
            *THREE[:2],
            wrote("10:01", LONG, buyer="b4", shop="s2"),
            wrote("10:02", "推广", buyer="b3"),
        ],
        GENUINE,
    ),
    Case(
        "buyers who are left out make a campaign too",
        [*THREE, marked("10:01", "internal", buyer="b2"), wrote("10:01", "推广", buyer="b3")],
        {"shop": {"excluded": {"ad": 1, "internal": 1}}},
    ),
    Case("blocked", [wrote("10:00")], BLOCKED, {"block_list": ["b1"]}),
    Case("internal", [wrote("10:00")], INTERNAL, {"internal_list": ["b1"]}),
    Case(
        "internal before blocked",
        [wrote("10:00")],
        INTERNAL,
        {"internal_list": ["b1"], "block_list": ["b1"]},
    ),
    Case(
        "lists before the score",
        [wrote("10:00", "刷单 兼职 贷款")],
        BLOCKED,
        {"block_list": ["b1"]},
    ),
    Case("other buyers are not", [wrote("10:00")], GENUINE, {"block_list": ["b11"]}),
    Case(
        "a mark before the lists",
        [wrote("10:00"), marked("11:00", "genuine")],
        GENUINE,
        {"block_list": ["b1"]},
    ),
    Case(
        "a mark before the score",
        [wrote("10:00", "刷单 兼职 贷款"), marked("09:00", "genuine")],
        GENUINE,
    ),
    Case("marked ad", [wrote("10:00"), marked("11:00", "ad")], AD),
    Case("marked internal", [wrote("10:00"), marked("11:00", "internal")], INTERNAL),
    Case(
        "the newest mark holds",
        [wrote("10:00"), marked("12:00", "genuine"), marked("11:00", "ad")],
        GENUINE,
    ),
    Case(
        "of one millisecond that with the greatest id",
        [wrote("10:00"), marked("11:00", "genuine"), marked("11:00", "ad")],
        AD,
    ),
    Case(
        "a mark holds for its day",
        [wrote("10:00"), wrote("+1 10:00"), marked("+1 11:00", "ad", day=0)],
        AD,
    ),
    Case(
        "and for no other",
        [wrote("10:00"), wrote("+1 10:00"), marked("+1 11:00", "ad")],
        {"+1 shop": {"excluded": {"ad": 1}}},
    ),
    Case("marks of a day without messages count nobody", [marked("11:00", "ad")], GENUINE),
    Case(
        "transfers are no messages",
        [transferred("10:00", None, "a1"), marked("11:00", "ad")],
        GENUINE,
    ),
    Case("an order event counts the buyer", [created("10:00"), marked("11:00", "ad")], AD),
    Case("so does a bot's message", [bot("10:00"), marked("11:00", "ad")], AD),
    Case("not a recall", [wrote("10:00", content="recall"), marked("11:00", "ad")], GENUINE),
    Case(
        "two buyers of one reason",
        [
            wrote("10:00"),
            wrote("10:00", buyer="b2"),
            marked("11:00", "ad"),
            marked("11:00", "ad", buyer="b2"),
        ],
        {"shop": {"excluded": {"ad": 2}}},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_excluded(case: Case) -> None:
    check(case, "excluded")


SCORES = [
    ("nothing", [wrote("10:00")], Score(0, 0, 0, 0, 0, 0, 0)),
    (
        "everything",
        [
            wrote("10:00", "vx abcde 13812345678 http://x.example 刷单 兼职 贷款 推广"),
            replied("10:01"),
            wrote("10:02", LONG),
            *(wrote("10:03", LONG, buyer=buyer) for buyer in ("b2", "b3")),
            created("10:04"),
        ],
        Score(2, 1, 2, 3, 2, -3, -1),
    ),
]


@pytest.mark.parametrize(("name", "given", "score"), SCORES, ids=[name for name, *_ in SCORES])
def test_a_score_says_why(name: str, given: list[Any], score: Score) -> None:
    partition = Partition(rules_of(), live=False)
    for event in given:
        partition.apply(event)
    found = partition.shops["s1"].conversation("b1", ms("12:00")).score(FIRST_DAY)
    assert found == score
    assert found.total == sum(getattr(score, name) for name in Score.__struct_fields__)


def test_the_clock_alone_excludes_nobody() -> None:
    check(Case("", [clock("10:00")], {}), "excluded")
