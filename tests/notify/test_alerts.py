"""What is taken from a webhook, and what can never come through."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.notify.alerts import SHOWN, PayloadError, one_line, parse_group
from tests.notify.webhooks import alert, group, webhook


def test_an_alert() -> None:
    (found,) = group(alert(dashboard_url="https://wall/d/shop?var-shop=shop-a")).alerts
    assert found.firing
    assert (found.name, found.severity) == ("ChatpulseAgentSlow", "warning")
    assert found.labels == (("shop", "shop-a"), ("agent", "小美"))
    assert found.starts_ms == 1_795_586_580_123
    assert found.ends_ms is None
    assert found.dashboard_url == "https://wall/d/shop?var-shop=shop-a"


def test_a_resolved_alert_has_an_end() -> None:
    (found,) = group(alert(firing=False)).alerts
    assert (found.firing, found.ends_ms) == (False, 1_795_587_600_000)


def test_the_group_key_is_not_kept() -> None:
    assert "shop" not in group(alert(), key='{}:{shop="shop-a",buyer="b1"}').key
    assert group(alert(), key="a").key == group(alert(agent="x"), key="a").key != group(key="b").key


REFUSED = [
    ("no JSON", b"hello"),
    ("no object", b"[]"),
    ("no UTF-8", b'{"version": "\xff"}'),
    ("another version", webhook(alert()).replace(b'"version": "4"', b'"version": "5"')),
    ("lists without end", webhook(alert())[:-1] + b',"x":' + b"[" * 100_000),
    ("no alerts", b'{"version": "4", "groupKey": "x", "status": "firing"}'),
    ("a status nobody knows", webhook(alert()).replace(b'"firing"', b'"burning"')),
    ("a long status", webhook(alert()).replace(b'"firing"', b'"' + b"x" * 5000 + b'"')),
    ("a long version", webhook(alert()).replace(b'"version": "4"', b'"version": "%d"' % 10**999)),
    ("an instant that is none", webhook(alert()).replace(b"2026-11-25T06", b"yesterday")),
]


@pytest.mark.parametrize(("name", "body"), REFUSED, ids=[name for name, _ in REFUSED])
def test_what_is_no_webhook(name: str, body: bytes) -> None:
    with pytest.raises(PayloadError) as refused:
        parse_group(body)
    assert len(str(refused.value)) < 300


def test_texts_that_take_long_to_search_are_left_out() -> None:
    many = {f"l{n}": f"value-{n}" for n in range(101)}
    assert group(alert(labels=many, summary="value-7 waits")).alerts[0].summary == "…"
    assert group(alert(summary="x" * 4001)).alerts[0].summary == "…"


BUYERS = {"buyer": "buyer_77120", "buyer_nick": "爱吃辣的猫", "message": "怎么还不发货", "b": "z9"}


def test_a_buyer_comes_through_nowhere() -> None:
    leak = "买家 爱吃辣的猫 (buyer_77120, z9) 说：怎么还不发货"
    body = webhook(
        alert(
            labels=BUYERS,
            summary=leak,
            summary_zh=leak,
            description=leak,
            dashboard_url="https://wall/d/x?var-buyer=buyer_77120",
            note=leak,
        ),
        key=f"{{}}:{leak}",
    )
    kept = msgspec.json.encode(parse_group(body)).decode()
    assert not [value for value in BUYERS.values() if value in kept]
    assert parse_group(body).alerts[0].summary == "买家 … (…, …) 说：…"
    assert parse_group(body).alerts[0].dashboard_url == ""


@given(
    st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=30), max_size=6),
    st.text(max_size=40),
)
def test_labels_that_are_not_listed_are_gone(labels: dict[str, str], text: str) -> None:
    (found,) = parse_group(webhook(alert(labels=labels, summary=text))).alerts
    assert {name for name, _ in found.labels} <= set(SHOWN)
    assert found.summary == found.summary.strip()
    assert found.summary.isprintable() or not text.isprintable()


def test_harmless_labels_may_stand_in_a_summary() -> None:
    assert group(alert(summary="main chatpulse")).alerts[0].summary == "main chatpulse"


def test_a_value_that_is_shown_anyway_may_stand_in_a_summary() -> None:
    (found,) = group(alert(labels={"tenant": "shop-a"}, summary="shop-a is slow")).alerts
    assert found.summary == "shop-a is slow"


LINKS = [
    "javascript:alert(1)",
    "https://x/ y",
    "https://x/)[a](b",
    "x",
    "",
    "https://x/" + "y" * 2000,
]


@pytest.mark.parametrize("url", LINKS)
def test_links_that_are_none(url: str) -> None:
    assert group(alert(dashboard_url=url)).alerts[0].dashboard_url == ""


def test_texts_are_one_line_without_control_characters() -> None:
    assert one_line("a\n\tb\u202e\x1b[31mc\u2028d ") == "a b [31mc d"


def test_an_unknown_severity_is_a_warning() -> None:
    assert group(alert(severity="page")).alerts[0].severity == "warning"


def test_an_alert_without_fingerprint_gets_one() -> None:
    one, other = alert(), alert(agent="x")
    one["fingerprint"] = other["fingerprint"] = ""
    found = group(one, other)
    assert len(found.firing) == 2
    assert found.firing == group(one, other).firing
    assert json.loads(webhook(one))["alerts"][0]["fingerprint"] == ""
