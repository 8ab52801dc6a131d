"""What is no event, and why: a table of one record each, and the limits exactly."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import jsonschema
import pytest

from chatpulse.contract import schema as schemas
from chatpulse.contract.codec import MAX_BYTES, REASONS, Rejected, decode, is_event
from chatpulse.contract.ids import DAY
from chatpulse.contract.topics import DEFAULT_TOPIC, TYPE_NAMES
from tests.contract.records import NOW

MESSAGE = {
    "type": "message",
    "event_id": "e1",
    "shop_id": "s1",
    "buyer_id": "b1",
    "at": NOW,
    "sender": "buyer",
    "text": "在吗",
}
PAID = {
    "type": "paid",
    "event_id": "e1",
    "shop_id": "s1",
    "buyer_id": "b1",
    "at": NOW,
    "order_id": "o1",
    "amount_minor": 1,
}
MARKED = {
    "type": "marked",
    "event_id": "e1",
    "shop_id": "s1",
    "buyer_id": "b1",
    "at": NOW,
    "verdict": "ad",
    "by": "boss",
}
DEDUCTED = {
    "type": "deducted",
    "event_id": "e1",
    "shop_id": "s1",
    "at": NOW,
    "agent_id": "a1",
    "points": 1,
    "reason": "training",
    "by": "boss",
}
RATED = {**MESSAGE, "type": "rated", "agent_id": "a1", "stars": 5}


def raw(record: dict[str, Any], **fields: Any) -> bytes:
    """Encode a record with some fields changed; `...` leaves one out."""
    changed = {k: v for k, v in {**record, **fields}.items() if v is not ...}
    return json.dumps(changed, ensure_ascii=False).encode()


def padded(size: int) -> bytes:
    return raw(MESSAGE, pad="x" * (size - len(raw(MESSAGE, pad=""))))


class Case(NamedTuple):
    name: str
    raw: bytes
    reason: str
    detail: str


UTF8 = [
    Case("no text at all", b"\xff\xfe", "not_utf8", "byte 0: invalid start byte"),
    Case(
        "a bad byte in a string",
        raw(MESSAGE).replace("在".encode(), b"\xe5\x9c"),
        "not_utf8",
        f"byte {raw(MESSAGE).index('在'.encode())}: invalid continuation byte",
    ),
    Case(
        "a bad byte in an unknown field",
        raw(MESSAGE, x="@").replace(b"@", b"\x80"),
        "not_utf8",
        f"byte {raw(MESSAGE, x='@').index(b'@')}: invalid start byte",
    ),
    Case(
        "a surrogate in bytes",
        raw(MESSAGE, text="@").replace(b"@", b"\xed\xa0\x80"),
        "not_utf8",
        f"byte {raw(MESSAGE, text='@').index(b'@')}: invalid continuation byte",
    ),
]
JSON = [
    Case("nothing", b"", "not_json", "Input data was truncated"),
    Case("half an object", b'{"type":', "not_json", "Input data was truncated"),
    Case("a byte order mark", "\ufeff{}".encode(), "not_json", "invalid character (byte 0)"),
    Case("NaN", b'{"x":NaN}', "not_json", "invalid character"),
    Case("NaN in an unknown field", raw(MESSAGE, x=float("nan")), "not_json", "invalid character"),
    Case("infinity", raw(MESSAGE, x=float("inf")), "not_json", "invalid character"),
    Case("two objects", raw(MESSAGE) + raw(MESSAGE), "not_json", "trailing characters"),
    Case("a lone surrogate", raw(MESSAGE, text="@").replace(b"@", b"\\ud800"), "not_json", ""),
    Case(
        "a lone surrogate in an unknown field",
        raw(MESSAGE, x="@").replace(b"@", b"\\udc00"),
        "not_json",
        "surrogate",
    ),
    Case("a raw tab in a string", raw(MESSAGE, text="@").replace(b"@", b"\t"), "not_json", ""),
    Case(
        "nesting without end",
        raw(MESSAGE, x="@").replace(b'"@"', b"[" * 30_000 + b"]" * 30_000),
        "not_json",
        "recursion",
    ),
]
SHAPE = [
    Case("null", b"null", "invalid", "Expected `object`, got `null`"),
    Case("a list", b"[]", "invalid", "Expected `object`, got `array`"),
    Case("no type", raw(MESSAGE, type=...), "invalid", "Object missing required field `type`"),
    Case("a stranger", raw(MESSAGE, type="gossip"), "unknown_type", "'gossip' - at `$.type`"),
    Case("type is a number", raw(MESSAGE, type=7), "invalid", "Expected `str` - at `$.type`"),
    Case("a type in capitals", raw(MESSAGE, type="Message"), "unknown_type", "`$.type`"),
    Case("no event_id", raw(MESSAGE, event_id=...), "invalid", "required field `event_id`"),
    Case("an empty id", raw(MESSAGE, event_id=""), "invalid", "length >= 1 - at `$.event_id`"),
    Case("a number as id", raw(MESSAGE, buyer_id=7), "invalid", "got `int` - at `$.buyer_id`"),
    Case("null as id", raw(MESSAGE, shop_id=None), "invalid", "got `null` - at `$.shop_id`"),
    Case("no text", raw(MESSAGE, text=...), "invalid", "missing required field `text`"),
    Case("null as text", raw(MESSAGE, text=None), "invalid", "got `null` - at `$.text`"),
    Case("an unknown sender", raw(MESSAGE, sender="robot"), "invalid", "'robot' - at `$.sender`"),
    Case("an unknown content", raw(MESSAGE, content="audio"), "invalid", "at `$.content`"),
    Case("null as content", raw(MESSAGE, content=None), "invalid", "at `$.content`"),
    Case("auto as a number", raw(MESSAGE, auto=1), "invalid", "got `int` - at `$.auto`"),
    Case("null as assist", raw(MESSAGE, assist=None), "invalid", "got `null` - at `$.assist`"),
    Case("an empty agent", raw(MESSAGE, agent_id=""), "invalid", "at `$.agent_id`"),
    Case("at as a float", raw(MESSAGE, at=1.0), "invalid", "got `float` - at `$.at`"),
    Case("at as text", raw(MESSAGE, at=str(NOW)), "invalid", "got `str` - at `$.at`"),
    Case("at before the epoch", raw(MESSAGE, at=-1), "invalid", "`int` >= 0 - at `$.at`"),
    Case("an amount of 1.0", raw(PAID, amount_minor=1.0), "invalid", "at `$.amount_minor`"),
    Case("an amount of true", raw(PAID, amount_minor=True), "invalid", "at `$.amount_minor`"),
    Case("a negative amount", raw(PAID, amount_minor=-1), "invalid", ">= 0 - at `$.amount_minor`"),
    Case("no items", raw(PAID, items=0), "invalid", "`int` >= 1 - at `$.items`"),
    Case("null as items", raw(PAID, items=None), "invalid", "got `null` - at `$.items`"),
    Case("no order", raw(PAID, order_id=...), "invalid", "missing required field `order_id`"),
    Case("no such verdict", raw(MARKED, verdict="blocked"), "invalid", "at `$.verdict`"),
    Case("a mark by nobody", raw(MARKED, by=...), "invalid", "missing required field `by`"),
    Case("no such day", raw(MARKED, day="2025-02-30"), "invalid", "date - at `$.day`"),
    Case("a day without dashes", raw(MARKED, day="20250303"), "invalid", "date - at `$.day`"),
    Case("null as day", raw(MARKED, day=None), "invalid", "got `null` - at `$.day`"),
    Case("no stars", raw(RATED, stars=0), "invalid", "`int` >= 1 - at `$.stars`"),
    Case("six stars", raw(RATED, stars=6), "invalid", "`int` <= 5 - at `$.stars`"),
    Case("no points", raw(DEDUCTED, points=0), "invalid", "`int` >= 1 - at `$.points`"),
]
ABOVE_THE_SCHEMA = [
    Case(
        "an agent's message without agent",
        raw(MESSAGE, sender="agent"),
        "invalid",
        "an agent's message needs agent_id - at `$.agent_id`",
    ),
    Case(
        "an agent's message with null as agent",
        raw(MESSAGE, sender="agent", agent_id=None),
        "invalid",
        "an agent's message needs agent_id - at `$.agent_id`",
    ),
    Case(
        "a millisecond more than a day ahead",
        raw(MESSAGE, at=NOW + DAY + 1),
        "future",
        "at is 86400001 ms ahead of the clock",
    ),
    Case(
        "a byte more than 64 KiB",
        padded(64 * 1024 + 1),
        "too_large",
        "65537 bytes, at most 65536 are allowed",
    ),
    Case("large and no text", b"\xff" * 70_000, "too_large", "70000 bytes, at most"),
]
CASES = [*UTF8, *JSON, *SHAPE, *ABOVE_THE_SCHEMA]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rejected(case: Case) -> None:
    found = decode(case.raw, now_ms=NOW)
    assert isinstance(found, Rejected)
    assert not is_event(found)
    assert found.reason == case.reason
    assert case.detail in found.detail
    assert len(found.detail) <= 200


@pytest.mark.parametrize("case", SHAPE, ids=lambda case: case.name)
def test_no_schema_accepts_it_either(case: Case) -> None:
    record = json.loads(case.raw)
    named = record.get("type") if isinstance(record, dict) else None
    topics = {TYPE_NAMES[t]: topic for t, topic in DEFAULT_TOPIC.items()}
    validator = jsonschema.Draft202012Validator(
        schemas.schema(topics.get(str(named), "chat.messages")),
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    if case.name not in ("at as a float", "an amount of 1.0"):  # the same number in JSON Schema
        assert not validator.is_valid(record)


def test_every_reason_has_a_case() -> None:
    assert {case.reason for case in CASES} == set(REASONS)


def test_a_long_detail_is_cut() -> None:
    found = decode(raw(MESSAGE, sender="x" * 5000), now_ms=NOW)
    assert isinstance(found, Rejected)
    assert (found.reason, len(found.detail)) == ("invalid", 200)


ACCEPTED = [
    ("an id of one character", raw(MESSAGE, event_id="x")),
    ("an id of 128 characters", raw(MESSAGE, event_id="x" * 128)),
    ("an id of 128 Chinese characters", raw(MESSAGE, buyer_id="买" * 128)),
    ("the epoch", raw(MESSAGE, at=0)),
    ("exactly one day ahead", raw(MESSAGE, at=NOW + DAY)),
    ("exactly 64 KiB", padded(64 * 1024)),
    ("an amount of nothing", raw(PAID, amount_minor=0)),
    ("the largest amount", raw(PAID, amount_minor=2**53 - 1)),
    ("the most items", raw(PAID, items=2**53 - 1)),
    ("an agent who is null", raw(MESSAGE, agent_id=None)),
    ("a bot without agent", raw(MESSAGE, sender="bot")),
    ("a system message without agent", raw(MESSAGE, sender="system")),
    ("an empty text", raw(MESSAGE, text="")),
    ("a mark for the future", raw(MARKED, day="9999-12-31")),
    ("an empty author of a mark", raw(MARKED, by="")),
    ("an empty reason", raw(DEDUCTED, reason="", by="")),
    ("spaces around", b"  " + raw(MESSAGE) + b"\r\n"),
    ("a pair of surrogates", raw(MESSAGE, text="@").replace(b"@", b"\\ud83d\\ude00")),
    ("a huge integer nobody reads", raw(MESSAGE, x=10**400)),
    ("NUL in a text", raw(MESSAGE, text="a\x00b")),
]
REFUSED = [
    ("an id of 129 characters", raw(MESSAGE, event_id="x" * 129)),
    ("an id of 129 Chinese characters", raw(MESSAGE, buyer_id="买" * 129)),
    ("an amount of 2^53", raw(PAID, amount_minor=2**53)),
    ("items of 2^53", raw(PAID, items=2**53)),
    ("an amount of 2^64", raw(PAID, amount_minor=2**64)),
    ("at of 2^53", raw(MESSAGE, at=2**53)),
]


@pytest.mark.parametrize(("name", "record"), ACCEPTED, ids=[name for name, _ in ACCEPTED])
def test_accepted(name: str, record: bytes) -> None:
    assert is_event(decode(record, now_ms=NOW)), name


@pytest.mark.parametrize(("name", "record"), REFUSED, ids=[name for name, _ in REFUSED])
def test_beyond_a_limit(name: str, record: bytes) -> None:
    found = decode(record, now_ms=NOW)
    assert isinstance(found, Rejected), name
    assert found.reason == "invalid"


def test_limits_are_those_of_the_contract() -> None:
    assert MAX_BYTES == 65_536
    assert len(padded(MAX_BYTES)) == MAX_BYTES
