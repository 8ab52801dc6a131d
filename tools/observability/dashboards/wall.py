"""The wall: 1920 by 1080, no scrolling; who is slow and who waits, at one glance."""

from __future__ import annotations

from . import numbers
from .alerts import firing
from .board import Board, shops
from .numbers import SHOPS
from .palette import CLEAR, NEUTRAL, PURPLE, YELLOW, levels, steps, tiles
from .panels import CLOCK, SECONDS, SHARE, Panel, bars, lines, painted, query, stat
from .people import agents, shop_rows
from .words import Words


def wall() -> Board:
    """Return the wall."""
    return Board(
        name="wall",
        description=Words("谁慢、谁在等：一眼看清。", "Who is slow, who waits: at one glance."),
        panels=[
            *(((3 * n, 0, 3, 4), panel) for n, panel in enumerate(_big_numbers())),
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


def _big_numbers() -> list[Panel]:
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
