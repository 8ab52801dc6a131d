"""One person's day: rounds, bands, sales, assists."""

from __future__ import annotations

from . import numbers
from .agent_tiles import agent_now, agent_sold
from .board import Board, shops, variable
from .numbers import AGENT
from .palette import CLEAR, NEUTRAL, PURPLE, YELLOW, steps
from .panels import SECONDS, Panel, query
from .shapes import bars, lines
from .shares import bands, conversion
from .words import Words

SHOP = 'shop="$shop"'


def agent() -> Board:
    """Return the dashboard of one agent."""
    return Board(
        name="agent",
        description=Words("一位客服的一天。", "The day of one agent."),
        panels=[
            *(((3 * n, 0, 3, 5), panel) for n, panel in enumerate(agent_now())),
            *(((4 * n, 5, 4, 4), panel) for n, panel in enumerate(agent_sold())),
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
