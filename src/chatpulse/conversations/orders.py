"""Order events and marks to the evidence of a timeline.

Each is a set: whatever the order of arrival and however often one is repeated, the same evidence
results.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..contract.events import Cancelled, Created, Flagged, Marked, Paid, PurchaseEvent
from .row import Mark, Order, Sale, Timeline

Effect: TypeAlias = Literal["new", "duplicate", "unmatched"]


def ordered_at(order: Order) -> int | None:
    """Return `tc`: when the order was placed, at the latest when it was paid (kpis.md 5)."""
    if order.sale is None:
        return order.created_at
    if order.created_at is None:
        return order.sale.at
    return min(order.created_at, order.sale.at)


def purchase(timeline: Timeline, event: PurchaseEvent) -> Effect:
    """Note an order event; `unmatched` is a refund of an order that is not known to be paid."""
    order = timeline.orders.get(event.order_id)
    if order is None:
        order = timeline.orders[event.order_id] = Order()
    match event:
        case Created(at=at):
            if order.created_at == at:
                return "duplicate"
            _note_purchase(timeline, at)
            if order.created_at is None or at < order.created_at:
                order.created_at = at
        case Paid():
            sale = Sale(event.at, event.event_id, event.amount_minor, event.items)
            if order.sale == sale:
                return "duplicate"
            _note_purchase(timeline, event.at)
            if order.sale is None or sale < order.sale:
                order.sale = sale
        case Cancelled():
            order.cancelled = True
        case Flagged():
            order.flagged = True
        case _:
            if event.event_id in order.refunds:
                return "duplicate"
            order.refunds[event.event_id] = (event.at, event.amount_minor)
            if order.sale is None:
                return "unmatched"
    return "new"


def mark(timeline: Timeline, event: Marked, day: int) -> Effect:
    """Note a person's verdict on `day`; the newest one holds."""
    new = Mark(event.at, event.event_id, event.verdict)
    before = timeline.marks.get(day)
    if before == new:
        return "duplicate"
    if before is None or before < new:
        timeline.marks[day] = new
    return "new"


def _note_purchase(timeline: Timeline, at: int) -> None:
    if timeline.purchase_at is None or at < timeline.purchase_at:
        timeline.purchase_at = at
