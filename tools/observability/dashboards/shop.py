"""The shop: its people, its speed, its sales, and whom it leaves out."""

from __future__ import annotations

from . import numbers
from .board import Board, shops
from .numbers import SHOPS
from .palette import CLEAR, GOOD, NEUTRAL, PURPLE, WARNING, YELLOW, steps
from .panels import MONEY, SECONDS, SHARE, Panel, query
from .people import agents
from .shapes import lines
from .shares import LIMITS, buyers, conversion, credits_of_orders, shop_bands
from .shop_tiles import shop_tiles
from .words import Words


def shop() -> Board:
    """Return the dashboard of one shop, or of several together."""
    return Board(
        name="shop",
        description=Words("一家或几家店铺的一天。", "The day of one shop or of several."),
        panels=[
            *(((3 * n, 0, 3, 4), panel) for n, panel in enumerate(shop_tiles())),
            ((0, 4, 16, 10), agents(height="sm")),
            ((16, 4, 8, 10), _trend()),
            ((0, 14, 8, 7), _within()),
            ((8, 14, 8, 7), _waiting()),
            ((16, 14, 8, 7), _sales()),
            ((0, 21, 6, 6), shop_bands()),
            ((6, 21, 6, 6), conversion("shop", SHOPS)),
            ((12, 21, 6, 6), credits_of_orders()),
            ((18, 21, 6, 6), buyers()),
        ],
        variables=[shops()],
        start="now-3h",
        refresh="10s",
    )


def _trend() -> Panel:
    return lines(
        Words("各店平均响应·5分钟", "Mean response by shop, 5 min"),
        Words(
            "每家店铺的 5 分钟平均响应；虚线为告警阈值。",
            "Each shop's mean of 5 minutes; dashed: thresholds.",
        ),
        [query(numbers.mean("shop", "5m", SHOPS, "shop"), "{{shop}}")],
        unit=SECONDS,
        steps=steps("shop_slow", good=CLEAR),
    )


def _within() -> Panel:
    return lines(
        Words("N 秒内回复率·1小时", "Answered within N seconds, 1 hour"),
        Words(
            "最近一小时在 30、60、180、300 秒内得到回复的轮次占比。",
            "Shares of the last hour's rounds answered within 30, 60, 180, 300 s.",
        ),
        [
            query(numbers.within("shop", limit, "1h", SHOPS), Words(f"{limit} 秒", f"{limit} s"))
            for limit in LIMITS
        ],
        unit=SHARE,
        colours=[NEUTRAL, GOOD, WARNING, PURPLE],
        top=1,
    )


def _waiting() -> Panel:
    return lines(
        Words("等待与排队", "Waiting and queued"),
        Words("随时间变化的等待客户与排队客户。", "Waiting and queued buyers over time."),
        [
            query(f"sum (shop:chatpulse_waiting_buyers:sum{{{SHOPS}}})", Words("等待", "waiting")),
            query(f"sum (shop:chatpulse_queued_buyers:sum{{{SHOPS}}})", Words("排队", "queued")),
        ],
        unit="none",
        colours=[NEUTRAL, YELLOW],
    )


def _sales() -> Panel:
    return lines(
        Words("销售与退款·今日累计", "Sales and refunds, today so far"),
        Words("今日累计付款金额与退款金额。", "Paid and refunded so far today."),
        [
            query(numbers.yuan("chatpulse_shop_sales_minor", SHOPS), Words("销售额", "sales")),
            query(numbers.yuan("chatpulse_shop_refunds_minor", SHOPS), Words("退款", "refunds")),
        ],
        unit=MONEY,
        colours=[GOOD, PURPLE],
    )
