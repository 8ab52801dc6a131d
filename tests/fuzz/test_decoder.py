"""Bytes of a record to an event: total, and in bounded time."""

from __future__ import annotations

from hypothesis import example

from chatpulse.contract.codec import MAX_DETAIL, REASONS, Rejected, decode, encode
from chatpulse.contract.events import EventBase
from tests.contract.records import ALL, NOW
from tests.fuzz.inputs import fuzzed

RECORDS = [encode(event) for event in ALL]


@example(raw=RECORDS[0][:-1] + b',"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}")
@fuzzed(*RECORDS, words=("message", "buyer", "agent", "text", "agent_id", "amount_minor", "day"))
def test_decoder(raw: bytes) -> None:
    found = decode(raw, now_ms=NOW)
    if isinstance(found, Rejected):
        assert found.reason in REASONS
        assert 0 < len(found.detail) <= MAX_DETAIL
    else:
        assert isinstance(found, EventBase)
        assert decode(encode(found), now_ms=NOW) == found
