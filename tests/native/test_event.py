"""Whenever the compiled reader says an event, the plain codec says the same one.

It may leave any record to the plain codec, but not those that make up a stream: valid events of
its types, however their JSON is written.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.codec import MAX_BYTES, decode, encode
from chatpulse.contract.events import (
    Cancelled,
    Created,
    EventBase,
    Flagged,
    Message,
    Paid,
    Refunded,
    Transfer,
)
from chatpulse.contract.ids import DAY, MAX_INTEGER
from tests import conformance_cases
from tests.contract.records import ALL, NOW
from tests.fuzz.inputs import RECORD, seeds, spoilt
from tests.native.compiled import need_native

read_event = need_native().read_event

LATER = 1 << 52
"""A clock that no record is ahead of."""

CHAT = ("event_id", "shop_id", "buyer_id", "at")
ORDER = (*CHAT, "order_id")
KEPT: dict[type[EventBase], tuple[str, ...]] = {
    Message: (*CHAT, "sender", "text", "agent_id", "content", "auto", "assist"),
    Transfer: (*CHAT, "to_agent_id", "from_agent_id"),
    Created: ORDER,
    Paid: (*ORDER, "amount_minor", "items"),
    Refunded: (*ORDER, "amount_minor"),
    Cancelled: ORDER,
    Flagged: ORDER,
}
"""The types that the reader knows, and which of their fields the engine looks at."""

FIELDS = sorted({field for kind in KEPT for field in kind.__struct_fields__} | {"type"})
DEFAULTS = {
    "agent_id": None,
    "from_agent_id": None,
    "content": "text",
    "auto": False,
    "assist": False,
    "items": 1,
}

RECORDS = [encode(event) for event in ALL]
MINE = [encode(event) for event in ALL if type(event) in KEPT]
GOLDEN = sorted((Path(__file__).parents[1] / "contract" / "golden").glob("*.json"))


def told(event: Any) -> tuple[str, dict[str, Any]]:
    """Return what the reader has to say if it says anything about a record."""
    fields = {name: getattr(event, name) for name in KEPT[type(event)]}
    if fields.get("content") in ("image", "video", "card", "file"):
        fields["content"] = "other"
    return type(event).__struct_config__.tag, fields


def is_read(raw: bytes, *, now_ms: int = NOW) -> bool:
    """Tell whether the reader says an event, and hold that against the plain codec."""
    found = read_event(raw, now_ms)
    if found is not None:
        event = decode(raw, now_ms=now_ms)
        assert type(event) in KEPT, event
        assert found == told(event)
    return found is not None


def is_mine(raw: bytes, *, now_ms: int = NOW) -> bool:
    """Tell whether a record is valid and of a type that the reader knows."""
    return type(decode(raw, now_ms=now_ms)) in KEPT


# ---- records that somebody wrote ----------------------------------------------------------------


@pytest.mark.parametrize("raw", RECORDS, ids=lambda raw: json.loads(raw)["type"])
def test_a_record_of_a_known_type_is_read(raw: bytes) -> None:
    assert is_read(raw) == is_mine(raw)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_record_of_a_known_type_is_read(path: Path) -> None:
    raw = path.read_bytes()
    assert is_read(raw) == is_mine(raw)


def test_no_known_type_is_missing_among_the_records() -> None:
    assert {type(decode(raw, now_ms=NOW)) for raw in MINE} == set(KEPT)


@pytest.mark.parametrize(
    "case",
    [*conformance_cases.cases(), *conformance_cases.decided()],
    ids=lambda case: case.name,
)
def test_conformance_records_are_read(case: conformance_cases.Case) -> None:
    for line in case.lines:
        assert is_read(line, now_ms=LATER) == is_mine(line, now_ms=LATER), line
        is_read(line)


def test_corpus_of_the_decoder() -> None:
    for raw in seeds("decoder"):
        is_read(raw)
        is_read(raw, now_ms=LATER)


# ---- events however they are written ------------------------------------------------------------

IDS = st.one_of(st.text(min_size=1, max_size=9), st.sampled_from(["x" * 128, "😀" * 128, "\0"]))
TEXTS = st.one_of(st.text(), st.text(st.sampled_from('亲 é😀"\\/\n\x1f\x7f\u2028\uffff]~!a')))
AMOUNTS = st.integers(0, MAX_INTEGER)
ITEMS = st.integers(1, MAX_INTEGER)
_OF_CHAT: dict[str, Any] = {
    "event_id": IDS,
    "shop_id": IDS,
    "buyer_id": IDS,
    "at": st.integers(0, NOW + DAY),
}
_OF_ORDER: dict[str, Any] = {**_OF_CHAT, "order_id": IDS}
_OF_MESSAGE: dict[str, Any] = {
    **_OF_CHAT,
    "text": TEXTS,
    "content": st.sampled_from(["text", "image", "video", "card", "sticker", "file", "recall"]),
    "auto": st.booleans(),
    "assist": st.booleans(),
}
EVENTS: st.SearchStrategy[EventBase] = st.one_of(
    st.builds(
        Message,
        **_OF_MESSAGE,
        sender=st.sampled_from(["buyer", "bot", "system"]),
        agent_id=st.none() | IDS,
    ),
    st.builds(Message, **_OF_MESSAGE, sender=st.just("agent"), agent_id=IDS),
    st.builds(Transfer, **_OF_CHAT, to_agent_id=IDS, from_agent_id=st.none() | IDS),
    st.builds(Created, **_OF_ORDER, amount_minor=AMOUNTS, items=ITEMS),
    st.builds(Paid, **_OF_ORDER, amount_minor=AMOUNTS, items=ITEMS),
    st.builds(Refunded, **_OF_ORDER, amount_minor=AMOUNTS),
    st.builds(Cancelled, **_OF_ORDER),
    st.builds(Flagged, **_OF_ORDER, reason=st.just("brushing")),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)
FOREIGN = st.dictionaries(st.sampled_from([*FIELDS, "seq", "trace_id"]) | st.text(), SCALARS)
"""Fields that are none of the event's, or are another type's."""

SHORT = {
    '"': r"\"",
    "\\": r"\\",
    "/": r"\/",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
}


@given(EVENTS, FOREIGN, st.randoms(use_true_random=False))
def test_an_event_is_read_however_it_is_written(
    event: EventBase, foreign: Mapping[str, Any], dice: random.Random
) -> None:
    raw = written(event, foreign, dice)
    assert decode(raw, now_ms=NOW) == event
    assert is_read(raw)


def test_every_escape() -> None:
    raw = encode(Cancelled(event_id="%", shop_id="s", buyer_id="b", at=NOW, order_id="o"))
    for written_id in (
        *SHORT.values(),
        r"\u0000",
        r"\u00e9",
        r"\uD83d\uDE00",
        r"\uffff",
        r"a\u0062c",
    ):
        escaped = raw.replace(b"%", written_id.encode())
        assert is_mine(escaped)
        assert is_read(escaped)


@given(EVENTS, FOREIGN, st.randoms(use_true_random=False), st.data())
def test_what_is_not_quite_an_event(
    event: EventBase, foreign: Mapping[str, Any], dice: random.Random, data: st.DataObject
) -> None:
    raw = written(event, foreign, dice)
    start = data.draw(st.integers(0, len(raw)))
    end = start + data.draw(st.integers(0, 3))
    is_read(raw[:start] + data.draw(st.binary(max_size=3)) + raw[end:])


def written(event: EventBase, foreign: Mapping[str, Any], dice: random.Random) -> bytes:
    """Write an event as JSON: any order, any space, any escapes, defaults left out or not."""
    own = {
        name: value
        for name, value in msgspec.to_builtins(event).items()
        if name not in DEFAULTS or value != DEFAULTS[name] or dice.random() < 0.5
    }
    more = [pair for pair in foreign.items() if pair[0] not in (*event.__struct_fields__, "type")]
    pairs = [*own.items(), *more]
    dice.shuffle(pairs)
    tokens = ["{"]
    for name, value in pairs:
        tokens += [_string(name, dice), ":", _scalar(value, dice), ","]
    tokens[-1] = "}"
    return "".join(_spaced(tokens, dice)).encode()


def _spaced(tokens: list[str], dice: random.Random) -> Iterator[str]:
    is_tight = dice.random() < 0.5
    for token in [*tokens, ""]:
        yield "" if is_tight else "".join(dice.choices(" \t\r\n", k=dice.choice([0, 0, 1, 3])))
        yield token


def _scalar(value: Any, dice: random.Random) -> str:
    return _string(value, dice) if isinstance(value, str) else json.dumps(value)


def _string(text: str, dice: random.Random) -> str:
    is_plain = dice.random() < 0.5
    return f'"{"".join(_character(character, is_plain, dice) for character in text)}"'


def _character(character: str, is_plain: bool, dice: random.Random) -> str:
    may_stand = character >= " " and character not in '"\\'
    if may_stand and (is_plain or dice.random() < 0.5):
        return character
    if character in SHORT and dice.random() < 0.5:
        return SHORT[character]
    units = character.encode("utf-16-be").hex()
    units = units.upper() if dice.random() < 0.5 else units
    return "".join(rf"\u{units[at : at + 4]}" for at in range(0, len(units), 4))


# ---- records that are spoilt --------------------------------------------------------------------

VALUES = st.one_of(
    SCALARS,
    st.sampled_from(["", "x" * 128, "x" * 129, "😀" * 129, "buyer", "agent", "card", "brushing"]),
    st.sampled_from([-1, 0, 1, MAX_INTEGER, MAX_INTEGER + 1, 2**63, 2**64, NOW + DAY, 1.0]),
    st.sampled_from([kind.__struct_config__.tag for kind in map(type, ALL)]),
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(FIELDS), SCALARS, max_size=2),
)


@given(spoilt([*RECORDS, *seeds("decoder")], FIELDS, RECORD))
def test_spoilt_records(raw: bytes) -> None:
    is_read(raw)


@given(st.sampled_from(MINE), st.sampled_from([*FIELDS, "extra"]), VALUES)
def test_records_with_a_changed_field(record: bytes, name: str, value: Any) -> None:
    is_read(json.dumps({**json.loads(record), name: value}).encode())


@given(st.sampled_from(MINE), st.sampled_from(FIELDS), VALUES, st.booleans())
def test_records_with_a_field_twice(record: bytes, name: str, value: Any, is_last: bool) -> None:
    more = f"{json.dumps(name)}:{json.dumps(value)}".encode()
    is_read(record[:-1] + b"," + more + b"}" if is_last else b"{" + more + b"," + record[1:])


@pytest.mark.parametrize("record", MINE, ids=lambda raw: json.loads(raw)["type"])
def test_records_without_a_field(record: bytes) -> None:
    fields = json.loads(record)
    for name in fields:
        raw = json.dumps({key: value for key, value in fields.items() if key != name}).encode()
        assert is_read(raw) == (name in DEFAULTS and is_mine(raw))


@pytest.mark.parametrize("record", MINE, ids=lambda raw: json.loads(raw)["type"])
def test_records_with_any_byte_changed_put_in_or_missing(record: bytes) -> None:
    for place in range(len(record)):
        is_read(record[:place] + record[place + 1 :])
        for byte in range(256):
            is_read(record[:place] + bytes([byte]) + record[place + 1 :])
            is_read(record[:place] + bytes([byte]) + record[place:])


WRONG_FIELDS = r"""
    "sender":"agent"    "sender":"agent","agent_id":null    "sender":""    "sender":"Buyer"
    "sender":"bot\u0000"    "sender":"bot","agent_id":""    "sender":"bot","agent_id":7
    "sender":"bot","content":"audio"    "sender":"bot","content":null    "sender":"bot","auto":null
    "sender":"bot","assist":1    "sender":"bot","auto":"true"    "sender":"bot",x:1
    "sender":"bot",7:1    "sender":"bot",    ,"sender":"bot"    "sender":"bot","x"
    "sender":"bot",,"x":1    "sender":"bot""x":1    "sender";"bot"    "sender":"bot"}}
    "sender":"bot"},{    "sender":"bot"}1
