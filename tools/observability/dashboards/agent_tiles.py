"""The big numbers of one agent's day."""

from __future__ import annotations

from . import numbers
from .numbers import AGENT
from .palette import tiles
from .panels import CLOCK, MONEY, SECONDS, SHARE, Panel
from .shapes import stat
from .words import Words


def agent_now() -> list[Panel]:
    """Return how the agent answers: now and today."""
    return [
        stat(
            Words("等待客户", "Waiting buyers"),
            Words("此刻等待该客服回复的客户数。", "Buyers who wait for this agent now."),
            f"sum (agent:chatpulse_waiting_buyers:sum{{{AGENT}}})",
            unit="none",
        ),
        stat(
            Words("最久等待", "Longest wait"),
            Words(
                "等待该客服最久的客户已等了多久。",
                "How long this agent's oldest open wait has lasted.",
            ),
            f"max (agent:chatpulse_oldest_wait_seconds:max{{{AGENT}}})",
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
            numbers.mean("agent", "5m", AGENT),
            unit=SECONDS,
            steps=tiles("slow_responder"),
        ),
        stat(
            Words("平均响应·今日", "Mean response today"),
            Words("今日已回复轮次的平均等待。", "Mean wait of today's answered rounds."),
            numbers.mean("agent", "today", AGENT),
            unit=SECONDS,
            steps=tiles("slow_responder"),
        ),
        stat(
            Words("已回复轮次·今日", "Answered rounds today"),
            Words("今日回复了多少轮提问。", "How many rounds were answered today."),
            f'sum (agent:chatpulse_window_responses:sum{{{AGENT}, window="today"}})',
            unit="none",
        ),
        stat(
            Words("30秒内回复·今日", "Within 30 s today"),
            Words(
                "今日值班轮次中 30 秒内回复的占比。",
                "Share of today's rounds on duty answered within 30 s.",
            ),
            numbers.within("agent", 30, "today", AGENT),
            unit=SHARE,
            steps=tiles("thirty_second_rate"),
        ),
        stat(
            Words("3分钟回复率·今日", "Within 3 min today"),
            Words(
                "今日值班轮次中 3 分钟内回复的占比。",
                "Share of today's rounds on duty answered within 3 minutes.",
            ),
            numbers.within("agent", 180, "today", AGENT),
            unit=SHARE,
            steps=tiles("agent_three_minute_rate"),
        ),
        stat(
            Words("回复率·今日", "Reply rate today"),
            Words(
                "今日咨询该客服的客户中得到回复的占比。",
                "Share of today's buyers consulted who got a reply.",
            ),
            numbers.replied("agent", "today", AGENT),
            unit=SHARE,
            steps=tiles("agent_reply_rate"),
        ),
    ]


def agent_sold() -> list[Panel]:
    """Return what the agent sold today."""
    buyers = f"sum (chatpulse_agent_paying_buyers{{{AGENT}}})"
    return [
        stat(
            Words("业绩·今日", "Sales today"),
            Words(
                "今日归属该客服的付款金额，未扣退款。",
                "Sales credited today, refunds not taken off.",
            ),
            numbers.yuan("chatpulse_agent_sales_minor", AGENT),
            unit=MONEY,
        ),
        stat(
            Words("退款·今日", "Refunds today"),
            Words("今日记在该客服名下的退款。", "Refunds charged today."),
            numbers.yuan("chatpulse_agent_refunds_minor", AGENT),
            unit=MONEY,
        ),
        stat(
            Words("付款客户·今日", "Paying buyers today"),
            Words("今日付款的不同客户数。", "Different buyers who paid today."),
            buyers,
            unit="none",
        ),
        stat(
            Words("客单价·今日", "Per buyer today"),
            Words("今日业绩除以付款客户数。", "Sales per paying buyer today."),
            f"{numbers.yuan('chatpulse_agent_sales_minor', AGENT)} / ({buyers} > 0)",
            unit=MONEY,
        ),
        stat(
            Words("询单客户·今日", "Inquiries today"),
            Words(
                "今日询单客户数，即转化率的分母。",
                "Inquiries of today: the denominator of conversion.",
            ),
            f'sum (chatpulse_agent_inquiries{{{AGENT}, span="same_day"}})',
            unit="none",
        ),
        stat(
            Words("询单转化·今日", "Conversion today"),
            Words(
                "今日询单客户中当日付款的占比。", "Share of today's inquiries paid on the same day."
            ),
            numbers.converted("agent", AGENT),
            unit=SHARE,
            steps=tiles("conversion"),
        ),
    ]
