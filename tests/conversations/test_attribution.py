"""Who earns an order, who assists it, and what it sells (kpis.md 5)."""

from __future__ import annotations

import pytest

from tests.builders import (
    Case,
    bot,
    cancelled,
    check,
    created,
    flagged,
    marked,
    paid,
    refunded,
    replied,
    wrote,
)

CREDIT = "orders_by_credit"
PAYMENT = {"attribution": "payment"}


def by(kind: str, *owners: str, day: str = "") -> dict[str, dict[str, dict[str, int]]]:
    return {f"{day}{owner}": {CREDIT: {kind: 1}} for owner in ("shop", *owners)}


CREDITS = [
    Case(
        "closed: the latest reply before the order",
        [replied("10:00"), created("10:01"), paid("10:02")],
        by("closed", "a1"),
    ),
    Case(
        "the latest, not the first",
        [replied("10:00"), replied("10:00:30", "a2"), created("10:01"), paid("10:02")],
        by("closed", "a2"),
    ),
    Case(
        "of one millisecond the one with the greatest id",
        [replied("10:00", "a2"), replied("10:00", "a1"), created("10:01"), paid("10:02")],
        by("closed", "a1"),
    ),
    Case(
        "a reply in the millisecond of the order chases it",
        [replied("10:01"), created("10:01"), paid("10:02")],
        by("chased", "a1"),
    ),
    Case(
        "a reply in the millisecond of the payment earns nothing",
        [created("10:01"), replied("10:02"), paid("10:02")],
        by("silent"),
    ),
    Case(
        "a reply in the millisecond before it chases",
        [created("10:01"), replied("10:01:59.999"), paid("10:02")],
        by("chased", "a1"),
    ),
    Case(
        "who closed it keeps it, whoever chases",
        [replied("10:00"), created("10:01"), replied("10:01:30", "a2"), paid("10:02")],
        by("closed", "a1"),
    ),
    Case(
        "the latest who chased",
        [created("10:01"), replied("10:01:20"), replied("10:01:30", "a2"), paid("10:02")],
        by("chased", "a2"),
    ),
    Case(
        "the only one in the validity, after one before it",
        [replied("-1 10:00", "a2"), replied("10:00"), created("+1 10:00"), paid("+1 10:01")],
        by("closed", "a1", day="+1 "),
    ),
    Case("silent: nobody replied", [wrote("10:00"), created("10:01"), paid("10:02")], by("silent")),
    Case(
        "auto replies and bots close nothing",
        [replied("10:00", auto=True), bot("10:00", "a1", assist=True), paid("10:02")],
        by("silent"),
    ),
    Case(
        "the validity begins with the day before the order",
        [replied("00:00"), created("+1 23:00"), paid("+1 23:30")],
        by("closed", "a1", day="+1 "),
    ),
    Case(
        "and not a millisecond earlier",
        [replied("-1 23:59:59.999"), created("+1 00:00"), paid("+1 00:01")],
        by("silent", day="+1 "),
    ),
    Case(
        "with a validity of 1 on the day itself",
        [replied("00:00"), created("23:00"), paid("23:30")],
        by("closed", "a1"),
        {"validity": 1},
    ),
    Case(
        "and not the day before",
        [replied("-1 23:59:59.999"), created("00:00"), paid("00:01")],
        by("silent"),
        {"validity": 1},
    ),
    Case(
        "with 4 three days before",
        [replied("00:00"), created("+3 23:00"), paid("+3 23:30")],
        by("closed", "a1", day="+3 "),
        {"validity": 4},
    ),
    Case(
        "and not four",
        [replied("-1 23:59:59.999"), created("+3 00:00"), paid("+3 00:01")],
        by("silent", day="+3 "),
        {"validity": 4},
    ),
    Case(
        "chasing has no validity",
        [created("10:00"), replied("10:01"), paid("+7 10:00")],
        by("chased", "a1", day="+7 "),
    ),
    Case(
        "the sale is of the day of the payment",
        [replied("23:58"), created("23:59"), paid("+1 00:00")],
        by("closed", "a1", day="+1 "),
    ),
    Case(
        "without a created event the order is placed when it is paid",
        [replied("10:00"), paid("10:02"), replied("10:03", "a2")],
        by("closed", "a1"),
    ),
    Case(
        "created after paid is placed when paid",
        [replied("10:00"), paid("10:02"), replied("10:03", "a2"), created("10:04")],
        by("closed", "a1"),
    ),
    Case(
        "the first created counts",
        [created("10:00"), replied("10:01"), created("10:02"), paid("10:03")],
        by("chased", "a1"),
    ),
    Case(
        "by payment: the latest reply before it closes if it is before the order",
        [replied("10:00"), created("10:01"), paid("10:02")],
        by("closed", "a1"),
        PAYMENT,
    ),
    Case(
        "by payment: else it chases, also what another closed",
        [replied("10:00"), created("10:01"), replied("10:01:30", "a2"), paid("10:02")],
        by("chased", "a2"),
        PAYMENT,
    ),
    Case(
        "by payment: in the millisecond of the order it chases",
        [replied("10:01"), created("10:01"), paid("10:02")],
        by("chased", "a1"),
        PAYMENT,
    ),
    Case(
        "by payment: in that of the payment it earns nothing",
        [created("10:01"), replied("10:02"), paid("10:02")],
        by("silent"),
        PAYMENT,
    ),
    Case(
        "by payment: the validity is the order's",
        [replied("00:00"), created("+1 10:00"), paid("+5 10:00")],
        by("closed", "a1", day="+5 "),
        PAYMENT,
    ),
    Case(
        "by payment: and not earlier",
        [replied("-1 23:59:59.999"), created("+1 10:00"), paid("+5 10:00")],
        by("silent", day="+5 "),
        PAYMENT,
    ),
    Case(
        "replies on an excluded day earn nothing",
        [replied("10:00"), marked("11:00", "ad"), paid("+1 10:00")],
        by("silent", day="+1 "),
    ),
    Case(
        "the one before them does",
        [replied("10:00"), replied("+1 10:00", "a2"), marked("+1 11:00", "ad"), paid("+2 10:00")],
        by("silent", day="+2 "),
    ),
    Case(
        "a shop may have its own rules",
        [created("10:01"), replied("10:01:20"), paid("10:02")],
        by("chased", "a1"),
        {"attribution": "payment", "shops": {"s1": {"attribution": "order"}}},
    ),
]


