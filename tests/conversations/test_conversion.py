"""Inquiries and what became of them (kpis.md 4)."""

from __future__ import annotations

import pytest

from tests.builders import (
    Case,
    cancelled,
    check,
    created,
    flagged,
    marked,
    paid,
    replied,
    wrote,
)

SPANS = ("same_day", "next_day", "final")
FIELDS = " ".join(
    ("inquiries", *(f"{what}_{s}" for what in ("inquiries", "ordered", "converted") for s in SPANS))
)


def became(*, ordered: str = "", converted: str = "", without: str = "") -> dict[str, int]:
    """An inquiry that was ordered and converted in the spans from the first named on.

    `without` names the spans whose denominator leaves it out.
    """
    numbers = {"inquiries": 1}
    numbers |= {f"inquiries_{span}": 1 for span in SPANS if span not in without.split()}
    for what, first in (("ordered", ordered), ("converted", converted)):
        if first:
            numbers |= {f"{what}_{span}": 1 for span in SPANS[SPANS.index(first) :]}
    return numbers


ASKED = became()
SOLD = became(ordered="same_day", converted="same_day")
NEXT = became(ordered="next_day", converted="next_day")
FINAL = became(ordered="final", converted="final")

CASES = [
    Case("asked only", [wrote("10:00")], {"shop": ASKED}),
    Case("ordered", [wrote("10:00"), created("10:01")], {"shop": became(ordered="same_day")}),
    Case("bought", [wrote("10:00"), created("10:01"), paid("10:02")], {"shop": SOLD}),
    Case(
        "bought in the last millisecond of the day",
        [wrote("10:00"), paid("23:59:59.999")],
        {"shop": SOLD},
    ),
    Case("on the next day", [wrote("10:00"), paid("+1 00:00")], {"shop": NEXT}),
    Case("in its last millisecond", [wrote("10:00"), paid("+1 23:59:59.999")], {"shop": NEXT}),
    Case("on the third day", [wrote("10:00"), paid("+2 00:00")], {"shop": FINAL}),
    Case(
        "in the last millisecond of the fourth",
        [wrote("10:00"), paid("+3 23:59:59.999")],
        {"shop": FINAL},
    ),
    Case("too late", [wrote("10:00"), paid("+4 00:00")], {"shop": ASKED}),
    Case(
        "ordered at once, paid later",
        [wrote("10:00"), created("10:01"), paid("+2 10:00")],
        {"shop": became(ordered="same_day", converted="final")},
    ),
    Case(
        "ordered before the question, paid after it",
        [created("09:00"), wrote("10:00"), paid("11:00")],
        {"shop": SOLD},
    ),
    Case(
        "ordered before the question and never paid",
        [created("09:00"), wrote("10:00")],
        {"shop": became(ordered="same_day")},
    ),
    Case(
        "paid in the millisecond of the question", [wrote("10:00"), paid("10:00")], {"shop": SOLD}
    ),
    Case(
        "also when it was ordered before",
        [created("09:00"), wrote("10:00"), paid("10:00")],
        {"shop": SOLD},
    ),
    Case("paid before the question is after-sale", [paid("09:59:59.999"), wrote("10:00")], {}),
    Case(
        "for 21 days",
        [paid("10:00"), replied("+8 10:00"), replied("+16 10:00"), wrote("+21 10:00")],
        {},
    ),
    Case(
        "and not longer",
        [paid("10:00"), replied("+8 10:00"), replied("+16 10:00"), wrote("+21 10:00:00.001")],
        {"+21 shop": ASKED},
    ),
    Case(
        "unless another order follows",
        [paid("09:00"), wrote("10:00"), created("10:01", "o2")],
        {"shop": became(ordered="same_day")},
    ),
    Case(
        "in the millisecond of the question too",
        [paid("09:00"), wrote("10:00"), created("10:00", "o2")],
        {"shop": became(ordered="same_day")},
    ),
    Case("but not before it", [paid("09:00"), created("09:59:59.999", "o2"), wrote("10:00")], {}),
    Case(
        "until the end of the final span",
        [paid("09:00"), wrote("10:00"), created("+3 23:59:59.999", "o2")],
        {"shop": became(ordered="final")},
    ),
    Case("not later", [paid("09:00"), wrote("10:00"), created("+4 00:00", "o2")], {}),
    Case(
        "a second payment is a second order placed when paid",
        [paid("09:00"), wrote("10:00"), paid("11:00", "o2")],
        {"shop": SOLD},
    ),
    Case(
        "a flagged order is no purchase",
        [paid("09:00"), flagged("09:01"), wrote("10:00")],
        {"shop": ASKED},
    ),
    Case(
        "and converts nothing", [wrote("10:00"), paid("11:00"), flagged("12:00")], {"shop": ASKED}
    ),
    Case(
        "and ends no after-sale",
        [paid("09:00"), wrote("10:00"), created("11:00", "o2"), flagged("12:00", "o2")],
        {},
    ),
    Case(
        "cancelled unpaid is not ordered",
        [wrote("10:00"), created("11:00"), cancelled("12:00")],
        {"shop": ASKED},
    ),
    Case(
        "cancelled and paid is",
        [wrote("10:00"), created("11:00"), cancelled("12:00"), paid("13:00")],
        {"shop": SOLD},
    ),
    Case(
        "cancelled ends an after-sale all the same",
        [paid("09:00"), wrote("10:00"), created("11:00", "o2"), cancelled("12:00", "o2")],
        {"shop": ASKED},
    ),
    Case(
        "only the one that stands was ordered",
        [wrote("10:00"), created("11:00"), cancelled("12:00"), created("+1 10:00", "o2")],
        {"shop": became(ordered="next_day")},
    ),
    Case(
        "the first of two orders",
        [wrote("10:00"), paid("+1 10:00"), paid("11:00", "o2")],
        {"shop": SOLD},
    ),
    Case(
        "an order paid before the question does not belong, an unpaid one does",
        [paid("09:00"), wrote("10:00"), created("08:00", "o2"), created("+1 10:00", "o3")],
        {"shop": became(ordered="same_day")},
    ),
    Case(
        "each day has its inquiry",
        [wrote("10:00"), wrote("+1 10:00"), paid("+1 11:00")],
        {"shop": NEXT, "+1 shop": SOLD},
    ),
    Case("a closer is none", [replied("10:00"), wrote("10:01", "好的"), paid("10:02")], {}),
    Case("an excluded day is none", [wrote("10:00"), paid("10:01"), marked("11:00", "ad")], {}),
    Case(
        "an order of an excluded day converts another's",
        [wrote("10:00"), paid("+1 10:00"), marked("+1 11:00", "ad")],
        {"shop": NEXT},
    ),
]

