"""The events of the input topics, one frozen struct each (events.md is the contract).

An event is what a producer says happened: it may be late, repeated or about a stranger, but once it
is one of these structs its shape is right. Field names are the wire's; `at` is the moment it
happened, stamped by the producer.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Final, Literal, TypeAlias, Union

from msgspec import UNSET, Meta, Struct, UnsetType

from .ids import Id, Items, Millis, Minor

Sender: TypeAlias = Literal["buyer", "agent", "bot", "system"]
Content: TypeAlias = Literal["text", "image", "video", "card", "sticker", "file", "recall"]
Verdict: TypeAlias = Literal["ad", "internal", "genuine"]


class EventBase(Struct, frozen=True, kw_only=True, tag_field="type", gc=False):
    """What every event carries; `shop_id` is also the key of its Kafka record."""

    event_id: Id
    shop_id: Id
    at: Millis


class BuyerEvent(EventBase, frozen=True, kw_only=True, gc=False):
    """An event of one conversation, `(shop_id, buyer_id)`."""

    buyer_id: Id


class Message(BuyerEvent, frozen=True, kw_only=True, tag="message", gc=False):
    """A chat message; `agent_id` wrote it or, for a buyer's message, is assigned (None: queue)."""

    sender: Sender
    text: str
    agent_id: Id | None = None
    content: Content = "text"
    auto: bool = False
    assist: bool = False


class Transfer(BuyerEvent, frozen=True, kw_only=True, tag="transfer", gc=False):
    """The conversation was handed to `to_agent_id`, out of the queue if `from_agent_id` is None."""

    to_agent_id: Id
    from_agent_id: Id | None = None


class Marked(BuyerEvent, frozen=True, kw_only=True, tag="marked"):
    """A person's verdict on a conversation-day; `day` defaults to the day of `at`."""

    verdict: Verdict
    by: str
    day: datetime.date | UnsetType = UNSET


class OrderEvent(BuyerEvent, frozen=True, kw_only=True, gc=False):
    """An event of one order; `order_id` is unique per buyer."""

    order_id: Id


class Created(OrderEvent, frozen=True, kw_only=True, tag="created", gc=False):
    """The buyer placed the order (下单)."""

    amount_minor: Minor
    items: Items = 1


class Paid(OrderEvent, frozen=True, kw_only=True, tag="paid", gc=False):
    """The order was paid (付款); this amount and these items are the sale."""

    amount_minor: Minor
    items: Items = 1


class Refunded(OrderEvent, frozen=True, kw_only=True, tag="refunded", gc=False):
    """A part or all of the order's amount went back to the buyer."""

    amount_minor: Minor


class Cancelled(OrderEvent, frozen=True, kw_only=True, tag="cancelled", gc=False):
    """The order was called off."""


class Flagged(OrderEvent, frozen=True, kw_only=True, tag="flagged", gc=False):
    """The order was found to be a fake sale (刷单)."""

    reason: Literal["brushing"]


class Rated(BuyerEvent, frozen=True, kw_only=True, tag="rated", gc=False):
    """The buyer rated an agent; `card_at` is when the agent sent the rating card."""

    agent_id: Id
    stars: Annotated[int, Meta(ge=1, le=5)]
    card_at: Millis | None = None


class Reviewed(OrderEvent, frozen=True, kw_only=True, tag="reviewed", gc=False):
    """The buyer reviewed an order in the shop."""

    grade: Literal["good", "neutral", "bad"]
    aspect: Literal["product", "logistics", "service"] | None = None


class ReviewJudged(OrderEvent, frozen=True, kw_only=True, tag="review_judged", gc=False):
    """A person decided whether the agent is to blame for a review."""

    agent_id: Id
    responsible: bool


class ReviewRecovered(OrderEvent, frozen=True, kw_only=True, tag="review_recovered", gc=False):
    """A bad review was changed or withdrawn after the agent's care."""

    agent_id: Id


class Complained(BuyerEvent, frozen=True, kw_only=True, tag="complained", gc=False):
    """The buyer complained, about an agent or about nobody in particular."""

    agent_id: Id | None = None


class CaseOpened(OrderEvent, frozen=True, kw_only=True, tag="case_opened", gc=False):
    """An after-sales case began."""

    case_id: Id
    agent_id: Id


class CaseCost(BuyerEvent, frozen=True, kw_only=True, tag="case_cost", gc=False):
    """An after-sales case cost the shop money."""

    case_id: Id
    kind: Literal["cashback", "reissue", "refund_only", "deposit_compensation"]
    amount_minor: Minor


class CaseClosed(BuyerEvent, frozen=True, kw_only=True, tag="case_closed", gc=False):
    """An after-sales case ended."""

    case_id: Id


class Shipped(OrderEvent, frozen=True, kw_only=True, tag="shipped", gc=False):
    """The order left the shop."""


class PickedUp(OrderEvent, frozen=True, kw_only=True, tag="picked_up", gc=False):
    """The carrier took the order."""


class Presence(EventBase, frozen=True, kw_only=True, tag="presence", gc=False):
    """An agent's state at the desk; no event of any conversation."""

    agent_id: Id
    state: Literal["online", "busy", "suspended", "offline"]


class Deducted(EventBase, frozen=True, kw_only=True, tag="deducted", gc=False):
    """A supervisor took points off an agent."""

    agent_id: Id
    points: Items
    reason: str
    by: str


class Awarded(EventBase, frozen=True, kw_only=True, tag="awarded", gc=False):
    """A supervisor gave an agent points."""

    agent_id: Id
    points: Items
    reason: str
    by: str


ChatEvent: TypeAlias = Union[Message, Transfer]
PurchaseEvent: TypeAlias = Union[Created, Paid, Refunded, Cancelled, Flagged]
Event: TypeAlias = Union[
    Message,
    Transfer,
    Marked,
    Created,
    Paid,
    Refunded,
    Cancelled,
    Flagged,
    Rated,
    Reviewed,
    ReviewJudged,
    ReviewRecovered,
    Complained,
    CaseOpened,
    CaseCost,
    CaseClosed,
    Shipped,
    PickedUp,
    Presence,
    Deducted,
    Awarded,
]

PURCHASE_EVENTS: Final = (Created, Paid, Refunded, Cancelled, Flagged)
