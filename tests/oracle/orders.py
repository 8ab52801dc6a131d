"""Orders of a timeline: who earns them (section 5), which consultations they answer (section 4)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from .calendar import DAY
from .messages import is_question
from .reading import Event
from .timeline import Timeline

FOLLOW_UP = 7 * DAY
AFTER_SALE = 21 * DAY
SPANS = {"same_day": 1, "next_day": 2, "final": 4}  # the span ends with the start of day + n


@dataclasses.dataclass(slots=True)
class Order:
    """One `order_id` of one buyer that was created or paid."""

    tc: int
    tp: int | None = None
    amount: int = 0
    items: int = 0
    flagged: bool = False
    cancelled: bool = False
    refunds: list[Event] = dataclasses.field(default_factory=list)
    credit: str = "silent"  # closed, chased, silent
    agent: str | None = None

    def belongs(self, c: int) -> bool:
        """Not flagged, and unpaid or paid at or after `c`."""
        return not self.flagged and (self.tp is None or self.tp >= c)

    def ordered(self, c: int, end: int) -> bool:
        """An order that belongs to `c`, was created by its end, and is not cancelled unpaid."""
        return self.belongs(c) and self.tc < end and not (self.cancelled and self.tp is None)

    def converted(self, c: int, end: int) -> bool:
        """One that belongs to `c` and was paid by its end."""
        return self.belongs(c) and self.tp is not None and self.tp < end


def orders(timeline: Timeline) -> list[Order]:
    """The first `created` and the first `paid` of the timeline count."""
    by_id: dict[str, list[Event]] = {}
    for event in timeline.events:
        if event.order_id and event.rank == 5:
            by_id.setdefault(event.order_id, []).append(event)
    found = []
    for events in by_id.values():
        created = next((e for e in events if e.type == "created"), None)
        paid = next((e for e in events if e.type == "paid"), None)
        if created is None and paid is None:
            continue
        # tc = min(created, tp); without a `created` event tc = tp
        order = Order(tc=min(e.at for e in (created, paid) if e is not None))
        if paid is not None:
            order.tp, order.amount, order.items = paid.at, paid.amount, paid.items
        order.flagged = any(e.type == "flagged" for e in events)
        order.cancelled = any(e.type == "cancelled" for e in events)
        order.refunds = [e for e in events if e.type == "refunded"]
        _credit(order, timeline)
        found.append(order)
    return found


def earning_replies(timeline: Timeline) -> list[Event]:
    """*Replies* are valid replies to that buyer on conversation-days not excluded."""
    events = (timeline.events[place] for place in timeline.replies)
    return [e for e in events if not timeline.verdicts.excluded(e.day)]


def _validity_start(order: Order, timeline: Timeline) -> int:
    calendar = timeline.policy.calendar
    return calendar.start(max(1, calendar.day(order.tc) - (timeline.policy.validity - 1)))


def _credit(order: Order, timeline: Timeline) -> None:
    """Credit a paid order to the agent of the latest reply that may earn it.

    A flagged order is credited to nobody. A reply at or after `tp` never earns sales.
    """
    if order.tp is None or order.flagged:
        return
    replies = earning_replies(timeline)
    start = _validity_start(order, timeline)
    closing = [e for e in replies if start <= e.at < order.tc]
    chasing = [e for e in replies if order.tc <= e.at < order.tp]
    if timeline.policy.attribution == "payment":
        # the latest reply in [start, tp): `closed` if before tc, else `chased`
        kinds = [("chased", chasing), ("closed", closing)]
    else:
        # `closed`: the latest in [start, tc); else `chased`: the latest in [tc, tp)
        kinds = [("closed", closing), ("chased", chasing)]
    for kind, candidates in kinds:
        if candidates:
            order.credit, order.agent = kind, candidates[-1].agent
            return


def assists(found: list[Order], timeline: Timeline) -> set[tuple[str, str, int]]:
    """Return the distinct `(kind, agent, day of the reply)` of this buyer.

    For a paid order that is credited to an agent every other agent with a reply is an assistant (a
    silent order has none); a flagged one is credited to nobody, and every agent assists it.
    """
    result = set()
    replies = earning_replies(timeline)
    for order in found:
        if order.tp is None or (order.agent is None and not order.flagged):
            continue
        start = _validity_start(order, timeline)
        for e in replies:
            assert e.agent is not None
            if e.agent == order.agent:
                continue
            if start <= e.at < order.tc:
                result.add(("order", e.agent, e.day))
            elif order.tc <= e.at < order.tp:
                result.add(("payment", e.agent, e.day))
            elif order.tp <= e.at < order.tp + FOLLOW_UP:
                result.add(("followup", e.agent, e.day))
    return result


def presale(found: list[Order], c: int, final: int) -> bool:
    """No unflagged order was paid in [c - 21 x 24 h, c), or one created in [c, end of final)."""
    genuine = [order for order in found if not order.flagged]
    after_sale = any(o.tp is not None and c - AFTER_SALE <= o.tp < c for o in genuine)
    return not after_sale or any(c <= o.tc < final for o in genuine)


@dataclasses.dataclass(slots=True)
class Consultation:
    """`(buyer, agent, day)` consulted; for the shop's own the agent is ""."""

    agent: str
    day: int
    at: int  # `consulted_at`
    replied: bool


def consultations(timeline: Timeline) -> Iterator[Consultation]:
    """A buyer message that is no closer *consults* (section 3)."""
    first: dict[tuple[str, int], int] = {}  # (agent, day) -> place of the first such message
    for place, event in enumerate(timeline.events):
        if not is_question(event) or place in timeline.closers:
            continue
        reply = timeline.next_reply(place)
        consulted = {"", event.agent}  # the shop; the agent whom it names
        if reply is not None and reply.day == event.day:
            # and the agent who sends the first valid reply after it on the same day
            consulted.add(reply.agent)
        for agent in consulted - {None}:
            first.setdefault((agent or "", event.day), place)
    replied_at: dict[tuple[str, int], int] = {}  # (agent, day) -> place of his last reply
    for place in timeline.replies:
        event = timeline.events[place]
        replied_at["", event.day] = replied_at[event.agent or "", event.day] = place
    for (agent, day), place in first.items():
        # Replied: that agent sent the buyer a valid reply after such a message on the same day
        replied = replied_at.get((agent, day), -1) > place
        yield Consultation(agent, day, timeline.events[place].at, replied)
