"""From a line to an event, or to nothing: the contract of events.md, with the standard library."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

from .calendar import DAY

LONGEST = 64 * 1024
BIGGEST = 2**53 - 1

CHAT = frozenset({"message", "transfer"})
ORDERS = frozenset({"created", "paid", "refunded", "cancelled", "flagged"})


@dataclasses.dataclass(slots=True)
class Event:
    """One valid event. `index` is its place in the reading order; other fields as in events.md."""

    type: str
    event_id: str
    shop: str
    at: int
    buyer: str | None = None
    rank: int = 6
    index: int = -1
    day: int = 0  # the calendar day of `at`; set by the log, which knows the shop's time zone
    # message and transfer
    sender: str = ""
    agent: str | None = None  # the writer, or whom a buyer's message names; a transfer's `to`
    giver: str | None = None  # a transfer's `from_agent_id`
    text: str = ""
    content: str = "text"
    auto: bool = False
    assist: bool = False
    # orders
    order_id: str = ""
    amount: int = 0
    items: int = 1
    # marks
    verdict: str = ""
    marked_day: int | None = None


class _InvalidError(Exception):
    pass


_REQUIRED = object()


def _identifier(value: Any) -> bool:
    """Ids are non-empty strings of at most 128 characters."""
    return isinstance(value, str) and 1 <= len(value) <= 128


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _integer(low: int) -> Callable[[Any], bool]:
    """`1.0` and `true` are no integers; amounts and items are at most 2^53-1."""
    return lambda value: type(value) is int and low <= value <= BIGGEST


def _one_of(words: str) -> Callable[[Any], bool]:
    allowed = frozenset(words.split())
    return lambda value: isinstance(value, str) and value in allowed


def _date(value: Any) -> bool:
    if not (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _nullable(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


# type -> field -> (check, default). Fields not marked default, nullable or absent are required;
# null is allowed only where stated.
_Fields = dict[str, tuple[Callable[[Any], bool], Any]]
_ID: tuple[Callable[[Any], bool], Any] = (_identifier, _REQUIRED)
_MAYBE_ID: tuple[Callable[[Any], bool], Any] = (_nullable(_identifier), None)
_AMOUNT: tuple[Callable[[Any], bool], Any] = (_integer(0), _REQUIRED)
_POINTS: _Fields = {
    "agent_id": _ID,
    "points": (_integer(1), _REQUIRED),
    "reason": (_text, _REQUIRED),
    "by": (_text, _REQUIRED),
}
_TYPES: dict[str, _Fields] = {
    "message": {
        "buyer_id": _ID,
        "sender": (_one_of("buyer agent bot system"), _REQUIRED),
        "agent_id": _MAYBE_ID,
        "text": (_text, _REQUIRED),
        "content": (_one_of("text image video card sticker file recall"), "text"),
        "auto": (_flag, False),
        "assist": (_flag, False),
    },
    "transfer": {"buyer_id": _ID, "from_agent_id": _MAYBE_ID, "to_agent_id": _ID},
    "marked": {
        "buyer_id": _ID,
        "verdict": (_one_of("ad internal genuine"), _REQUIRED),
        "by": (_text, _REQUIRED),
        "day": (_date, None),
    },
    "created": {
        "buyer_id": _ID,
        "order_id": _ID,
        "amount_minor": _AMOUNT,
        "items": (_integer(1), 1),
    },
    "paid": {
        "buyer_id": _ID,
        "order_id": _ID,
        "amount_minor": _AMOUNT,
        "items": (_integer(1), 1),
    },
    "refunded": {"buyer_id": _ID, "order_id": _ID, "amount_minor": _AMOUNT},
    "cancelled": {"buyer_id": _ID, "order_id": _ID},
    "flagged": {"buyer_id": _ID, "order_id": _ID, "reason": (_one_of("brushing"), _REQUIRED)},
    "rated": {
        "buyer_id": _ID,
        "agent_id": _ID,
        "stars": (lambda v: type(v) is int and 1 <= v <= 5, _REQUIRED),
        "card_at": (_nullable(_integer(0)), None),
    },
    "reviewed": {
        "buyer_id": _ID,
        "order_id": _ID,
        "grade": (_one_of("good neutral bad"), _REQUIRED),
        "aspect": (_nullable(_one_of("product logistics service")), None),
    },
    "review_judged": {
        "buyer_id": _ID,
        "order_id": _ID,
        "agent_id": _ID,
        "responsible": (_flag, _REQUIRED),
    },
    "review_recovered": {"buyer_id": _ID, "order_id": _ID, "agent_id": _ID},
    "complained": {"buyer_id": _ID, "agent_id": _MAYBE_ID},
    "case_opened": {"buyer_id": _ID, "case_id": _ID, "order_id": _ID, "agent_id": _ID},
    "case_cost": {
        "buyer_id": _ID,
        "case_id": _ID,
        "kind": (_one_of("cashback reissue refund_only deposit_compensation"), _REQUIRED),
        "amount_minor": _AMOUNT,
    },
    "case_closed": {"buyer_id": _ID, "case_id": _ID},
    "shipped": {"buyer_id": _ID, "order_id": _ID},
    "picked_up": {"buyer_id": _ID, "order_id": _ID},
    "presence": {
        "agent_id": _ID,
        "state": (_one_of("online busy suspended offline"), _REQUIRED),
    },
    "deducted": _POINTS,
    "awarded": _POINTS,
}

# rank: buyer message 0, transfer 1, agent message 2, bot message 3, system message 4, order
# event 5, others 6
_MESSAGE_RANK = {"buyer": 0, "agent": 2, "bot": 3, "system": 4}


def _no_constant(name: str) -> Any:
    raise _InvalidError(f"{name} is no JSON")


def _whole(digits: str) -> int | float:
    """Read an integer; one too long for any field is only known to be large."""
    return int(digits) if len(digits) < 30 else float(digits)


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST:
        raise _InvalidError("over 64 KiB")
    try:
        found = json.loads(line.decode("utf-8"), parse_int=_whole, parse_constant=_no_constant)
        if b"\\u" in line:  # a lone surrogate, anywhere, cannot be written as UTF-8
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise _InvalidError(str(error)) from error
    if not isinstance(found, dict):
        raise _InvalidError("no object")
    return found


def _event(found: dict[str, Any], now_wall_ms: int) -> Event:
    kind = found.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise _InvalidError("type")
    for name in ("event_id", "shop_id"):
        if not _identifier(found.get(name)):
            raise _InvalidError(name)
    at = found.get("at")
    if type(at) is not int or not 0 <= at <= now_wall_ms + DAY:
        raise _InvalidError("at")  # ... or more than one day ahead of the wall clock
    field: dict[str, Any] = {}
    for name, (check, default) in _TYPES[kind].items():
        if name in found:
            if not check(found[name]):
                raise _InvalidError(name)
            field[name] = found[name]
        elif default is _REQUIRED:
            raise _InvalidError(f"{name} is missing")
        else:
            field[name] = default
    event = Event(kind, found["event_id"], found["shop_id"], at, field.get("buyer_id"))
    if kind == "message":
        if field["sender"] == "agent" and field["agent_id"] is None:
            raise _InvalidError("an agent's message needs agent_id")
        event.rank = _MESSAGE_RANK[field["sender"]]
        event.sender = field["sender"]
        event.agent = field["agent_id"]
        event.text = field["text"]
        event.content = field["content"]
        event.auto = field["auto"]
        event.assist = field["assist"]
    elif kind == "transfer":
        event.rank = 1
        event.giver = field["from_agent_id"]
        event.agent = field["to_agent_id"]
    elif kind in ORDERS:
        event.rank = 5
        event.order_id = field["order_id"]
        event.amount = field.get("amount_minor", 0)
        event.items = field.get("items", 1)
    elif kind == "marked":
        event.verdict = field["verdict"]
        if field["day"] is not None:
            event.marked_day = dt.date.fromisoformat(field["day"]).toordinal()
    return event


def read_line(line: bytes, *, now_wall_ms: int) -> Event | None:
    """Return the event of a line of NDJSON without its end, None if it is not a valid one."""
    try:
        return _event(_object(line), now_wall_ms)
    except _InvalidError:
        return None
