"""The shop: its people, its speed, its sales, and whom it leaves out."""

from __future__ import annotations

from . import numbers
from .board import Board, shops
from .numbers import SHOPS
from .palette import CLEAR, CRITICAL, GOOD, NEUTRAL, PURPLE, WARNING, YELLOW, steps, tiles
from .panels import CLOCK, MONEY, SECONDS, SHARE, Panel, bars, lines, painted, query, stat
from .people import agents
from .words import Words

LIMITS = (30, 60, 180, 300)
SPANS = {
    "same_day": Words("当日", "same day"),
    "next_day": Words("次日", "next day"),
    "final": Words("最终", "final"),
}


def shop() -> Board:
    """Return the dashboard of one shop, or of several together."""
    return Board(
        name="shop",
        description=Words("一家或几家店铺的一天。", "The day of one shop or of several."),
        panels=[
            *(((3 * n, 0, 3, 4), panel) for n, panel in enumerate(_numbers())),
            ((0, 4, 16, 10), agents(height="sm")),
            ((16, 4, 8, 10), _trend()),
            ((0, 14, 8, 7), _within()),
            ((8, 14, 8, 7), _waiting()),
            ((16, 14, 8, 7), _sales()),
            ((0, 21, 6, 6), _bands()),
            ((6, 21, 6, 6), conversion("shop", SHOPS)),
            ((12, 21, 6, 6), _credits()),
            ((18, 21, 6, 6), _buyers()),
        ],
        variables=[shops()],
        start="now-3h",
        refresh="10s",
    )


def _numbers() -> list[Panel]:
    return [
        stat(
            Words("等待客户", "Waiting buyers"),
            Words("此刻等待人工回复的客户数。", "Buyers who wait for an answer now."),
            f"sum (shop:chatpulse_waiting_buyers:sum{{{SHOPS}}})",
            unit="none",
        ),
        stat(
            Words("排队客户", "Queued buyers"),
            Words("其中尚无客服接待的客户数。", "Those of them whom no agent has taken yet."),
            f"sum (shop:chatpulse_queued_buyers:sum{{{SHOPS}}})",
            unit="none",
            steps=tiles("buyers_queued"),
        ),
        stat(
            Words("最长等待", "Longest wait"),
            Words("等待最久的客户已等了多久。", "How long the oldest open wait has lasted."),
            f"max (shop:chatpulse_oldest_wait_seconds:max{{{SHOPS}}})",
            unit=CLOCK,
            steps=tiles("buyer_waiting"),
            nothing=Words("无人等待", "nobody"),
        ),
        stat(
            Words("平均响应·5分钟", "Mean response, 5 min"),
            Words(
                "最近 5 分钟内已回复轮次的平均等待。",
                "Mean wait of the rounds answered in the last 5 minutes.",
            ),
            numbers.mean("shop", "5m", SHOPS),
            unit=SECONDS,
            steps=tiles("shop_slow"),
        ),
        stat(
            Words("3分钟回复率·1小时", "Within 3 min, 1 hour"),
            Words(
                "最近一小时 3 分钟内得到回复的轮次占比。",
                "Share of the last hour's rounds answered within three minutes.",
            ),
            numbers.within("shop", 180, "1h", SHOPS),
            unit=SHARE,
            steps=tiles("shop_three_minute_rate"),
        ),
        stat(
            Words("回复率·今日", "Reply rate today"),
            Words(
                "今日咨询客户中得到回复的占比。",
                "Share of today's consulting buyers who got a reply.",
            ),
            numbers.replied("shop", "today", SHOPS),
            unit=SHARE,
            steps=tiles("shop_reply_rate"),
        ),
        stat(
            Words("销售额·今日", "Sales today"),
            Words(
                "今日付款金额，含静默下单，未扣退款。",
                "Paid today, silent orders included, refunds not taken off.",
            ),
            numbers.yuan("chatpulse_shop_sales_minor", SHOPS),
            unit=MONEY,
        ),
        stat(
            Words("客单价·今日", "Per buyer today"),
            Words("今日销售额除以付款客户数。", "Sales per paying buyer today."),
            f"sum (chatpulse_shop_sales_minor{{{SHOPS}}}) / 100"
            f" / (sum (chatpulse_shop_paying_buyers{{{SHOPS}}}) > 0)",
            unit=MONEY,
        ),
    ]


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


def _bands() -> Panel:
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


def _credits() -> Panel:
    names = {
        "closed": Words("落实下单", "closed by an agent"),
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


def _buyers() -> Panel:
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
