"""The input topics and the event types each of them carries (events.md)."""

from __future__ import annotations

from typing import Final

from .events import (
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

MESSAGES: Final = "chat.messages"
ORDERS: Final = "shop.orders"
FEEDBACK: Final = "shop.feedback"
AFTERSALES: Final = "shop.aftersales"
PRESENCE: Final = "desk.presence"
ASSESSMENTS: Final = "desk.assessments"

TOPIC_TYPES: Final[dict[str, tuple[type[EventBase], ...]]] = {
    MESSAGES: (Message, Transfer, Marked),
    ORDERS: (Created, Paid, Refunded, Cancelled, Flagged),
    FEEDBACK: (Rated, Reviewed, ReviewJudged, ReviewRecovered, Complained),
    AFTERSALES: (CaseOpened, CaseCost, CaseClosed, Shipped, PickedUp),
    PRESENCE: (Presence,),
    ASSESSMENTS: (Deducted, Awarded),
}
"""Default topic name -> the types of its events."""

DEFAULT_TOPIC: Final[dict[type[EventBase], str]] = {
    event_type: topic for topic, types in TOPIC_TYPES.items() for event_type in types
}


def type_name(event_type: type[EventBase]) -> str:
    """Return the wire's name of an event type: the value of the field `type`."""
    return str(event_type.__struct_config__.tag)


TYPE_NAMES: Final[dict[type[EventBase], str]] = {t: type_name(t) for t in DEFAULT_TOPIC}
