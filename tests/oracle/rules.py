"""The rules file (section 10), read strictly: an unknown key or a wrong value refuses all of it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from .calendar import DAY, HOUR, MINUTE, Calendar
from .words import Words

CLOSERS = """
    嗯 哦 噢 好 好的 好滴 好哒 好嘞 好吧 行 行吧 可以 收到 知道 知道了 了解 了解了
    明白 明白了 谢谢 谢谢亲 好的亲 谢了 多谢 感谢 辛苦了 麻烦了 不用了 没事了
    没问题 再见 拜拜 ok okay thanks thank-you thx bye
"""
KEYWORDS = "刷单 代运营 代理 兼职 贷款 加微信 推广 引流 涨粉 补单"
DOMAINS = """
    taobao.com tmall.com tb.cn 1688.com alipay.com jd.com 3.cn pinduoduo.com yangkeduo.com
    douyin.com jinritemai.com kuaishou.com kwaixiaodian.com
"""

DEFAULTS: dict[str, Any] = {
    "timezone": "Asia/Shanghai",
    "closers": CLOSERS.split(),
    "auto_reply_prefixes": [],
    "duty_window": ["08:00", "23:00"],
    "attribution": "order",
    "validity": 2,
    "block_list": [],
    "internal_list": [],
    "ad_keywords": KEYWORDS.split(),
    "marketplace_domains": DOMAINS.split(),
    "exempt_texts": [],
}


@dataclasses.dataclass(slots=True)
class Policy:
    """The rules of one shop, ready to use."""

    calendar: Calendar
    words: Words
    auto_reply_prefixes: tuple[str, ...]
    duty_window: tuple[int, int]  # ms of the day, [start, end)
    attribution: str
    validity: int
    block_list: frozenset[str]
    internal_list: frozenset[str]

    def in_window(self, t: int, window: tuple[int, int]) -> bool:
        return window[0] <= self.calendar.time_of_day(t) < window[1]

    def on_duty(self, t: int) -> bool:
        return self.in_window(t, self.duty_window)


class Rules:
    """All shops' rules: the common ones, and the keys under `shops` that override them."""

    def __init__(self, rules: Mapping[str, Any] | None) -> None:
        rules = {} if rules is None else rules
        if not isinstance(rules, Mapping):
            raise ValueError("the rules are no table")
        shops = rules.get("shops", {})
        if not isinstance(shops, Mapping):
            raise ValueError("shops: must be a table")
        common = {key: value for key, value in rules.items() if key != "shops"}
        self._common = {**DEFAULTS, **_checked(common, "")}
        self._shops: dict[str, dict[str, Any]] = {}
        for shop, keys in shops.items():
            if not isinstance(keys, Mapping):
                raise ValueError(f"shops.{shop}: must be a table")
            self._shops[shop] = {**self._common, **_checked(keys, f"shops.{shop}.")}
        self._policies: dict[str, Policy] = {}

    def of(self, shop: str) -> Policy:
        if shop not in self._policies:
            self._policies[shop] = _policy(self._shops.get(shop, self._common))
        return self._policies[shop]


def _policy(keys: Mapping[str, Any]) -> Policy:
    start, end = (_clock(text) for text in keys["duty_window"])
    return Policy(
        calendar=Calendar(keys["timezone"]),
        words=Words(
            closers=None if keys["closers"] == "strict" else tuple(keys["closers"]),
            keywords=tuple(keys["ad_keywords"]),
            domains=tuple(keys["marketplace_domains"]),
            exempt=tuple(keys["exempt_texts"]),
        ),
        auto_reply_prefixes=tuple(keys["auto_reply_prefixes"]),
        duty_window=(start, end),
        attribution=keys["attribution"],
        validity=keys["validity"],
        block_list=frozenset(keys["block_list"]),
        internal_list=frozenset(keys["internal_list"]),
    )


def _checked(keys: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    for key, value in keys.items():
        if key not in DEFAULTS:
            raise ValueError(f"{where}{key}: unknown key")
        if not _valid(key, value):
            raise ValueError(f"{where}{key}: wrong value")
    return keys


def _valid(key: str, value: Any) -> bool:
    match key:
        case "timezone":
            return isinstance(value, str) and _known_zone(value)
        case "attribution":
            return value in ("order", "payment")
        case "validity":
            return type(value) is int and value >= 1
        case "duty_window":
            if not _texts(value) or len(value) != 2:
                return False
            start, end = (_clock(text) for text in value)
            return 0 <= start < end <= DAY  # start < end <= 24:00
        case "closers":
            return value == "strict" or _texts(value)
        case "auto_reply_prefixes":  # an empty prefix would make every reply automatic
            return _texts(value) and all(value)
    return _texts(value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True


def _clock(text: str) -> int:
    """Read `HH:MM` as milliseconds of the day, -1 if it is none; 24:00 is the end of the day."""
    found = re.fullmatch(r"([01][0-9]|2[0-4]):([0-5][0-9])", text)
    if found is None:
        return -1
    return int(found[1]) * HOUR + int(found[2]) * MINUTE
