"""Counts of one row and day to the daily scorecard of outputs.md."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from msgspec import Struct

from ..conversations.calendar import iso
from ..conversations.conversion import SPANS
from ..conversations.profiles import PROFILES
from ..conversations.rounds import BUCKETS
from ..conversations.row import NOBODY
from ..conversations.spam import REASONS
from .percentiles import percentile_ms

CREDITS: Final = ("closed", "chased", "silent")
P50, P90, P95 = Fraction(1, 2), Fraction(9, 10), Fraction(19, 20)


class Scorecard(Struct, frozen=True, kw_only=True):
    """One row's day, as replay, the API, the daily topic and the reports print it."""

    shop_id: str
    agent_id: str
    day: str

    rounds: int
    answered: int
    missed: int
    response_ms_sum: int
    response_ms_avg: float | None
    response_ms_p50: int | None
    response_ms_p90: int | None
    response_ms_p95: int | None
    response_histogram: list[int]
    first_responses: int
    first_response_ms_sum: int
    within_30s: int
    within_60s: int
    within_180s: int
    within_300s: int
    duty_rounds: int
    alarming: int
    slow_receptions: int
    transferred_unanswered: int
    abandoned: int

    consulted: int
    replied: int
    reply_ratio: float | None
    excluded: dict[str, int]

    inquiries: int
    ordered_same_day: int
    ordered_next_day: int
    ordered_final: int
    converted_same_day: int
    converted_next_day: int
    converted_final: int
    inquiries_same_day: int
    inquiries_next_day: int
    inquiries_final: int

    orders_paid: int
    sales_minor: int
    refunds_minor: int
    paying_buyers: int
    items: int
    unit_price_minor: float | None
    orders_by_credit: dict[str, int]
    assists_order: int
    assists_payment: int
    assists_followup: int

    buyer_messages: int
    agent_messages: int
    sessions: int
    max_concurrent: int

    profiles: dict[str, dict[str, int]]


_DERIVED: Final = frozenset(
    "shop_id agent_id day response_ms_avg response_ms_p50 response_ms_p90 response_ms_p95"
    " response_histogram duty_rounds reply_ratio excluded unit_price_minor orders_by_credit"
    " max_concurrent profiles".split()
)
COUNTED: Final = tuple(f for f in Scorecard.__struct_fields__ if f not in _DERIVED)
"""The fields that are a count of the same name."""


def scorecard(
    shop_id: str, agent_id: str, day: int, counts: Mapping[str, int], max_concurrent: int
) -> Scorecard | None:
    """Return the scorecard, or None when none of its numbers differs from zero."""
    get = counts.get
    histogram = [get(name, 0) for name in BUCKETS]
    plain = {name: get(name, 0) for name in COUNTED}
    excluded: dict[str, int] = {
        reason: n for reason in REASONS if (n := get(f"excluded.{reason}", 0))
    }
    credited = {kind: n for kind in CREDITS if (n := get(f"credit.{kind}", 0))}
    profiles = {name: _profile(name, counts) for name in PROFILES}
    duty_rounds = get("duty_300s", 0)
    if not (
        any(plain.values())
        or duty_rounds
        or excluded
        or max_concurrent
        or any(n for profile in profiles.values() for n in profile.values())
    ):
        return None
    return Scorecard(
        shop_id=shop_id,
        agent_id=agent_id,
        day=iso(day),
        response_ms_avg=ratio(plain["response_ms_sum"], plain["answered"]),
        response_ms_p50=percentile_ms(histogram, P50),
        response_ms_p90=percentile_ms(histogram, P90),
        response_ms_p95=percentile_ms(histogram, P95),
        response_histogram=histogram,
        duty_rounds=duty_rounds,
        reply_ratio=ratio(plain["replied"], plain["consulted"]),
        excluded=excluded,
        unit_price_minor=ratio(plain["sales_minor"], plain["paying_buyers"]),
        orders_by_credit=credited,
        max_concurrent=max_concurrent,
        profiles=profiles,
        **plain,
    )


def ratio(numerator: int, denominator: int) -> float | None:
    """Return the quotient, or None when there is nothing to divide by."""
    return numerator / denominator if denominator else None


def quotients(card: Scorecard) -> dict[str, float | int | None]:
    """Return the numbers made from printed fields, under their names of outputs.md."""
    made: dict[str, float | int | None] = {}
    for span in SPANS:
        inquiries = getattr(card, f"inquiries_{span}")
        ordered, converted = getattr(card, f"ordered_{span}"), getattr(card, f"converted_{span}")
        made[f"conversion_ratio_{span}"] = ratio(converted, inquiries)
        made[f"order_ratio_{span}"] = ratio(ordered, card.inquiries)
        made[f"pay_ratio_{span}"] = ratio(converted, ordered)
    made["net_minor"] = card.sales_minor - card.refunds_minor
    made["first_response_ms_avg"] = ratio(card.first_response_ms_sum, card.first_responses)
    made["items_per_buyer"] = ratio(card.items, card.paying_buyers)
    made["item_price_minor"] = ratio(card.sales_minor, card.items)
    return made


def is_shop(card: Scorecard) -> bool:
    """Tell the shop's own row from an agent's."""
    return card.agent_id == NOBODY


def _profile(name: str, counts: Mapping[str, int]) -> dict[str, int]:
    first = "ms_sum" if name == "taobao_avg" else "hits"
    return {key: counts.get(f"{name}.{key}", 0) for key in (first, "total")}