""".split()
WRONG_VALUES = r"""
    "\x"    "\U0041"    "\u004"    "\u004g"    "\u+041"    "\'"    "\    "x    'x'
    "\ud800"    "\udc00"    "\ud800x"    "\ud800\ud800"    "\ud800\udbff"    "\ud800\ue000"
    "\ud800\u0041"    "\ud800\xdc00"    "\ud800/udc00"
    -    +1    .5    1.    1.e5    1e    1e-    1e+-5    00    01    -01    0x1    1x    1;2
    NaN    Infinity    nul    nulL    tru    False    [    [}    {    {]    "":1
""".split()
WRONG_AMOUNTS = """
    -1 1.0 0.0 1e2 1E2 true null "1" [] 01 9007199254740992 9007199254740993 9223372036854775808
    18446744073709551616 18446744073709551621 36893488147419103237 99999999999999999999999999
""".split()


@pytest.mark.parametrize(
    "fields", [*WRONG_FIELDS, *(f'"sender":"bot","x":{value}' for value in ("", *WRONG_VALUES))]
)
def test_a_wrong_message_is_left(fields: str) -> None:
    common = '"type":"message","event_id":"e","shop_id":"s","at":1,"buyer_id":"b","text":""'
    for gap in ("", " " * 9):
        raw = f"{{{common},{fields}{gap}}}".encode()
        assert not is_mine(raw)
        assert not is_read(raw)


@pytest.mark.parametrize("wrong", WRONG_AMOUNTS)
@pytest.mark.parametrize("field", ["at", "amount_minor", "items"])
def test_a_wrong_amount_is_left(field: str, wrong: str) -> None:
    amounts = {"at": "1", "amount_minor": "0", "items": "1", field: wrong}
    common = '"event_id":"e","shop_id":"s","buyer_id":"b","order_id":"o"'
    more = ",".join(f'"{name}":{amount}' for name, amount in amounts.items())
    for kind in ("created", "paid"):
        raw = f'{{"type":"{kind}",{common},{more}}}'.encode()
        assert not is_mine(raw, now_ms=2**62)
        assert not is_read(raw, now_ms=2**62)


def test_nothing_is_no_number_of_items() -> None:
    raw = encode(
        Paid(event_id="e", shop_id="s", buyer_id="b", at=1, order_id="o", amount_minor=0, items=2)
    )
    assert is_read(raw)
    assert not is_read(raw.replace(b":2}", b":0}"))
    assert not is_mine(raw.replace(b":2}", b":0}"))


# ---- limits -------------------------------------------------------------------------------------


def test_the_largest_record() -> None:
    event = Message(
        event_id="e", shop_id="s", buyer_id="b", at=NOW, sender="buyer", text="", content="image"
    )
    room = MAX_BYTES - len(encode(event))
    for text, is_good in (("x" * room, True), ("x" * (room + 1), False)):
        raw = encode(msgspec.structs.replace(event, text=text))
        assert is_read(raw) == is_mine(raw) == is_good


@pytest.mark.parametrize("now_ms", [0, NOW, LATER])
def test_a_day_ahead_of_the_clock(now_ms: int) -> None:
    for ahead in (-1, 0, 1):
        at = now_ms + DAY + ahead
        raw = encode(Cancelled(event_id="e", shop_id="s", buyer_id="b", at=at, order_id="o"))
        assert is_read(raw, now_ms=now_ms) == is_mine(raw, now_ms=now_ms) == (ahead <= 0)
