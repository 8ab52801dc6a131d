"""How the messages look: golden files for every vendor and language, and the vendors' limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.notify.message import MAX_LINES, Notice, compose
from chatpulse.notify.texts import EN, TEXTS, ZH, Language, span
from chatpulse.notify.vendors import VENDORS
from chatpulse.notify.vendors.vendor import encode
from tests.golden import assert_golden
from tests.notify.webhooks import alert, group

GOLDEN = Path(__file__).parent / "golden"
ZONE = ZoneInfo("Asia/Shanghai")
NOW = 1_795_587_000_000  # 2026-11-25 14:10 in Shanghai
WALL = "https://wall.example/d/wall?kiosk"

SLOW = alert(description="Mean of 5 minutes.", description_zh="近 5 分钟平均。")
WAITING = alert(
    "ChatpulseBuyerWaiting",
    agent="agent_02",
    severity="critical",
    summary="A buyer of agent_02 waits for 3 min",
    summary_zh="agent_02 有买家等待 3 分钟",
    dashboard_url="https://wall.example/d/agent?var-agent=agent_02",
)
QUEUED = alert(
    "ChatpulseQueued",
    agent="",
    severity="info",
    summary="12 buyers are queued & <waiting> *now* [x](http://y) @all",
    summary_zh="排队 12 人 & <waiting> *now* [x](http://y) @all",
)
SCENARIOS: dict[str, tuple[Notice, ...]] = {
    "one": (Notice(group=group(SLOW), at_ms=NOW),),
    "several": (Notice(group=group(SLOW, WAITING, QUEUED, truncated=3), at_ms=NOW),),
    "partly resolved": (Notice(group=group(WAITING, alert(firing=False)), at_ms=NOW),),
    "resolved": (Notice(group=group(alert(firing=False)), at_ms=NOW + 86_400_000),),
    "escalated": (Notice(group=group(WAITING), at_ms=NOW, escalated_ms=600_000),),
    "digest": (
        Notice(group=group(SLOW, key="1"), at_ms=NOW),
        Notice(group=group(WAITING, key="2"), at_ms=NOW),
        Notice(group=group(alert(shop="旗舰店 2", agent="李雷"), key="3"), at_ms=NOW),
        Notice(group=group(alert(firing=False), key="1"), at_ms=NOW),
    ),
}


def drawn(
    vendor: str, language: Language, notices: tuple[Notice, ...], wall: str = WALL
) -> dict[str, Any]:
    return VENDORS[vendor].render(compose(notices, language, zone=ZONE, wall_url=wall))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_messages_golden(vendor: str, language: Language) -> None:
    found = {name: drawn(vendor, language, notices) for name, notices in SCENARIOS.items()}
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    assert_golden(GOLDEN / f"{vendor}.{language}.json", text)


def text_of(vendor: str, body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)


HOSTILE = {
    "dingtalk": ("*now*", "[x](", "<waiting>"),
    "wecom": ("*now*", "[x](", "<waiting>", "@all"),
    "feishu": ("*now*", "[x](", "<waiting>", "@all"),
    "slack": ("<waiting>",),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_texts_of_alerts_are_no_markup(vendor: str) -> None:
    notices = (Notice(group=group(QUEUED, SLOW), at_ms=NOW),)
    found = text_of(vendor, drawn(vendor, "en", notices))
    assert not [markup for markup in HOSTILE[vendor] if markup in found]


@pytest.mark.parametrize("vendor", VENDORS)
def test_without_a_link_there_is_no_button(vendor: str) -> None:
    found = text_of(vendor, drawn(vendor, "zh", SCENARIOS["one"], wall=""))
    assert "打开大屏" not in found
    assert "打开大屏" in text_of(vendor, drawn(vendor, "zh", SCENARIOS["one"]))


def size(vendor: str, body: dict[str, Any]) -> tuple[int, int]:
    """Return the size that the vendor limits, and the limit."""
    match vendor:
        case "dingtalk":
            return len(encode(body)), 20_000
        case "wecom":
            return len(body["markdown"]["content"].encode()), 4096
        case "feishu":
            return len(encode(body)), 20 * 1024 - 100
        case _:
            return max(len(b.get("text", {}).get("text", "")) for b in body["blocks"]), 3000


@given(
    st.integers(1, 40),
    st.sampled_from(list(VENDORS)),
    st.sampled_from(["zh", "en"]),
    st.text(max_size=400),
)
def test_no_message_is_too_large(count: int, vendor: str, language: Language, text: str) -> None:
    alerts = [
        alert(f"A{i}", agent=text[:90] + str(i), summary=text, summary_zh=text, description=text)
        for i in range(count)
    ]
    body = drawn(vendor, language, (Notice(group=group(*alerts), at_ms=NOW),))
    found, limit = size(vendor, body)
    assert found <= limit


def test_what_is_left_out_is_counted() -> None:
    alerts = [alert(f"A{i}", summary_zh="很" * 250) for i in range(50)]
    body = drawn("wecom", "zh", (Notice(group=group(*alerts, truncated=5), at_ms=NOW),))
    content = body["markdown"]["content"]
    listed = content.count("🟠 **")
    assert 0 < listed < MAX_LINES
    assert f"另有 {55 - listed} 条告警" in content


def test_both_languages_name_every_label() -> None:
    assert EN.labels.keys() == ZH.labels.keys()


SPANS = [(0, "0 s"), (59_999, "59 s"), (600_000, "10 min"), (5_400_000, "1 h 30 min")]


@pytest.mark.parametrize(("ms", "text"), SPANS)
def test_spans(ms: int, text: str) -> None:
    assert span(TEXTS["en"], ms) == text
