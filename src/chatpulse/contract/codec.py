"""Bytes of one record to an event, or to the reason why they are none.

`decode` is total: whatever a producer sends, it returns. A rejected record is a value with a reason
of a closed set (a metric label and a dead-letter header) and a detail for the person who mends the
producer.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, Union, get_args

import msgspec
from msgspec import Struct

from .events import Event, EventBase, Message
from .ids import DAY

MAX_BYTES: Final = 64 * 1024
MAX_DETAIL: Final = 200

Reason: TypeAlias = Literal[
    "too_large", "not_utf8", "not_json", "unknown_type", "invalid", "future"
]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)


class Rejected(Struct, frozen=True):
    """A record that is no event: `reason` for counting, `detail` for whoever mends it."""

    reason: Reason
    detail: str


Decoded: TypeAlias = Union[Event, Rejected]

_decode_event = msgspec.json.Decoder(Event).decode
encode = msgspec.json.Encoder().encode
"""Event -> the JSON object of events.md, as UTF-8."""


def decode(raw: bytes, *, now_ms: int) -> Decoded:
    """Return the event in `raw`, or why it is none; never raise.

    `now_ms` is the wall clock: an event more than one day ahead of it is rejected.
    """
    if len(raw) > MAX_BYTES:
        return Rejected("too_large", f"{len(raw)} bytes, at most {MAX_BYTES} are allowed")
    try:
        if not raw.isascii():
            raw.decode()  # msgspec does not look inside the strings of fields it does not know
        event: Event = _decode_event(raw)
    except UnicodeDecodeError as error:
        return Rejected("not_utf8", f"byte {error.start}: {error.reason}")
    except msgspec.ValidationError as error:
        return _invalid(str(error))
    except (msgspec.DecodeError, RecursionError) as error:
        return Rejected("not_json", str(error)[:MAX_DETAIL])
    if event.at > now_ms + DAY:
        return Rejected("future", f"at is {event.at - now_ms} ms ahead of the clock")
    if type(event) is Message and event.sender == "agent" and event.agent_id is None:
        return Rejected("invalid", "an agent's message needs agent_id - at `$.agent_id`")
    return event


def _invalid(error: str) -> Rejected:
    unknown_type = error.startswith("Invalid value") and error.endswith("at `$.type`")
    return Rejected("unknown_type" if unknown_type else "invalid", error[:MAX_DETAIL])


def is_event(decoded: Decoded) -> bool:
    """Tell an event from a rejection."""
    return isinstance(decoded, EventBase)
