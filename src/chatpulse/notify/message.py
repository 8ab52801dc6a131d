"""Say in one language what happened; how a vendor draws it is the vendor's affair."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from .alerts import SEVERITIES, Alert, Group
from .texts import TEXTS, Language, Texts, counted, span

Tone: TypeAlias = Literal["critical", "warning", "info", "resolved"]

MARKS: Final[dict[Tone, str]] = {"critical": "🔴", "warning": "🟠", "info": "🔵", "resolved": "✅"}
TITLED_CHARS: Final = 60
"""A single alert whose summary is not longer has it in the title alone."""

MAX_LINES: Final = 20
"""Alerts listed in one message; nobody reads more."""


class Notice(Struct, frozen=True, kw_only=True):
    """Something one receiver is to be told."""

    group: Group
    at_ms: int
    """When it was to be told."""
    escalated_ms: int | None = None
    """For an escalation: how long the group has not been resolved."""


class Line(NamedTuple):
    """One alert."""

    mark: str
    text: str
    """Empty if the title says it already."""
    facts: str
    detail: str
    runbook_url: str


class Message(NamedTuple):
    """What to draw; all texts are plain, each vendor escapes them for its own markup."""

    tone: Tone
    title: str
    lines: tuple[Line, ...]
    more: int
    """Alerts that are not listed."""
    url: str
    """Where the button leads; empty means no button."""
    texts: Texts

    @property
    def tail(self) -> str:
        """The line about the alerts that are not listed; empty if all are."""
        return counted(self.texts.more, self.more) if self.more else ""


def compose(
    notices: tuple[Notice, ...], language: Language, *, zone: tzinfo, wall_url: str
) -> Message:
    """Return the message for one notice, or the digest of several (oldest first)."""
    texts = TEXTS[language]
    alerts = sorted(_latest(notices), key=_urgency)
    lines = tuple(_line(alert, language, zone, notices[-1].at_ms) for alert in alerts[:MAX_LINES])
    if len(alerts) > 1:
        lines = tuple(line._replace(detail="") for line in lines)
    elif lines and len(lines[0].text) <= TITLED_CHARS:
        lines = (lines[0]._replace(text=""),)
    return Message(
        tone=_tone(alerts),
        title=_title(notices, alerts, language),
        lines=lines,
        more=len(alerts) - len(lines) + sum(notice.group.truncated for notice in notices),
        url=next((a.dashboard_url for a in alerts if a.dashboard_url), wall_url),
        texts=texts,
    )


def fit(message: Message, size: Callable[[Message], int], limit: int) -> Message:
    """Leave out alerts from the end until `size` is within `limit`."""
    while size(message) > limit and message.lines:
        message = message._replace(lines=message.lines[:-1], more=message.more + 1)
    return message


def _latest(notices: tuple[Notice, ...]) -> list[Alert]:
    """Return each alert once, as the newest notice about it says."""
    alerts: dict[str, Alert] = {}
    for notice in notices:
        alerts |= {alert.fingerprint: alert for alert in notice.group.alerts}
    return list(alerts.values())


def _urgency(alert: Alert) -> tuple[bool, int, int, str]:
    return (
        not alert.firing,
        SEVERITIES.index(alert.severity),
        alert.starts_ms,
        alert.fingerprint,
    )


def _tone(alerts: list[Alert]) -> Tone:
    """Return the tone of the most urgent alert, which is the first."""
    return alerts[0].severity if alerts and alerts[0].firing else "resolved"


def _title(notices: tuple[Notice, ...], alerts: list[Alert], language: Language) -> str:
    texts = TEXTS[language]
    before = []
    if len(notices) > 1:
        before.append(texts.digest.format(len(notices)))
    escalated = [n.escalated_ms for n in notices if n.escalated_ms is not None]
    if escalated:
        before.append(texts.escalated.format(span(texts, max(escalated))))
    if len(alerts) == 1:
        what = _summary(alerts[0], language)
    else:
        firing = sum(alert.firing for alert in alerts)
        counts = [(texts.firing, firing), (texts.resolved, len(alerts) - firing)]
        what = texts.comma.join(counted(forms, number) for forms, number in counts if number)
        shops = {dict(alert.labels).get("shop") for alert in alerts}
        if len(shops) == 1 and (shop := shops.pop()) is not None:
            what += f" · {shop}"
    return f"{MARKS[_tone(alerts)]} {texts.colon.join([*before, what])}"


def _line(alert: Alert, language: Language, zone: tzinfo, now_ms: int) -> Line:
    texts = TEXTS[language]
    facts = [f"{texts.labels[name]} {value}" for name, value in alert.labels]
    begin = _clock(alert.starts_ms, zone, now_ms)
    if alert.ends_ms is None:
        facts.append(texts.since.format(begin))
    else:
        facts.append(f"{begin} – {_clock(alert.ends_ms, zone, now_ms)}")
    chinese = alert.description_zh if language == "zh" else ""
    return Line(
        mark=MARKS[alert.severity if alert.firing else "resolved"],
        text=_summary(alert, language),
        facts=" · ".join(facts),
        detail=(chinese or alert.description) if alert.firing else "",
        runbook_url=alert.runbook_url if alert.firing else "",
    )


def _summary(alert: Alert, language: Language) -> str:
    chinese = alert.summary_zh if language == "zh" else ""
    return chinese or alert.summary or alert.name


def _clock(at_ms: int, zone: tzinfo, now_ms: int) -> str:
    """Return the time of day; with the date, if that is not today's."""
    at, now = (datetime.fromtimestamp(ms / 1000, zone) for ms in (at_ms, now_ms))
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"
