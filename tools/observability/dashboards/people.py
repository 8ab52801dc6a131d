"""Tables of agents and shops, who waits longest first."""

from __future__ import annotations

from typing import Final

from . import numbers
from .board import to
from .numbers import SHOPS
from .palette import CLEAR, CRITICAL, WARNING, behind, tiles
from .panels import CLOCK, MONEY, SECONDS, SHARE, Panel
from .tables import Column, Label, table
from .words import Words

AGENT: Final = Words("客服", "Agent")
SHOP: Final = Words("店铺", "Shop")
WAITING: Final = Words("等待", "Waiting")
OLDEST: Final = Words("最久等待", "Longest wait")
BY: Final = "shop, agent"

STATES: Final = {
    0: (Words("正常", "fine"), CLEAR),
    1: (Words("▲ 偏慢", "▲ slow"), behind(WARNING)),
    2: (Words("● 很慢", "● very slow"), behind(CRITICAL)),
    10: (Words("▲ 久等", "▲ long wait"), behind(WARNING)),
    11: (Words("▲ 久等 偏慢", "▲ long wait, slow"), behind(WARNING)),
    12: (Words("● 很慢 久等", "● very slow, long wait"), behind(CRITICAL)),
    20: (Words("● 超时等待", "● very long wait"), behind(CRITICAL)),
    21: (Words("● 超时 偏慢", "● very long wait, slow"), behind(CRITICAL)),
    22: (Words("● 超时 很慢", "● very slow, very long wait"), behind(CRITICAL)),
}
"""What the sum of both levels means; a mark beside each colour."""


def agents(*, rows: int | None = None, height: str = "md") -> Panel:
    """Return the agents of the chosen shops."""
    return table(
        Words("客服明细 · 等待最久在前", "Agents, longest wait first"),
        Words(
            "每位客服：状态、等待客户、最久等待、响应、回复率、业绩、转化。",
            "Each agent: state, waiting, longest wait, responses, reply rate, sales, conversion.",
        ),
        [
            Column(
                title=Words("状态", "State"),
                expr=numbers.agent_state(),
                texts=STATES,
                align="left",
                width=204,
            ),
            Label(
                name="agent",
                title=AGENT,
                link=(
                    Words("个人页", "Agent's page"),
                    to("agent", "var-agent=${__value.raw}&var-shop=${__data.fields.shop}"),
                ),
            ),
            Label(name="shop", title=SHOP, width=120),
            Column(
                title=WAITING,
                expr=f"sum by ({BY}) (agent:chatpulse_waiting_buyers:sum{{{SHOPS}}})",
                width=90,
            ),
            Column(
                title=OLDEST,
                expr=numbers.agent_waits(),
                unit=CLOCK,
                steps=tiles("buyer_waiting"),
                texts={0: ("—", CLEAR)},
                width=110,
            ),
            Column(
                title=Words("平均响应", "Mean, 5 min"),
                expr=numbers.mean("agent", "5m", SHOPS, BY),
                unit=SECONDS,
                steps=tiles("slow_responder"),
                width=110,
            ),
            Column(
                title=Words("30秒内", "Within 30 s"),
                expr=numbers.within("agent", 30, "1h", SHOPS, BY),
                unit=SHARE,
                width=110,
            ),
            Column(
                title=Words("回复率", "Reply rate"),
                expr=numbers.replied("agent", "today", SHOPS, BY),
                unit=SHARE,
                steps=tiles("agent_reply_rate"),
                width=110,
            ),
            Column(
                title=Words("业绩", "Sales"),
                expr=numbers.yuan("chatpulse_agent_sales_minor", SHOPS, BY),
                unit=MONEY,
                width=110,
            ),
            Column(
                title=Words("转化率", "Conversion"),
                expr=numbers.converted("agent", SHOPS, BY),
                unit=SHARE,
                width=110,
            ),
        ],
        sort=OLDEST,
        rows=rows,
        height=height,
    )


def shop_rows() -> Panel:
    """Return the chosen shops."""
    return table(
        Words("店铺", "Shops"),
        Words(
            "每家店铺：等待客户、最久等待、5 分钟平均响应。",
            "Each shop: waiting buyers, longest wait, mean of 5 minutes.",
        ),
        [
            Label(
                name="shop",
                title=SHOP,
                width=110,
                link=(Words("店铺页", "Shop's page"), to("shop", "var-shop=${__value.raw}")),
            ),
            Column(
                title=WAITING,
                expr=f"sum by (shop) (shop:chatpulse_waiting_buyers:sum{{{SHOPS}}})",
                width=70,
            ),
            Column(
                title=OLDEST,
                expr=numbers.shop_waits(),
                unit=CLOCK,
                steps=tiles("buyer_waiting"),
                texts={0: ("—", CLEAR)},
                width=100,
            ),
            Column(
                title=Words("响应", "Mean"),
                expr=numbers.mean("shop", "5m", SHOPS, "shop"),
                unit=SECONDS,
                steps=tiles("shop_slow"),
                width=76,
            ),
        ],
        sort=OLDEST,
        height="sm",
    )
