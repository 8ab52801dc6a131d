"""`decode` is total: whatever the bytes, an event or a rejection of the closed set."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.codec import REASONS, Rejected, decode, encode
from chatpulse.contract.events import EventBase
from tests.contract.records import ALL, NOW
from tests.oracle.reading import read_line

RECORDS = [encode(event) for event in ALL]
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.sampled_from(["", "x" * 129, 2**53, 2**53 - 1, -1, 0, 1.0, "buyer", "2025-03-05"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


def check(raw: bytes) -> EventBase | None:
    """Decode; hold the result against its type and against the independent reading."""
    found = decode(raw, now_ms=NOW)
    if isinstance(found, Rejected):
        assert found.reason in REASONS
        assert 0 < len(found.detail) <= 200
        return None
    assert isinstance(found, EventBase)
    assert decode(encode(found), now_ms=NOW) == found
    return found


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@given(JSON)
def test_any_json(value: Any) -> None:
    check(json.dumps(value).encode())


@given(st.sampled_from(RECORDS), st.data())
def test_records_with_a_broken_piece(record: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(record)))
    end = data.draw(st.integers(start, len(record)))
    raw = record[:start] + data.draw(st.binary(max_size=4)) + record[end:]
    found = check(raw)
    assert (found is None) == (not raw.strip() or read_line(raw, now_wall_ms=NOW) is None)


@given(st.sampled_from(RECORDS), st.data())
def test_records_with_a_changed_field(record: bytes, data: st.DataObject) -> None:
    fields = json.loads(record)
    name = data.draw(st.sampled_from([*fields, "extra"]))
    fields[name] = data.draw(JSON)
    raw = json.dumps(fields).encode()
    found = check(raw)
    assert (found is None) == (read_line(raw, now_wall_ms=NOW) is None)


@given(st.sampled_from(RECORDS), st.data())
def test_records_without_a_field(record: bytes, data: st.DataObject) -> None:
    fields = json.loads(record)
    del fields[data.draw(st.sampled_from(sorted(fields)))]
    raw = json.dumps(fields).encode()
    found = check(raw)
    assert (found is None) == (read_line(raw, now_wall_ms=NOW) is None)
