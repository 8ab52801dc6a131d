"""Bars of how something is made up: waits by length, orders by credit, buyers by reason."""

from __future__ import annotations

from typing import Final

from . import numbers
from .numbers import SHOPS
from .palette import CRITICAL, GOOD, NEUTRAL, PURPLE, WARNING, YELLOW
from .panels import SHARE, Panel, query
from .shapes import bars, painted
from .words import Words

LIMITS: Final = (30, 60, 180, 300)
SPANS: Final = {
    "same_day": Words("当日", "same day"),
    "next_day": Words("次日", "next day"),
    "final": Words("最终", "final"),
}


def shop_bands() -> Panel:
    """Return the shop's rounds of today by how long they waited."""
    return bands("shop", SHOPS, Words("响应时间分布·今日", "Waits by length, today"))


def bands(level: str, labels: str, title: Words) -> Panel:
    """Return today's rounds on duty by how long they waited."""
    here = f'{labels}, window="today"'
    upto = [f'sum (chatpulse_{level}_window_rounds_within{{{here}, limit="{n}"}})' for n in LIMITS]
    rest = f'sum (chatpulse_{level}_window_duty_rounds{{{here}, limit="{LIMITS[-1]}"}})'
    names = ["≤ 30", "30-60", "60-180", "180-300", "> 300"]
    counts = [upto[0], *(f"{b} - {a}" for a, b in zip(upto, [*upto[1:], rest], strict=True))]
    return bars(
        title,
        Words(
            "今日值班时段内的轮次，按等待时长分段；最后一段含未回复。",
            "Today's rounds on duty by their wait; the last band holds the unanswered too.",
        ),
        [
            query(f"clamp_min ({expr}, 0)", Words(f"{name} 秒", f"{name} s"), instant=True)
            for name, expr in zip(names, counts, strict=True)
        ],
        unit="none",
        overrides=[
            painted(chr(ord("A") + n), colour)
            for n, colour in enumerate([GOOD, NEUTRAL, YELLOW, WARNING, CRITICAL])
        ],
    )


def conversion(level: str, labels: str) -> Panel:
    """Return the conversion of today's inquiries, by how much time the buyers had."""
    return bars(
        Words("询单转化率·今日询单", "Conversion of today's inquiries"),
        Words(
            "今日询单客户的付款占比：当日、次日、最终（至今）。",
            "Share of today's inquiries paid: on the day, by the next day, in the end (so far).",
        ),
        [
            query(numbers.converted(level, labels, span=span), name, instant=True)
            for span, name in SPANS.items()
        ],
        unit=SHARE,
        decimals=1,
        top=1,
    )


def credits_of_orders() -> Panel:
    """Return today's paid orders by credit."""
    names = {
        "closed": Words("落实下单", "closed"),
        "chased": Words("催付", "chased"),
        "silent": Words("静默", "silent"),
    }
    return bars(
        Words("付款订单·今日按归属", "Paid orders by credit, today"),
        Words(
            "今日付款订单：落实下单、催付、静默。", "Today's paid orders: closed, chased, silent."
        ),
        [
            query(
                f'sum (chatpulse_shop_paid_orders{{{SHOPS}, credit="{kind}"}})', name, instant=True
            )
            for kind, name in names.items()
        ],
        unit="none",
    )


def buyers() -> Panel:
    """Return today's genuine buyers and those left out."""
    names = {
        "ad": Words("广告", "ads"),
        "internal": Words("内部", "internal"),
        "blocked": Words("黑名单", "blocked"),
    }
    excluded = "shop:chatpulse_excluded_buyers:sum"
    return bars(
        Words("真实客户与被排除者·今日", "Genuine buyers and those left out, today"),
        Words(
            "今日真实咨询客户与按原因排除的客户。",
            "Today's consulting buyers, and those left out by reason.",
        ),
        [
            query(
                f'sum (shop:chatpulse_window_consulted_buyers:sum{{{SHOPS}, window="today"}})',
                Words("真实", "genuine"),
                instant=True,
            ),
            *(
                query(f'sum ({excluded}{{{SHOPS}, reason="{reason}"}})', name, instant=True)
                for reason, name in names.items()
            ),
        ],
        unit="none",
        overrides=[painted("A", GOOD), painted("B", PURPLE)],
    )
