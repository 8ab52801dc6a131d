"""Counts to the daily scorecard of outputs.md."""

from __future__ import annotations

import json

import msgspec
import pytest

from chatpulse.scoreboard.scorecard import (
    COUNTED,
    Scorecard,
    is_shop,
    quotients,
    ratio,
    scorecard,
)
from tests.builders import FIRST_DAY

FIELDS = """
shop_id agent_id day
rounds answered missed response_ms_sum response_ms_avg response_ms_p50 response_ms_p90
response_ms_p95 response_histogram first_responses first_response_ms_sum within_30s within_60s
within_180s within_300s duty_rounds alarming slow_receptions transferred_unanswered abandoned
consulted replied reply_ratio excluded
inquiries ordered_same_day ordered_next_day ordered_final converted_same_day converted_next_day
converted_final inquiries_same_day inquiries_next_day inquiries_final
orders_paid sales_minor refunds_minor paying_buyers items unit_price_minor orders_by_credit
assists_order assists_payment assists_followup
buyer_messages agent_messages sessions max_concurrent
profiles
"""
ZEROS = {
    "taobao_3min": {"hits": 0, "total": 0},
    "taobao_avg": {"ms_sum": 0, "total": 0},
    "pdd_3min": {"hits": 0, "total": 0},
    "jd_30s": {"hits": 0, "total": 0},
    "douyin_3min": {"hits": 0, "total": 0},
    "kuaishou_3min": {"hits": 0, "total": 0},
}


def card(owner: str = "a1", concurrent: int = 0, **counts: int) -> Scorecard:
    named = {name.replace("__", "."): n for name, n in counts.items()}
    found = scorecard("s1", owner, FIRST_DAY, named, concurrent)
    assert found is not None
    return found


def printed(found: Scorecard) -> dict[str, object]:
    return json.loads(msgspec.json.encode(found))


def test_fields_are_those_of_the_contract_in_its_order() -> None:
    assert list(printed(card(rounds=1))) == FIELDS.split()


def test_a_card_of_one_number() -> None:
    zeros = dict.fromkeys(FIELDS.split(), 0)
    nothing = dict.fromkeys(
        "response_ms_avg response_ms_p50 response_ms_p90 response_ms_p95 reply_ratio"
        " unit_price_minor".split()
    )
    names = {"shop_id": "s1", "agent_id": "a1", "day": "2025-03-03"}
    empty = {"excluded": {}, "orders_by_credit": {}, "profiles": ZEROS}
    assert printed(card(rounds=1)) == {
        **zeros,
        **nothing,
        **names,
        **empty,
        "response_histogram": [0] * 15,
        "rounds": 1,
    }


@pytest.mark.parametrize("name", COUNTED)
def test_each_number_is_a_reason_to_print_and_stands_in_its_field(name: str) -> None:
    assert getattr(card(**{name: 7}), name) == 7


REASONS = [
    ({"duty_300s": 2}, 0, "duty_rounds", 2),
    ({"excluded.ad": 1}, 0, "excluded", {"ad": 1}),
    ({"excluded.internal": 2, "excluded.blocked": 3}, 0, "excluded", {"internal": 2, "blocked": 3}),
    ({}, 3, "max_concurrent", 3),
    ({"taobao_avg.ms_sum": 5, "taobao_avg.total": 1}, 0, "profiles",
     {**ZEROS, "taobao_avg": {"ms_sum": 5, "total": 1}}),
    ({"jd_30s.total": 1}, 0, "profiles", {**ZEROS, "jd_30s": {"hits": 0, "total": 1}}),
    ({"jd_30s.hits": 1, "jd_30s.total": 2}, 0, "profiles",
     {**ZEROS, "jd_30s": {"hits": 1, "total": 2}}),
]  # fmt: skip


@pytest.mark.parametrize(("counts", "concurrent", "field", "value"), REASONS)
def test_numbers_in_groups(
    counts: dict[str, int], concurrent: int, field: str, value: object
) -> None:
    found = scorecard("s1", "", FIRST_DAY, counts, concurrent)
    assert found is not None
    assert getattr(found, field) == value


def test_nothing_is_not_printed() -> None:
    assert scorecard("s1", "", FIRST_DAY, {}, 0) is None
    zeros = {"rounds": 0, "duty_300s": 0, "excluded.ad": 0, "jd_30s.total": 0, "credit.closed": 0}
    assert scorecard("s1", "", FIRST_DAY, zeros, 0) is None
    other = {"duty_30s": 1}  # of the windows only
    assert scorecard("s1", "", FIRST_DAY, other, 0) is None


def test_averages_ratios_and_percentiles() -> None:
    found = card(
        rounds=3,
        answered=2,
        response_ms_sum=25_001,
        responses__2=1,
        responses__4=1,
        consulted=3,
        replied=2,
        orders_paid=3,
        sales_minor=1_001,
        paying_buyers=2,
        credit__closed=2,
        credit__silent=1,
    )
    assert found.response_ms_avg == 12_500.5
    assert found.response_histogram == [0, 0, 1, 0, 1, *[0] * 10]
    assert (found.response_ms_p50, found.response_ms_p90, found.response_ms_p95) == (
        15_000,
        28_000,
        29_000,
    )
    assert found.reply_ratio == 2 / 3
    assert found.unit_price_minor == 500.5
    assert found.orders_by_credit == {"closed": 2, "silent": 1}


def test_ratio() -> None:
    assert ratio(1, 2) == 0.5
    assert ratio(0, 2) == 0.0
    assert ratio(1, 0) is None


def test_quotients_of_printed_fields() -> None:
    found = card(
        inquiries=4,
        inquiries_same_day=4,
        inquiries_next_day=2,
        ordered_same_day=2,
        ordered_next_day=3,
        converted_same_day=1,
        converted_next_day=2,
        sales_minor=900,
        refunds_minor=1_000,
        first_responses=2,
        first_response_ms_sum=70_000,
        items=3,
        paying_buyers=2,
    )
    assert quotients(found) == {
        "conversion_ratio_same_day": 0.25,
        "order_ratio_same_day": 0.5,
        "pay_ratio_same_day": 0.5,
        "conversion_ratio_next_day": 1.0,
        "order_ratio_next_day": 0.75,
        "pay_ratio_next_day": 2 / 3,
        "conversion_ratio_final": None,
        "order_ratio_final": 0.0,
        "pay_ratio_final": None,
        "net_minor": -100,
        "first_response_ms_avg": 35_000,
        "items_per_buyer": 1.5,
        "item_price_minor": 300,
    }


def test_the_shops_own_row_has_no_agent() -> None:
    assert is_shop(card("", rounds=1))
    assert not is_shop(card("a1", rounds=1))