@pytest.mark.parametrize("case", CREDITS, ids=lambda case: case.name)
def test_credit(case: Case) -> None:
    check(case, CREDIT)


SALES = "orders_paid sales_minor refunds_minor paying_buyers items unit_price_minor"


def sale(amount: int, *, orders: int = 1, items: int = 1, buyers: int = 1) -> dict[str, float]:
    return {
        "orders_paid": orders,
        "sales_minor": amount,
        "paying_buyers": buyers,
        "items": items,
        "unit_price_minor": amount / buyers,
    }


PRICED = [
    Case(
        "a silent sale is the shop's only",
        [paid("10:00", amount=500, items=3)],
        {"shop": sale(500, items=3)},
    ),
    Case(
        "two orders of one buyer",
        [replied("10:00"), paid("10:01", amount=500), paid("10:02", "o2", amount=300)],
        {"shop": sale(800, orders=2, items=2), "a1": sale(800, orders=2, items=2)},
    ),
    Case(
        "orders of two agents and one buyer",
        [
            replied("10:00"),
            paid("10:01", amount=500),
            replied("10:02", "a2"),
            paid("10:03", "o2", amount=300),
        ],
        {"shop": sale(800, orders=2, items=2), "a1": sale(500), "a2": sale(300)},
    ),
    Case(
        "two buyers",
        [paid("10:00", amount=1), paid("10:00", amount=2, buyer="b2")],
        {"shop": sale(3, orders=2, items=2, buyers=2)},
    ),
    Case(
        "the first payment counts, whatever the order of reading",
        [paid("10:05", amount=7), paid("10:00", amount=500), paid("10:06", amount=9)],
        {"shop": sale(500)},
    ),
    Case(
        "of one millisecond that with the smallest id",
        [paid("10:00", amount=500), paid("10:00", amount=7)],
        {"shop": sale(500)},
    ),
    Case("an unpaid order sells nothing", [replied("10:00"), created("10:01")], {}),
    Case(
        "cancelled and paid is paid",
        [created("10:00"), cancelled("10:01"), paid("10:02", amount=500)],
        {"shop": sale(500)},
    ),
    Case(
        "refunds stand on their own day beside the sale, without limit",
        [
            replied("10:00"),
            paid("10:01", amount=500),
            refunded("10:02", amount=400),
            refunded("+1 10:00", amount=300),
            refunded("+1 10:01", amount=300),
        ],
        {
            "shop": sale(500) | {"refunds_minor": 400},
            "a1": sale(500) | {"refunds_minor": 400},
            "+1 shop": {"refunds_minor": 600},
            "+1 a1": {"refunds_minor": 600},
        },
    ),
    Case(
        "a refund is of its day to the millisecond",
        [
            paid("10:01", amount=500),
            refunded("23:59:59.999", amount=1),
            refunded("+1 00:00", amount=2),
        ],
        {"shop": sale(500) | {"refunds_minor": 1}, "+1 shop": {"refunds_minor": 2}},
    ),
    Case(
        "refunds of a silent order are the shop's",
        [paid("10:01", amount=500), refunded("10:02", amount=400)],
        {"shop": sale(500) | {"refunds_minor": 400}},
    ),
    Case("refunds of an unpaid order are nothing", [created("10:00"), refunded("10:02")], {}),
    Case(
        "a refund before its payment counts too",
        [refunded("10:00", amount=400), paid("10:01", amount=500)],
        {"shop": sale(500) | {"refunds_minor": 400}},
    ),
    Case(
        "a flagged order sells nothing and its refunds are nothing",
        [replied("10:00"), paid("10:01"), refunded("10:02"), flagged("+1 10:00")],
        {},
    ),
    Case("flagged before it is paid too", [flagged("10:00"), paid("10:01")], {}),
    Case(
        "paid on an excluded day: no sale",
        [replied("-1 10:00"), paid("10:00"), marked("11:00", "ad")],
        {},
    ),
    Case(
        "and its refunds neither on that day nor on others",
        [paid("10:00"), marked("11:00", "ad"), refunded("12:00"), refunded("+1 12:00")],
        {},
    ),
    Case(
        "a refund on an excluded day is out",
        [paid("10:00", amount=500), refunded("+1 12:00"), marked("+1 13:00", "ad")],
        {"shop": sale(500)},
    ),
    Case(
        "order ids are each buyer's own",
        [paid("10:00", amount=1), refunded("10:01", buyer="b2")],
        {"shop": sale(1)},
    ),
]


