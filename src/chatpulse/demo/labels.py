"""The words of the board, in Chinese and in English."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["zh", "en"]


class Words(NamedTuple):
    """Everything the board says in one language; `units` are hour, minute, second."""

    title: str
    shop: str
    agent: str
    waiting: str
    queued: str
    oldest: str
    mean_5m: str
    mean_today: str
    within_30s: str
    within_180s: str
    reply_ratio: str
    converted: str
    conversion_ratio: str
    sales: str
    ads: str
    delay: str
    throughput: str
    per_second: str
    weekdays: str
    city: str
    slow: str
    slow_means: str
    too_slow: str
    too_slow_means: str
    wall: str
    metrics: str
    scorecards: str
    stop: str
    more: str
    starting: str
    stopped: str
    units: tuple[str, str, str]


ZH: Final = Words(
    title="客服实时看板",
    shop="店铺",
    agent="客服",
    waiting="等待",
    queued="排队",
    oldest="最长等待",
    mean_5m="响应 5分钟",
    mean_today="响应 今日",
    within_30s="30秒内",
    within_180s="3分钟内",
    reply_ratio="回复率",
    converted="转化/询单",
    conversion_ratio="转化率",
    sales="今日销售额 ¥",
    ads="排除广告",
    delay="数据延迟",
    throughput="吞吐",
    per_second="事件/秒",
    weekdays="周一 周二 周三 周四 周五 周六 周日",
    city="上海时间",
    slow="偏慢",
    slow_means="平均响应 > 60 秒，等待 ≥ 100 秒",
    too_slow="过慢",
    too_slow_means="平均响应 > 100 秒，等待 ≥ 180 秒",
    wall="大屏",
    metrics="指标",
    scorecards="接口",
    stop="Ctrl-C 结束",
    more="另有 {} 位客服，窗口再高一些就能看到",
    starting="正在启动：内置 Kafka、模拟店铺、处理程序……",
    stopped="演示已结束，没有留下任何进程。",
    units=("时", "分", "秒"),
)

EN: Final = Words(
    title="live service room",
    shop="shop",
    agent="agent",
    waiting="waiting",
    queued="queued",
    oldest="oldest",
    mean_5m="reply 5m",
    mean_today="today",
    within_30s="≤30 s",
    within_180s="≤3 min",
    reply_ratio="replied",
    converted="sold/asked",
    conversion_ratio="rate",
    sales="sales ¥",
    ads="ads out",
    delay="data delay",
    throughput="throughput",
    per_second="events/s",
    weekdays="Mon Tue Wed Thu Fri Sat Sun",
    city="Shanghai",
    slow="slow",
    slow_means="mean > 60 s, wait ≥ 100 s",
    too_slow="too slow",
    too_slow_means="mean > 100 s, wait ≥ 180 s",
    wall="wall",
    metrics="metrics",
    scorecards="API",
    stop="Ctrl-C ends it",
    more="and {} more: make the window higher to see them",
    starting="starting: embedded Kafka, simulated shop, worker ...",
    stopped="The demo has ended; nothing of it is left running.",
    units=("h", "m", "s"),
)

WORDS: Final[dict[Language, Words]] = {"zh": ZH, "en": EN}


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language that the locale's variables ask for; English unless it is Chinese."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.startswith("zh") else "en"
    return "en"


def system_language() -> Language:
    """Return the language of this process's locale."""
    return language_of(os.environ)
