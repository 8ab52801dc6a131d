"""The rules file (kpis.md 10): one set of rules for all shops, with overrides per shop.

A file with an unknown key or a wrong value is refused whole, with the key and the reason.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from ..contract.ids import HOUR, MAX_ID_LENGTH, MINUTE
from .calendar import Calendar
from .text import TextReader

Attribution: TypeAlias = Literal["order", "payment"]

CLOSERS: Final = tuple(
    "嗯 哦 噢 好 好的 好滴 好哒 好嘞 好吧 行 行吧 可以 收到 知道 知道了 了解 了解了 明白 明白了"
    " 谢谢 谢谢亲 好的亲 谢了 多谢 感谢 辛苦了 麻烦了 不用了 没事了 没问题 再见 拜拜 ok okay thanks"
    " thank-you thx bye".split()
)
AD_KEYWORDS: Final = tuple("刷单 代运营 代理 兼职 贷款 加微信 推广 引流 涨粉 补单".split())
MARKETPLACE_DOMAINS: Final = tuple(
    "taobao.com tmall.com tb.cn 1688.com alipay.com jd.com 3.cn pinduoduo.com yangkeduo.com"
    " douyin.com jinritemai.com kuaishou.com kwaixiaodian.com".split()
)
MAX_VALIDITY: Final = 365


class RulesError(ValueError):
    """A rules file that is refused; `str()` is the one clear line, `key` what to look at."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}" if key else reason)
        self.key = key


class Settings(Struct, frozen=True, kw_only=True):
    """The values of one shop's rules, as written; durations of the day in ms since 00:00."""

    timezone: str = "Asia/Shanghai"
    closers: tuple[str, ...] | None = CLOSERS
    auto_reply_prefixes: tuple[str, ...] = ()
    duty_window: tuple[int, int] = (8 * HOUR, 23 * HOUR)
    attribution: Attribution = "order"
    validity: int = 2
    block_list: tuple[str, ...] = ()
    internal_list: tuple[str, ...] = ()
    ad_keywords: tuple[str, ...] = AD_KEYWORDS
    marketplace_domains: tuple[str, ...] = MARKETPLACE_DOMAINS
    exempt_texts: tuple[str, ...] = ()


class Policy:
    """What the engine asks the rules of one shop: their values, and the tools made from them."""

    __slots__ = (
        "attribution",
        "auto_reply_prefixes",
        "block_list",
        "calendar",
        "duty_window",
        "internal_list",
        "reader",
        "validity",
    )

    def __init__(self, settings: Settings) -> None:
        self.calendar = Calendar(settings.timezone)
        self.reader = TextReader(
            closers=settings.closers,
            ad_keywords=settings.ad_keywords,
            marketplace_domains=settings.marketplace_domains,
            exempt_texts=settings.exempt_texts,
        )
        self.auto_reply_prefixes = settings.auto_reply_prefixes
        self.duty_window = settings.duty_window
        self.attribution: Attribution = settings.attribution
        self.validity = settings.validity
        self.block_list = frozenset(settings.block_list)
        self.internal_list = frozenset(settings.internal_list)

    def in_duty(self, at: int) -> bool:
        """Tell whether `at` lies in the duty window."""
        return self.in_window(at, self.duty_window)

    def in_window(self, at: int, window: tuple[int, int]) -> bool:
        """Tell whether the shop's wall clock at `at` lies in `[start, end)`."""
        return window[0] <= self.calendar.time_of_day(at) < window[1]


