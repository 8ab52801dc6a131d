"""Golden records: what producers may send, and the JSON Schemas that say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from chatpulse.contract import schema as schemas
from chatpulse.contract.codec import decode, encode, is_event
from chatpulse.contract.events import EventBase
from chatpulse.contract.topics import DEFAULT_TOPIC, TOPIC_TYPES, TYPE_NAMES
from tests.contract.records import ALL, EVENTS, NOW
from tests.golden import assert_golden

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def pretty(event: EventBase) -> str:
    return json.dumps(json.loads(encode(event)), ensure_ascii=False, indent=2)


def validator(topic: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schemas.schema(topic))


@pytest.mark.parametrize("name", EVENTS)
def test_golden_record(name: str) -> None:
    events = [event for event in EVENTS[name] if event is not None]
    text = "[\n" + ",\n".join(map(pretty, events)) + "\n]\n"
    assert_golden(GOLDEN / f"{name}.json", text)


@pytest.mark.parametrize("name", EVENTS)
def test_the_reviewed_records_are_decoded_and_fit_the_schema(name: str) -> None:
    records = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    events = [decode(json.dumps(record).encode(), now_ms=NOW) for record in records]
    assert events == [event for event in EVENTS[name] if event is not None]
    topic = DEFAULT_TOPIC[type(EVENTS[name][0])]
    for record in records:
        validator(topic).validate(record)


@pytest.mark.parametrize("event", ALL, ids=lambda event: TYPE_NAMES[type(event)])
def test_decode_is_the_inverse_of_encode(event: EventBase) -> None:
    assert decode(encode(event), now_ms=NOW) == event
    assert decode(msgspec.json.format(encode(event)), now_ms=NOW) == event
    assert is_event(decode(encode(event), now_ms=NOW))


@pytest.mark.parametrize("event", ALL, ids=lambda event: TYPE_NAMES[type(event)])
def test_optional_fields_may_be_absent_and_unknown_ones_present(event: EventBase) -> None:
    record = json.loads(encode(event))
    needed = {name: value for name, value in record.items() if not _is_default(event, name, value)}
    more = {**needed, "x": {"deep": [1, None, 0.5]}, "seq": 10**30}
    assert decode(json.dumps(more).encode(), now_ms=NOW) == event


def _is_default(event: EventBase, name: str, value: Any) -> bool:
    fields = {field.name: field for field in msgspec.structs.fields(type(event))}
    return name in fields and not fields[name].required and fields[name].default == value


def test_every_type_has_records_and_one_default_topic() -> None:
    assert set(EVENTS) == set(TYPE_NAMES.values())
    assert sum(map(len, TOPIC_TYPES.values())) == len(DEFAULT_TOPIC) == len(EVENTS)
    assert {name: type(pair[0]) for name, pair in EVENTS.items()} == {
        name: event_type for event_type, name in TYPE_NAMES.items()
    }


@pytest.mark.parametrize("topic", TOPIC_TYPES)
def test_golden_schema_is_fresh_and_a_schema(topic: str, tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.schema(topic))
    schemas.write(tmp_path / "new")
    name = f"{topic}.schema.json"
    assert_golden(SCHEMAS / name, (tmp_path / "new" / name).read_text(encoding="utf-8"))


def test_there_is_no_schema_of_another_topic() -> None:
    assert {path.name for path in SCHEMAS.glob("*")} == {f"{t}.schema.json" for t in TOPIC_TYPES}
