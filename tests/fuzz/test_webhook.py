"""Whatever is posted to the relay: a message in every vendor's form, or a reason, at once."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import example

from chatpulse.notify.alerts import Group, PayloadError, parse_group
from chatpulse.notify.message import Notice, compose
from chatpulse.notify.vendors import VENDORS
from chatpulse.notify.vendors.vendor import encode
from tests.fuzz.inputs import fuzzed
from tests.notify.webhooks import alert, webhook

NOW = 1_795_587_000_000
ZONE = ZoneInfo("Asia/Shanghai")
LABELS = {f"l{n}": f"value-{n}" for n in range(10_000)}
WORDS = ("alertname", "severity", "buyer_id", "summary_zh", "runbook_url", "https://a.example/b?c")


def parsed(raw: bytes) -> Group | str:
    """Return the group, or the reason why there is none."""
    try:
        return parse_group(raw)
    except PayloadError as error:
        return str(error)


@example(raw=webhook(alert(labels=LABELS, summary="value " * 100_000)))
@example(raw=webhook(*[alert(agent=f"a{n}") for n in range(3000)]))
@example(raw=webhook(alert())[:-1] + b',"x":' + b"[" * 100_000)
@fuzzed(words=WORDS)
def test_webhook(raw: bytes) -> None:
    group = parsed(raw)
    if isinstance(group, str):
        assert 0 < len(group) < 300
        return
    for one in group.alerts:
        for text in (one.name, one.summary, one.description, *dict(one.labels).values()):
            assert len(text.splitlines()) <= 1, text
    for language in ("zh", "en"):
        message = compose((Notice(group=group, at_ms=NOW),), language, zone=ZONE, wall_url="")
        for vendor in VENDORS.values():
            assert len(encode(vendor.render(message))) < 30_000
