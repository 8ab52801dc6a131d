"""What Alertmanager says (webhook version 4), reduced to what may be shown in a chat.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config describes the payload.
Everything behind `parse_group` holds only labels of the allow-list below, so that a buyer's id or
words can reach neither a chat, nor the state file, nor a log line.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

SHOWN: Final = ("shop", "agent", "window", "topic", "partition", "receiver", "reason", "instance")
"""Labels that are shown, in this order, beside `alertname` and `severity`."""

HARMLESS: Final = frozenset(
    {"alertname", "severity", "scope", "job", "monitor", "cluster", "prometheus", "replica"}
    | {"env", "environment", "region", "team", "limit", "type", "vendor", "credit", "span"}
)
"""Labels that are not shown, but whose values may stand in a summary."""

SEVERITIES: Final = ("critical", "warning", "info")
MASK: Final = "…"
LABEL_CHARS: Final = 80
TEXT_CHARS: Final = 300
URL_CHARS: Final = 1000
REASON_CHARS: Final = 200
MASKED_CHARS: Final = 4000
MASKED_VALUES: Final = 100
"""A longer text, or one with more values to look for in it, is left out: the search takes long."""

CHOSEN: Final = ("shop", "agent")
"""Labels whose values come from whoever writes events; the others are those of the operators."""

# Control and direction, and what has no width; the joiners stay, for scripts and emoji that need
# them.
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
_LINKED: Final = re.compile(r":(?=//)|\.(?=\S)")
_WIDE: Final = {":": "：", ".": "．"}
_URL: Final = re.compile(r"https?://[^\s<>\"'()\[\]|\\`]+")


class PayloadError(Exception):
    """The webhook's body is not what Alertmanager sends; `str()` says why."""


class Alert(Struct, frozen=True, kw_only=True):
    """One alert of a group; texts are single lines of limited length, without markup."""

    fingerprint: str
    firing: bool
    name: str
    severity: Literal["critical", "warning", "info"]
    labels: tuple[tuple[str, str], ...]
    """Those of SHOWN that it has, in that order."""
    starts_ms: int
    ends_ms: int | None
    """None while it is firing."""
    summary: str = ""
    summary_zh: str = ""
    description: str = ""
    description_zh: str = ""
    dashboard_url: str = ""
    runbook_url: str = ""


class Group(Struct, frozen=True, kw_only=True):
    """The alerts of one notification."""

    key: str
    """Digest of Alertmanager's groupKey: the same for all notifications about this group."""
    alerts: tuple[Alert, ...]
    truncated: int = 0
    """How many more there are (`max_alerts` of Alertmanager)."""

    @property
    def firing(self) -> frozenset[str]:
        """Fingerprints of the alerts that are firing."""
        return frozenset(alert.fingerprint for alert in self.alerts if alert.firing)

    @property
    def resolved(self) -> frozenset[str]:
        """Fingerprints of the alerts that are resolved."""
        return frozenset(alert.fingerprint for alert in self.alerts if not alert.firing)


Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
LATEST_MS: Final = 4_102_444_800_000
"""2100; Alertmanager writes the year 1 for "not yet", and both must be times of day somewhere."""


class _Alert(Struct, rename="camel"):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    starts_at: Instant
    ends_at: Instant
    annotations: dict[str, str] = {}
    fingerprint: str = ""


class _Webhook(Struct, rename="camel"):
    version: str
    group_key: str
    status: Literal["firing", "resolved"]
    alerts: list[_Alert]
    truncated_alerts: int = 0


_DECODER: Final = msgspec.json.Decoder(_Webhook)


def parse_group(body: bytes) -> Group:
    """Return the group in a webhook's body; raise PayloadError if it is none."""
    try:
        webhook = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError(f"no webhook of Alertmanager: {str(error)[:REASON_CHARS]}") from None
    if webhook.version != "4":
        version = webhook.version[:20]
        raise PayloadError(f"version {version!r} of the webhook; only 4 is known")
    return Group(
        key=_digest(webhook.group_key),
        alerts=tuple(map(_alert, webhook.alerts)),
        truncated=max(webhook.truncated_alerts, 0),
    )


def _alert(wire: _Alert) -> Alert:
    labels, firing = wire.labels, wire.status == "firing"
    open_values = {v for k, v in labels.items() if k in SHOWN}
    hidden = [
        v
        for k, v in labels.items()
        if k not in SHOWN and k not in HARMLESS and v not in open_values
    ]
    shown = {k: one_line(labels[k]) for k in SHOWN if labels.get(k)}
    text = {k: _mask(one_line(v), hidden) for k, v in wire.annotations.items()}
    if any(_LINKED.search(shown.get(k, "")) for k in CHOSEN):  # it may stand in any text
        shown |= {k: _unlinked(shown[k]) for k in CHOSEN if k in shown}
        text = {k: _unlinked(v) for k, v in text.items()}
    text = {k: v[:TEXT_CHARS] for k, v in text.items()}
    severity = labels.get("severity")
    return Alert(
        fingerprint=wire.fingerprint or _digest(repr(sorted(labels.items()))),
        firing=firing,
        name=one_line(labels.get("alertname", "alert"))[:LABEL_CHARS],
        severity=severity if severity in SEVERITIES else "warning",  # type: ignore[arg-type]
        labels=tuple((k, v[:LABEL_CHARS]) for k, v in shown.items()),
        starts_ms=_ms(wire.starts_at),
        ends_ms=None if firing else _ms(wire.ends_at),
        summary=text.get("summary", ""),
        summary_zh=text.get("summary_zh", ""),
        description=text.get("description", ""),
        description_zh=text.get("description_zh", ""),
        dashboard_url=_url(wire.annotations, "dashboard_url", hidden),
        runbook_url=_url(wire.annotations, "runbook_url", hidden),
    )


def one_line(text: str) -> str:
    """Return `text` without line breaks, control characters and characters that turn direction."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _unlinked(text: str) -> str:
    """Return `text` with nothing in it that a chat would make a link of."""
    return _LINKED.sub(lambda match: _WIDE[match[0]], text)


def _mask(text: str, hidden: list[str]) -> str:
    if len(text) > MASKED_CHARS or len(hidden) > MASKED_VALUES:
        return MASK
    for value in sorted(map(one_line, hidden), key=len, reverse=True):
        if len(value) > 3:
            text = text.replace(value, MASK)
        elif value:  # too short to be looked for inside of words and numbers
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", MASK, text)
    return text


def _url(annotations: Mapping[str, str], name: str, hidden: list[str]) -> str:
    """Return a link that can stand in any markup; empty if it is none or says too much."""
    url = annotations.get(name, "").strip()
    if not _URL.fullmatch(url) or len(url) > URL_CHARS or _mask(url, hidden) != url:
        return ""
    return url


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _ms(at: datetime) -> int:
    return min(max(round(at.timestamp() * 1000), 0), LATEST_MS)
