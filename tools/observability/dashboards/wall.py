"""The wall: 1920 by 1080, no scrolling; who is slow and who waits, at one glance."""

from __future__ import annotations

from . import numbers
from .alerts import firing
from .board import Board, shops
from .numbers import SHOPS
from .palette import CLEAR, NEUTRAL, PURPLE, YELLOW, levels, steps
from .panels import CLOCK, SECONDS, Panel, query
from .people import agents, shop_rows
from .shapes import bars, lines, painted
from .wall_tiles import wall_tiles
from .words import Words


def wall() -> Board:
    """Return the wall."""
    return Board(
        name="wall",
        description=Words("谁慢、谁在等：一眼看清。", "Who is slow, who waits: at one glance."),
        panels=[
            *(((3 * n, 0, 3, 4), panel) for n, panel in enumerate(wall_tiles())),
            ((0, 4, 8, 8), _longest_waits()),
            ((0, 12, 8, 8), _slowest()),
            ((8, 4, 16, 16), agents(rows=13)),
            ((0, 20, 9, 7), _trend()),
            ((9, 20, 5, 7), shop_rows()),
            ((14, 20, 6, 7), firing()),
            ((20, 20, 4, 7), _volume()),
        ],
        variables=[shops()],
        start="now-30m",
    )


def _longest_waits() -> Panel:
    return bars(
        Words("谁的客户等得最久", "Whose buyers wait longest"),
        Words(
            "每位客服名下等待最久的客户，前五名。",
            "The oldest open wait of each agent, the first five.",
        ),
        [
            query(
                _top(f"agent:chatpulse_oldest_wait_seconds:max{{{SHOPS}}}"),
                "{{agent}} · {{shop}}",
                instant=True,
            )
        ],
        unit=CLOCK,
        steps=steps("buyer_waiting"),
        top=2 * (levels("buyer_waiting").critical or 0),
    )


def _slowest() -> Panel:
    return bars(
        Words("谁回复最慢·5分钟平均", "Who answers slowest, 5 min mean"),
        Words(
            "最近 5 分钟平均响应最慢的五位客服（轮次足够者）。",
            "The five slowest means of the last 5 minutes, of agents with enough rounds.",
        ),
        [query(_top(numbers.slow_agents()), "{{agent}} · {{shop}}", instant=True)],
        unit=SECONDS,
        steps=steps("slow_responder"),
        top=2 * (levels("slow_responder").critical or 0),
    )


def _top(expr: str) -> str:
    return f"sort_desc (topk (5, {expr}))"


def _trend() -> Panel:
    return lines(
        Words("响应时间趋势", "Response times"),
        Words(
            "5 分钟内：平均、各店中最高的 90 分位、最慢客服的平均；虚线为告警阈值。",
            "Of 5 minutes: mean, highest p90 of a shop, slowest agent's mean; dashed: thresholds.",
        ),
        [
            query(numbers.mean("shop", "5m", SHOPS), Words("平均", "mean")),
            query(
                f'max (chatpulse_shop_response_p90_seconds{{{SHOPS}, window="5m"}})',
                Words("90分位", "p90"),
            ),
            query(f"max ({numbers.slow_agents()})", Words("最慢客服", "slowest agent")),
        ],
        unit=SECONDS,
        steps=steps("slow_responder", good=CLEAR),
        colours=[NEUTRAL, PURPLE, YELLOW],
    )


def _volume() -> Panel:
    excluded = "shop:chatpulse_excluded_buyers:sum"
    return bars(
        Words("真实客户与广告·今日", "Genuine and ads, today"),
        Words(
            "今日真实咨询客户，与被排除的广告、内部、黑名单客户。",
            "Today's consulting buyers, and those left out: ads, internal, blocked.",
        ),
        [
            query(
                f'sum (shop:chatpulse_window_consulted_buyers:sum{{{SHOPS}, window="today"}})',
                Words("真实", "genuine"),
                instant=True,
            ),
            query(f'sum ({excluded}{{{SHOPS}, reason="ad"}})', Words("广告", "ads"), instant=True),
            query(
                f'sum ({excluded}{{{SHOPS}, reason!="ad"}})', Words("其他", "other"), instant=True
            ),
        ],
        unit="none",
        overrides=[painted("A", NEUTRAL), painted("B", PURPLE), painted("C", YELLOW)],
    )