class Rules:
    """The rules of all shops; `Rules()` are the defaults."""

    def __init__(
        self, default: Settings | None = None, shops: dict[str, Settings] | None = None
    ) -> None:
        self._default = default or Settings()
        self._shops = shops or {}
        self._policies: dict[Settings, Policy] = {}

    @classmethod
    def parse(cls, text: str, *, toml: bool) -> Rules:
        """Read a rules file; raise `RulesError` naming the key that is wrong, and why."""
        try:
            table: object = tomllib.loads(text) if toml else json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RulesError("", f"not valid {'TOML' if toml else 'JSON'}: {error}") from None
        if not isinstance(table, dict):
            raise RulesError("", "must be a table of keys")
        shops = table.pop("shops", {})
        if not isinstance(shops, dict):
            raise RulesError("shops", 'must be a table: [shops."<shop_id>"]')
        default = _settings(table, Settings(), "")
        overrides = {}
        for shop_id, override in shops.items():
            where = f"shops.{shop_id}."
            if not 0 < len(shop_id) <= MAX_ID_LENGTH:
                raise RulesError(where[:-1], f"a shop id has 1 to {MAX_ID_LENGTH} characters")
            if not isinstance(override, dict):
                raise RulesError(where[:-1], "must be a table of keys")
            overrides[shop_id] = _settings(override, default, where)
        return cls(default, overrides)

    def for_shop(self, shop_id: str) -> Policy:
        """Return the policy of a shop; shops with equal rules share one."""
        settings = self._shops.get(shop_id, self._default)
        policy = self._policies.get(settings)
        if policy is None:
            policy = self._policies[settings] = Policy(settings)
        return policy

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any value of any shop."""
        values = msgspec.json.encode([self._default, sorted(self._shops.items())])
        return hashlib.sha256(values).hexdigest()[:16]


def _settings(table: dict[str, Any], default: Settings, where: str) -> Settings:
    values = {name: getattr(default, name) for name in Settings.__struct_fields__}
    for key, value in table.items():
        read = _READERS.get(key)
        if read is None:
            raise RulesError(f"{where}{key}", f"unknown key; known are {', '.join(_READERS)}")
        try:
            values[key] = read(value)
        except ValueError as error:
            raise RulesError(f"{where}{key}", str(error)) from None
    return Settings(**values)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValueError("must be a list of strings")
    return tuple(value)


def _words(value: object) -> tuple[str, ...]:
    words = _texts(value)
    if not all(words):
        raise ValueError("an entry must not be empty")
    return words


def _domains(value: object) -> tuple[str, ...]:
    domains = tuple(domain.lower() for domain in _words(value))
    for domain in domains:
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", domain):
            raise ValueError(f'{domain!r} is no domain such as "taobao.com"')
    return domains


def _closers(value: object) -> tuple[str, ...] | None:
    if value == "strict":
        return None
    try:
        return _texts(value)
    except ValueError:
        raise ValueError('must be a list of strings or "strict"') from None


def _timezone(value: object) -> str:
    try:
        if isinstance(value, str) and value:
            ZoneInfo(value)
            return value
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise ValueError(f'{value!r} is no time zone such as "Asia/Shanghai"')


def _time(value: object) -> int:
    match = re.fullmatch(r"([0-9]{2}):([0-9]{2})", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be two times "HH:MM", such as ["08:00", "23:00"]')
    hours, minutes = int(match[1]), int(match[2])
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise ValueError(f"{match[0]} is no time between 00:00 and 24:00")
    return hours * HOUR + minutes * MINUTE


def _duty_window(value: object) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError('must be two times "HH:MM", such as ["08:00", "23:00"]')
    start, end = map(_time, value)
    if start >= end:
        raise ValueError(f"must begin before it ends, but is {value[0]} to {value[1]}")
    return start, end


def _attribution(value: object) -> Attribution:
    if value not in ("order", "payment"):
        raise ValueError(f'must be "order" or "payment", not {value!r}')
    return value


def _validity(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_VALIDITY:
        raise ValueError(f"must be a whole number of days, 1 to {MAX_VALIDITY}, not {value!r}")
    return value


_READERS: Final = {
    "timezone": _timezone,
    "closers": _closers,
    "auto_reply_prefixes": _words,
    "duty_window": _duty_window,
    "attribution": _attribution,
    "validity": _validity,
    "block_list": _words,
    "internal_list": _words,
    "ad_keywords": _words,
    "marketplace_domains": _domains,
    "exempt_texts": _texts,
}
