"""What the messages say, in Chinese and in English."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["zh", "en"]


class Texts(NamedTuple):
    """The phrases of one language; `{}` stands for a number, a time or a name."""

    firing: tuple[str, str]
    """One and several alerts that fire."""
    resolved: tuple[str, str]
    digest: str
    escalated: str
    more: tuple[str, str]
    since: str
    button: str
    runbook: str
    hours: str
    minutes: str
    seconds: str
    comma: str
    colon: str
    labels: dict[str, str]


EN: Final = Texts(
    firing=("{} alert firing", "{} alerts firing"),
    resolved=("{} resolved", "{} resolved"),
    digest="Digest of {} messages held back",
    escalated="Escalated, not resolved for {}",
    more=("… and {} more alert", "… and {} more alerts"),
    since="since {}",
    button="Open the wall",
    runbook="runbook",
    hours="{} h",
    minutes="{} min",
    seconds="{} s",
    comma=", ",
    colon=": ",
    labels={
        "shop": "shop",
        "agent": "agent",
        "window": "window",
        "topic": "topic",
        "partition": "partition",
        "receiver": "receiver",
        "reason": "reason",
        "instance": "instance",
    },
)

ZH: Final = Texts(
    firing=("告警 {} 条", "告警 {} 条"),
    resolved=("已恢复 {} 条", "已恢复 {} 条"),
    digest="汇总：限流期间积压的 {} 条通知",
    escalated="升级：{}未恢复",
    more=("……另有 {} 条告警", "……另有 {} 条告警"),
    since="{} 起",
    button="打开大屏",
    runbook="处理手册",
    hours="{} 小时",
    minutes="{} 分钟",
    seconds="{} 秒",
    comma="，",
    colon="：",
    labels={
        "shop": "店铺",
        "agent": "客服",
        "window": "窗口",
        "topic": "主题",
        "partition": "分区",
        "receiver": "接收方",
        "reason": "原因",
        "instance": "实例",
    },
)

TEXTS: Final[dict[Language, Texts]] = {"zh": ZH, "en": EN}


def counted(forms: tuple[str, str], number: int) -> str:
    """Return the singular or the plural, with the number in it."""
    return forms[number != 1].format(number)


def span(texts: Texts, ms: int) -> str:
    """Return a span of time as people say it, to the minute, or to the second below one."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [texts.hours.format(hours)] if hours else []
    parts += [texts.minutes.format(minutes)] if minutes else []
    return " ".join(parts or [texts.seconds.format(seconds)])
