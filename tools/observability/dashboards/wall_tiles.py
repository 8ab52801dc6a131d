"""The eight big numbers of the wall."""

from __future__ import annotations

from . import numbers
from .numbers import SHOPS
from .palette import tiles
from .panels import CLOCK, SECONDS, SHARE, Panel
from .shapes import stat
from .words import Words


def wall_tiles() -> list[Panel]:
    """Return the upper row of the wall."""
    return [
        stat(
            Words("等待客户", "Waiting buyers"),
            Words(
                "此刻等待人工回复的客户数（含排队）。",
                "Buyers who wait for an answer now, queue included.",
            ),
            f"sum (shop:chatpulse_waiting_buyers:sum{{{SHOPS}}})",
            unit="none",
        ),
        stat(
            Words("最长等待", "Longest wait"),
            Words(
                "等待最久的客户已等了多久；处理进程停止时仍继续增长。",
                "How long the oldest open wait has lasted; it grows on while a worker is down.",
            ),
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
            Words("30秒内回复·1小时", "Within 30 s, 1 hour"),
            Words(
                "最近一小时值班时段内，30 秒内得到回复的轮次占比。",
                "Share of the last hour's rounds on duty answered within 30 s.",
            ),
            numbers.within("shop", 30, "1h", SHOPS),
            unit=SHARE,
            steps=tiles("thirty_second_rate"),
        ),
        stat(
            Words("回复率·今日", "Reply rate today"),
            Words(
                "今日咨询客户中得到回复的占比，已排除广告。",
                "Share of today's consulting buyers who got a reply, ads left out.",
            ),
            numbers.replied("shop", "today", SHOPS),
            unit=SHARE,
            steps=tiles("shop_reply_rate"),
        ),
        stat(
            Words("询单转化·今日", "Conversion today"),
            Words(
                "今日询单客户中当日付款的占比。", "Share of today's inquiries paid on the same day."
            ),
            numbers.converted("shop", SHOPS),
            unit=SHARE,
            steps=tiles("conversion"),
        ),
        stat(
            Words("接待中客服", "Agents serving"),
            Words(
                "最近 10 分钟有会话的客服人数。",
                "Agents with a conversation in the last 10 minutes.",
            ),
            f"count (agent:chatpulse_active_conversations:sum{{{SHOPS}}} > 0)",
            unit="none",
        ),
        stat(
            Words("数据延迟", "Data delay"),
            Words(
                "现在与最新事件之间的间隔；变红时其他数字已不新鲜。",
                "From the newest event to now; when it is red the other numbers are old.",
            ),
            numbers.DELAY,
            unit=SECONDS,
            steps=tiles("data_delay"),
        ),
    ]
