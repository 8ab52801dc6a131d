"""One person's day: rounds, bands, sales, assists."""

from __future__ import annotations

from . import numbers
from .board import Board, shops, variable
from .numbers import AGENT
from .palette import CLEAR, NEUTRAL, PURPLE, YELLOW, steps, tiles
from .panels import CLOCK, MONEY, SECONDS, SHARE, Panel, bars, lines, query, stat
from .shop import bands, conversion
from .words import Words

SHOP = 'shop="$shop"'


def agent() -> Board:
    """Return the dashboard of one agent."""
    return Board(
        name="agent",
        description=Words("一位客服的一天。", "The day of one agent."),
        panels=[
            *(((3 * n, 0, 3, 5), panel) for n, panel in enumerate(_now())),
            *(((4 * n, 5, 4, 4), panel) for n, panel in enumerate(_sold())),
            ((0, 9, 14, 9), _trend()),
            (
                (14, 9, 10, 9),
                bands("agent", AGENT, Words("响应时间分布·今日", "Waits by length, today")),
            ),
            ((0, 18, 8, 9), _load()),
            ((8, 18, 8, 9), conversion("agent", AGENT)),
            ((16, 18, 8, 9), _assists()),
        ],
        variables=[
            shops(multiple=False),
            variable(
                "agent",
                Words("客服", "Agent"),
                'chatpulse_agent_waiting_buyers{shop="$shop"}',
                multiple=False,
            ),
        ],
        start="now/d",
        refresh="10s",
    )


def _now() -> list[Panel]:
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


def _sold() -> list[Panel]:
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


def _trend() -> Panel:
    return lines(
        Words("响应时间", "Response times"),
        Words(
            "该客服与全店的 5 分钟平均及该客服的 90 分位；虚线为告警阈值。",
            "5 minute means of the agent and the shop, and the agent's p90; dashed: thresholds.",
        ),
        [
            query(numbers.mean("agent", "5m", AGENT), Words("本人平均", "agent's mean")),
            query(
                f'max (chatpulse_agent_response_p90_seconds{{{AGENT}, window="5m"}})',
                Words("本人90分位", "agent's p90"),
            ),
            query(numbers.mean("shop", "5m", SHOP), Words("全店平均", "shop's mean")),
        ],
        unit=SECONDS,
        steps=steps("slow_responder", good=CLEAR),
        colours=[YELLOW, PURPLE, NEUTRAL],
    )


def _load() -> Panel:
    return lines(
        Words("接待量", "Load"),
        Words("等待客户与进行中会话。", "Waiting buyers and active conversations."),
        [
            query(
                f"sum (agent:chatpulse_active_conversations:sum{{{AGENT}}})",
                Words("进行中会话", "active conversations"),
            ),
            query(f"sum (agent:chatpulse_waiting_buyers:sum{{{AGENT}}})", Words("等待", "waiting")),
        ],
        unit="none",
        colours=[NEUTRAL, YELLOW],
    )


def _assists() -> Panel:
    names = {
        "order": Words("协助下单", "order"),
        "payment": Words("协助付款", "payment"),
        "followup": Words("协助跟进", "follow-up"),
    }
    return bars(
        Words("协助·今日", "Assists today"),
        Words(
            "今日对同事成交的协助次数，按种类。",
            "Assists given to colleagues' sales today, by kind.",
        ),
        [
            query(f'sum (chatpulse_agent_assists{{{AGENT}, kind="{kind}"}})', name, instant=True)
            for kind, name in names.items()
        ],
        unit="none",
    )