AGENTS = [
    Case(
        "the agent who is credited converts",
        [wrote("10:00", to="a1"), replied("10:01"), paid("10:02")],
        {"shop": SOLD, "a1": SOLD},
    ),
    Case(
        "an agent consulted in vain is not blamed for a colleague's sale",
        [wrote("10:00", to="a1"), replied("10:01", "a2"), paid("10:02")],
        {
            "shop": SOLD,
            "a1": became(ordered="same_day", without="same_day next_day final"),
            "a2": SOLD,
        },
    ),
    Case(
        "nor for a silent one",
        [wrote("10:00", to="a1"), paid("10:02")],
        {"shop": SOLD, "a1": became(ordered="same_day", without="same_day next_day final")},
    ),
    Case(
        "span by span",
        [wrote("10:00", to="a1"), paid("+1 00:00")],
        {"shop": NEXT, "a1": became(ordered="next_day", without="next_day final")},
    ),
    Case(
        "a sale of his own besides counts",
        [
            wrote("10:00", to="a1"),
            created("10:01"),
            replied("10:02", "a1"),
            paid("10:03"),
            replied("+1 09:00", "a2"),
            paid("+1 10:00", "o2"),
        ],
        {"shop": SOLD, "a1": SOLD},
    ),
    Case(
        "a colleague's sale first, his own later",
        [
            wrote("10:00", to="a1"),
            replied("10:01", "a2"),
            paid("10:02"),
            replied("23:00", "a1"),
            paid("+1 00:00", "o2"),
        ],
        {
            "shop": SOLD,
            "a1": became(ordered="same_day", converted="next_day", without="same_day"),
            "a2": SOLD,
        },
    ),
    Case(
        "each agent by his own instant",
        [
            wrote("10:00", to="a1"),
            replied("10:01"),
            paid("10:02"),
            wrote("10:03", to="a2"),
            replied("10:04", "a2"),
        ],
        {"shop": SOLD, "a1": SOLD},
    ),
    Case(
        "after-sale for the second agent, until something is ordered",
        [
            wrote("10:00", to="a1"),
            replied("10:01"),
            paid("10:02"),
            wrote("10:03", to="a2"),
            replied("10:04", "a2"),
            created("10:05", "o2"),
        ],
        {"shop": SOLD, "a1": SOLD, "a2": became(ordered="same_day")},
    ),
    Case(
        "also if he was named later, but answers the question from before",
        [wrote("10:00"), paid("10:00:30"), wrote("10:01", to="a1"), replied("10:02")],
        {"shop": SOLD, "a1": became(ordered="same_day", without="same_day next_day final")},
    ),
    Case(
        "but not if he was named before",
        [
            wrote("10:00", to="a1"),
            replied("10:01", "a2"),
            created("10:01:30"),
            wrote("10:02"),
            replied("10:03"),
            paid("10:04"),
        ],
        {"shop": SOLD, "a1": became(ordered="same_day", without="same_day next_day final")}
        | {"a2": SOLD},
    ),
    Case(
        "no agent's inquiry without the shop's",
        [paid("09:00"), wrote("10:00", to="a1"), wrote("+1 10:00", to="a2")],
        {},
    ),
    Case(
        "who takes over is consulted when the round was asked",
        [wrote("10:00"), created("10:01"), replied("10:02"), paid("10:03")],
        {"shop": SOLD, "a1": SOLD},
    ),
]


@pytest.mark.parametrize("case", CASES + AGENTS, ids=lambda case: case.name)
def test_inquiries(case: Case) -> None:
    check(case, FIELDS)