@pytest.mark.parametrize("case", PRICED, ids=lambda case: case.name)
def test_sales(case: Case) -> None:
    check(case, SALES)


ASSISTS = "assists_order assists_payment assists_followup"


def assisted(kind: str, agent: str = "a2", *, day: str = "", n: int = 1) -> dict[str, object]:
    numbers = {f"assists_{kind}": n}
    return {f"{day}shop": numbers, f"{day}{agent}": numbers}


HELP = [
    Case(
        "before the order",
        [replied("10:00", "a2"), replied("10:01"), created("10:02"), paid("10:03")],
        assisted("order"),
    ),
    Case(
        "between order and payment",
        [replied("10:01"), created("10:02"), replied("10:02", "a2"), paid("10:03")],
        assisted("payment"),
    ),
    Case(
        "from the payment on",
        [replied("10:01"), created("10:02"), paid("10:03"), replied("10:03", "a2")],
        assisted("followup"),
    ),
    Case(
        "for less than seven days",
        [replied("10:01"), paid("10:03"), replied("+7 10:02:59.999", "a2")],
        assisted("followup", day="+7 "),
    ),
    Case("not longer", [replied("10:01"), paid("10:03"), replied("+7 10:03", "a2")], {}),
    Case(
        "from the beginning of the validity",
        [replied("00:00", "a2"), replied("10:01"), created("+1 10:00"), paid("+1 10:01")],
        assisted("order"),
    ),
    Case(
        "not earlier",
        [replied("-1 23:59:59.999", "a2"), replied("10:01"), created("+1 10:00"), paid("+1 10:01")],
        {},
    ),
    Case(
        "who earns it does not assist it",
        [replied("10:00"), created("10:02"), replied("10:02:30"), paid("10:03"), replied("10:04")],
        {},
    ),
    Case(
        "a silent order has no assistants",
        [replied("-2 10:00", "a2"), created("10:00"), paid("10:01"), replied("10:02", "a2")],
        {},
    ),
    Case(
        "every kind counts",
        [
            replied("10:00", "a2"),
            replied("10:01"),
            created("10:02"),
            replied("10:03", "a2"),
            paid("10:04"),
            replied("10:05", "a2"),
        ],
        {
            owner: {"assists_order": 1, "assists_payment": 1, "assists_followup": 1}
            for owner in ("shop", "a2")
        },
    ),
    Case(
        "many replies of a day count once, also for two orders",
        [
            replied("10:00", "a2"),
            replied("10:00:30", "a2"),
            replied("10:01"),
            paid("10:02"),
            paid("10:02", "o2"),
        ],
        assisted("order"),
    ),
    Case(
        "on two days twice",
        [
            replied("10:00", "a2"),
            replied("+1 10:00", "a2"),
            replied("+1 10:01"),
            paid("+1 10:02"),
        ],
        assisted("order") | assisted("order", day="+1 "),
    ),
    Case(
        "for two buyers twice",
        [
            *(replied("10:00", "a2", buyer=buyer) for buyer in ("b1", "b2")),
            *(replied("10:01", buyer=buyer) for buyer in ("b1", "b2")),
            *(paid("10:02", buyer=buyer) for buyer in ("b1", "b2")),
        ],
        assisted("order", n=2),
    ),
    Case(
        "two assistants",
        [replied("10:00", "a2"), replied("10:00", "a3"), replied("10:01"), paid("10:02")],
        assisted("order") | assisted("order", "a3") | {"shop": {"assists_order": 2}},
    ),
    Case(
        "a flagged order is assisted by everybody, also by who would have earned it",
        [
            replied("10:00", "a2"),
            replied("10:01"),
            created("10:02"),
            replied("10:03", "a3"),
            paid("10:04"),
            replied("10:05", "a3"),
            flagged("11:00"),
        ],
        {
            "shop": {"assists_order": 2, "assists_payment": 1, "assists_followup": 1},
            "a1": {"assists_order": 1},
            "a2": {"assists_order": 1},
            "a3": {"assists_payment": 1, "assists_followup": 1},
        },
    ),
    Case(
        "also a silent one",
        [created("10:00"), paid("10:01"), replied("10:02", "a2"), flagged("11:00")],
        assisted("followup"),
    ),
    Case("not an unpaid one", [replied("09:00"), created("10:00"), flagged("11:00")], {}),
    Case(
        "replies of an excluded day assist nothing",
        [replied("10:00", "a2"), marked("11:00", "ad"), replied("+1 10:00"), paid("+1 10:01")],
        {},
    ),
    Case(
        "an order paid on an excluded day is assisted on the others",
        [
            replied("10:00", "a2"),
            replied("10:01"),
            paid("+1 10:00"),
            marked("+1 11:00", "ad"),
        ],
        assisted("order"),
    ),
    Case(
        "by payment: who closed it assists who chased it",
        [replied("10:00", "a2"), created("10:01"), replied("10:02"), paid("10:03")],
        assisted("order"),
        PAYMENT,
    ),
]


@pytest.mark.parametrize("case", HELP, ids=lambda case: case.name)
def test_assists(case: Case) -> None:
    check(case, ASSISTS)
