"""Days close: what was known then stays, and what comes later sees what it needs (kpis.md 1)."""

from __future__ import annotations

import pytest

from tests.builders import (
    Case,
    bot,
    check,
    clock,
    created,
    flagged,
    marked,
    paid,
    rated,
    refunded,
    replied,
    transferred,
    wrote,
)

FIELDS = (
    "rounds answered missed abandoned transferred_unanswered sessions excluded inquiries_final"
    " converted_final orders_by_credit sales_minor refunds_minor assists_order assists_payment"
    " assists_followup max_concurrent"
)
SOLD = {"orders_by_credit": {"closed": 1}, "sales_minor": 100}
ASKED = {"rounds": 1, "sessions": 1, "inquiries_final": 1, "max_concurrent": 1}
ROUND = {"rounds": 1, "answered": 1, "sessions": 1, "inquiries_final": 1, "max_concurrent": 1}
SPOKE = {"sessions": 1, "max_concurrent": 1}

CASES = [
    Case(
        "until the end of the eighth day everything may be taken back",
        [wrote("10:00"), rated("+4 10:00"), marked("+8 23:59:59.999", "ad", day=0)],
        {"shop": {"excluded": {"ad": 1}}},
    ),
    Case(
        "from then on nothing",
        [wrote("10:00"), rated("+4 10:00"), marked("+9 00:00", "ad", day=0)],
        {"shop": ASKED | {"missed": 1, "abandoned": 1}},
    ),
    Case(
        "any event of the shop closes a day",
        [
            wrote("10:00"),
            rated("+4 10:00"),
            clock("+9 00:00"),
            marked("+8 23:59:59.999", "ad", day=0),
        ],
        {"shop": ASKED | {"missed": 1, "abandoned": 1}},
    ),
    Case(
        "an event of another shop does not",
        [wrote("10:00"), clock("+9 00:00", shop="s2"), marked("+8 10:00", "ad", day=0)],
        {"shop": {"excluded": {"ad": 1}}},
    ),
    Case(
        "a flag that comes too late leaves the sale, and the order flagged",
        [replied("10:00"), paid("10:01"), flagged("+9 00:00"), refunded("+9 10:00")],
        {"shop": SPOKE | SOLD, "a1": SPOKE | SOLD},
    ),
    Case(
        "a refund of an order of a closed day is charged to who earned it",
        [replied("10:00"), paid("10:01"), refunded("+12 10:00")],
        {
            "shop": SPOKE | SOLD,
            "a1": SPOKE | SOLD,
            "+12 shop": {"refunds_minor": 100},
            "+12 a1": {"refunds_minor": 100},
        },
    ),
    Case(
        "unless that day was excluded",
        [replied("10:00"), paid("10:01"), marked("10:02", "ad"), refunded("+12 10:00")],
        {"shop": {"excluded": {"ad": 1}}},
    ),
    Case(
        "an order of a closed day, paid later, is closed by who replied before it",
        [replied("10:00"), created("10:01"), replied("+8 10:00", "a2"), paid("+10 10:00")],
        {
            "shop": SPOKE,
            "a1": SPOKE,
            "+8 shop": SPOKE | {"assists_payment": 1},
            "+8 a2": SPOKE | {"assists_payment": 1},
            "+10 shop": SOLD,
            "+10 a1": SOLD,
        },
    ),
    Case(
        "an order of a closed day is chased by a reply of a closed day",
        [
            created("10:00"),
            replied("10:01"),
            replied("10:02", "a2"),
            clock("+9 10:00"),
            wrote("+8 10:00"),
            paid("+10 10:00"),
        ],
        {
            "shop": SPOKE,
            "a1": SPOKE,
            "a2": SPOKE,
            "+8 shop": ASKED | {"missed": 1, "abandoned": 1, "converted_final": 1},
            "+10 shop": {"orders_by_credit": {"chased": 1}, "sales_minor": 100},
            "+10 a2": {"orders_by_credit": {"chased": 1}, "sales_minor": 100},
        },
    ),
    Case(
        "with a long validity by a reply of a closed day",
        [
            replied("10:00"),
            replied("10:01", "a2"),
            wrote("+8 10:00"),
            paid("+11 10:00"),
        ],
        {
            "shop": SPOKE,
            "a1": SPOKE,
            "a2": SPOKE,
            "+8 shop": ASKED | {"missed": 1, "abandoned": 1, "converted_final": 1},
            "+11 shop": SOLD,
            "+11 a2": SOLD,
        },
        {"validity": 12},
    ),
    Case(
        "not by a reply of a closed day that was excluded",
        [
            replied("10:00"),
            replied("+1 10:01", "a2"),
            marked("+1 10:02", "ad"),
            wrote("+8 10:00"),
            paid("+12 10:00"),
        ],
        {
            "shop": SPOKE,
            "a1": SPOKE,
            "+1 shop": {"excluded": {"ad": 1}},
            "+8 shop": ASKED | {"missed": 1, "abandoned": 1},
            "+12 shop": SOLD,
            "+12 a1": SOLD,
        },
        {"validity": 13},
    ),
    Case(
        "a round asked before the day closes is what it was then",
        [wrote("10:00", to="a1"), transferred("10:01", "a1", "a2"), replied("+9 10:00", "a2")],
        {
            "shop": ASKED | {"missed": 1, "abandoned": 1, "transferred_unanswered": 1},
            "a1": SPOKE | {"transferred_unanswered": 1, "inquiries_final": 1},
            "a2": {"rounds": 1, "missed": 1, "abandoned": 1},
            "+9 shop": SPOKE,
            "+9 a2": SPOKE,
        },
    ),
    Case(
        "a bot's words of a closed day are nothing more",
        [bot("10:00", assist=True), clock("+9 10:00"), wrote("+9 10:00")],
        {"+9 shop": ASKED},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_closing(case: Case) -> None:
    check(case, FIELDS)
