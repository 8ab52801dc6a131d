"""Events in few words, and what the engine makes of them: the vocabulary of the tables.

`wrote("10:00")` is a buyer's message on the first day, Monday 2025-03-03 in Asia/Shanghai;
`"+1 00:00:30.001"` is on the next day. Everything is buyer b1's in shop s1 unless said otherwise.
Later builders get greater event ids.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from chatpulse.contract.codec import encode
from chatpulse.contract.events import (
    Cancelled,
    Created,
    EventBase,
    Flagged,
    Marked,
    Message,
    Paid,
    Presence,
    Rated,
    Refunded,
    Transfer,
)
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.scorecard import Scorecard
from tests import oracle

MONDAY = 1_740_931_200_000
"""2025-03-03 00:00 in Asia/Shanghai."""
FIRST_DAY = datetime.date(2025, 3, 3).toordinal()
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

_WHEN = re.compile(r"(?:([+-]\d+) )?(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?")
_numbers = itertools.count(1)


def ms(when: str) -> int:
    """Return the instant of `[+DAYS ]HH:MM[:SS[.mmm]]`."""
    match = _WHEN.fullmatch(when)
    assert match is not None, when
    days, hours, minutes, seconds, millis = (int(piece or 0) for piece in match.groups())
    return MONDAY + days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + millis


def date(days: int) -> datetime.date:
    """Return the date so many days after the first day."""
    return datetime.date.fromordinal(FIRST_DAY + days)


def _fields(when: str, shop: str, buyer: str | None = None) -> dict[str, Any]:
    fields: dict[str, Any] = {"event_id": f"e{next(_numbers):06}", "shop_id": shop, "at": ms(when)}
    return fields if buyer is None else {**fields, "buyer_id": buyer}


def wrote(
    when: str,
    text: str = "这个怎么卖",
    *,
    to: str | None = None,
    content: Any = "text",
    buyer: str = "b1",
    shop: str = "s1",
) -> Message:
    """A buyer's message, assigned to an agent or (None) in the queue."""
    common = _fields(when, shop, buyer)
    return Message(**common, sender="buyer", agent_id=to, text=text, content=content)


def replied(
    when: str,
    by: str = "a1",
    text: str = "亲，您好",
    *,
    auto: bool = False,
    content: Any = "text",
    buyer: str = "b1",
    shop: str = "s1",
) -> Message:
    """An agent's message."""
    common = _fields(when, shop, buyer)
    return Message(**common, sender="agent", agent_id=by, text=text, auto=auto, content=content)


def bot(
    when: str, by: str | None = None, *, assist: bool = False, buyer: str = "b1", shop: str = "s1"
) -> Message:
    """A bot's message."""
    common = _fields(when, shop, buyer)
    return Message(**common, sender="bot", agent_id=by, text="机器人", assist=assist)


def system(when: str, *, buyer: str = "b1", shop: str = "s1") -> Message:
    """A system message."""
    return Message(**_fields(when, shop, buyer), sender="system", text="系统")


def transferred(
    when: str, giver: str | None, taker: str, *, buyer: str = "b1", shop: str = "s1"
) -> Transfer:
    """A transfer; `giver` None: out of the queue."""
    return Transfer(**_fields(when, shop, buyer), from_agent_id=giver, to_agent_id=taker)


def created(
    when: str, order: str = "o1", amount: int = 100, *, buyer: str = "b1", shop: str = "s1"
) -> Created:
    """An order is placed."""
    return Created(**_fields(when, shop, buyer), order_id=order, amount_minor=amount)


def paid(
    when: str,
    order: str = "o1",
    amount: int = 100,
    *,
    items: int = 1,
    buyer: str = "b1",
    shop: str = "s1",
) -> Paid:
    """An order is paid."""
    common = _fields(when, shop, buyer)
    return Paid(**common, order_id=order, amount_minor=amount, items=items)


def refunded(
    when: str, order: str = "o1", amount: int = 100, *, buyer: str = "b1", shop: str = "s1"
) -> Refunded:
    """Money of an order goes back."""
    return Refunded(**_fields(when, shop, buyer), order_id=order, amount_minor=amount)


def cancelled(when: str, order: str = "o1", *, buyer: str = "b1") -> Cancelled:
    """An order is called off."""
    return Cancelled(**_fields(when, "s1", buyer), order_id=order)


def flagged(when: str, order: str = "o1", *, buyer: str = "b1") -> Flagged:
    """An order is found to be brushing."""
    return Flagged(**_fields(when, "s1", buyer), order_id=order, reason="brushing")


def marked(
    when: str, verdict: Any, *, day: int | None = None, buyer: str = "b1", shop: str = "s1"
) -> Marked:
    """A person's verdict on a day, counted from the first one (default: the day of the mark)."""
    common = _fields(when, shop, buyer)
    if day is None:
        return Marked(**common, verdict=verdict, by="boss")
    return Marked(**common, verdict=verdict, by="boss", day=date(day))


def rated(when: str, *, buyer: str = "b1") -> Rated:
    """An event that no KPI of chat or orders reads."""
    return Rated(**_fields(when, "s1", buyer), agent_id="a1", stars=5)


def clock(when: str, *, shop: str = "s1") -> Presence:
    """Nothing but time: an event of no conversation."""
    return Presence(**_fields(when, shop), agent_id="a1", state="online")


# ---- numbers ------------------------------------------------------------------------------------

Numbers = dict[str, Any]
"""Fields of a scorecard that are not zero, null or empty."""
Table = dict[str, Numbers]
"""`shop`, `a1` on the first day, `+1 shop` on the next -> numbers; nobody without any."""


def rules_of(rules: Mapping[str, Any] | None = None) -> Rules:
    """Return rules as a rules file in JSON would give them."""
    return Rules.parse(json.dumps(rules or {}), toml=False)


def replay(
    events: Iterable[EventBase], rules: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the scorecards that the engine prints for events in reading order."""
    partition = Partition(rules_of(rules), live=False)
    now = 0
    for event in events:
        partition.apply(event)
        now = max(now, event.at)
    partition.finish(now)
    return printed(partition.closed)


def printed(cards: Iterable[Scorecard]) -> list[dict[str, Any]]:
    """Return scorecards as JSON has them, sorted as replay sorts them."""
    found = [json.loads(msgspec.json.encode(card)) for card in cards]
    return sorted(found, key=lambda card: (card["shop_id"], card["agent_id"], card["day"]))


def recomputed(
    events: Iterable[EventBase], rules: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the scorecards of the independent computation."""
    return oracle.scorecards(map(encode, events), rules, now_wall_ms=1 << 52)


def table(cards: Iterable[Mapping[str, Any]], fields: str) -> Table:
    """Pick some fields of all scorecards, leaving out what is zero."""
    found: Table = {}
    for card in cards:
        days = datetime.date.fromisoformat(card["day"]).toordinal() - FIRST_DAY
        owner = card["agent_id"] or "shop"
        picked = {name: value for name in fields.split() if (value := _solid(card[name]))}
        if picked:
            found[f"{days:+} {owner}" if days else owner] = picked
    return found


def _solid(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: solid for key, item in value.items() if (solid := _solid(item))}
    return value


@dataclasses.dataclass(frozen=True)
class Case:
    """A row of a table: what happens, and the numbers of everybody that it touches."""

    name: str
    given: Sequence[EventBase]
    then: Any  # mostly a Table
    rules: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def check(case: Case, fields: str) -> None:
    """Hold the engine and the independent computation against the row's numbers."""
    assert table(replay(case.given, case.rules), fields) == case.then
    assert table(recomputed(case.given, case.rules), fields) == case.then
