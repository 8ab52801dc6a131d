"""One event of every type, once with every field and once with only those it needs."""

from __future__ import annotations

import datetime
from typing import Any

from chatpulse.contract.events import (
    Awarded,
    Cancelled,
    CaseClosed,
    CaseCost,
    CaseOpened,
    Complained,
    Created,
    Deducted,
    EventBase,
    Flagged,
    Marked,
    Message,
    Paid,
    PickedUp,
    Presence,
    Rated,
    Refunded,
    Reviewed,
    ReviewJudged,
    ReviewRecovered,
    Shipped,
    Transfer,
)

NOW = 1_741_147_200_000  # 2025-03-05 12:00:00 in Asia/Shanghai

_COMMON: dict[str, Any] = {"event_id": "e-1", "shop_id": "旗舰店", "at": NOW}
_OF_BUYER: dict[str, Any] = {**_COMMON, "buyer_id": "b-1"}
_OF_ORDER: dict[str, Any] = {**_OF_BUYER, "order_id": "o-1"}
_ASSESSED: dict[str, Any] = {**_COMMON, "agent_id": "a-1", "points": 2, "by": "boss"}

EVENTS: dict[str, tuple[EventBase, EventBase | None]] = {
    "message": (
        Message(
            **_OF_BUYER,
            sender="bot",
            text="亲，在的 😀",
            agent_id="a-1",
            content="card",
            auto=True,
            assist=True,
        ),
        Message(**_OF_BUYER, sender="buyer", text=""),
    ),
    "transfer": (
        Transfer(**_OF_BUYER, from_agent_id="a-1", to_agent_id="a-2"),
        Transfer(**_OF_BUYER, to_agent_id="a-2"),
    ),
    "marked": (
        Marked(**_OF_BUYER, verdict="ad", by="boss", day=datetime.date(2025, 3, 4)),
        Marked(**_OF_BUYER, verdict="genuine", by="boss"),
    ),
    "created": (
        Created(**_OF_ORDER, amount_minor=19_900, items=3),
        Created(**_OF_ORDER, amount_minor=0),
    ),
    "paid": (
        Paid(**_OF_ORDER, amount_minor=19_900, items=3),
        Paid(**_OF_ORDER, amount_minor=2**53 - 1),
    ),
    "refunded": (Refunded(**_OF_ORDER, amount_minor=900), None),
    "cancelled": (Cancelled(**_OF_ORDER), None),
    "flagged": (Flagged(**_OF_ORDER, reason="brushing"), None),
    "rated": (
        Rated(**_OF_BUYER, agent_id="a-1", stars=5, card_at=NOW - 60_000),
        Rated(**_OF_BUYER, agent_id="a-1", stars=1),
    ),
    "reviewed": (
        Reviewed(**_OF_ORDER, grade="bad", aspect="service"),
        Reviewed(**_OF_ORDER, grade="good"),
    ),
    "review_judged": (ReviewJudged(**_OF_ORDER, agent_id="a-1", responsible=True), None),
    "review_recovered": (ReviewRecovered(**_OF_ORDER, agent_id="a-1"), None),
    "complained": (Complained(**_OF_BUYER, agent_id="a-1"), Complained(**_OF_BUYER)),
    "case_opened": (CaseOpened(**_OF_ORDER, case_id="c-1", agent_id="a-1"), None),
    "case_cost": (
        CaseCost(**_OF_BUYER, case_id="c-1", kind="cashback", amount_minor=500),
        None,
    ),
    "case_closed": (CaseClosed(**_OF_BUYER, case_id="c-1"), None),
    "shipped": (Shipped(**_OF_ORDER), None),
    "picked_up": (PickedUp(**_OF_ORDER), None),
    "presence": (Presence(**_COMMON, agent_id="a-1", state="online"), None),
    "deducted": (Deducted(**_ASSESSED, reason="late_report"), None),
    "awarded": (Awarded(**_ASSESSED, reason="chat_audit"), None),
}
"""Type name -> the event with every field, and with the fewest (None: it has no others)."""

ALL: list[EventBase] = [event for pair in EVENTS.values() for event in pair if event is not None]
