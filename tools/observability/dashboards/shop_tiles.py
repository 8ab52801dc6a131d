"""The eight big numbers of a shop."""

from __future__ import annotations

from . import numbers
from .numbers import SHOPS
from .palette import tiles
from .panels import CLOCK, MONEY, SECONDS, SHARE, Panel
from .shapes import stat
from .words import Words


def shop_tiles() -> list[Panel]:
    """Return the upper row of a shop."""
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
