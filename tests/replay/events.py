"""Builders of lines for the tests of replay."""

import json
from collections.abc import Iterable

NOON = 1_741_147_200_000
"""2025-03-05 12:00:00 in Asia/Shanghai."""


def line(event_id: str, at: int, **fields: object) -> bytes:
    """A buyer's message unless the fields say otherwise."""
    event: dict[str, object] = {
        "type": "message",
        "event_id": event_id,
        "shop_id": "s1",
        "at": at,
        "buyer_id": "b1",
        "sender": "buyer",
        "agent_id": "a1",
        "text": "这个有货吗",
    }
    return json.dumps(event | fields, ensure_ascii=False).encode()


def ndjson(lines: Iterable[bytes]) -> bytes:
    """The content of a file of these lines."""
    return b"".join(one + b"\n" for one in lines)
