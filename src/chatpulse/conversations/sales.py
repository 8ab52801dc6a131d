"""Sales, refunds and assists of a day (kpis.md 5)."""

from __future__ import annotations

from .attribution import assists, credit
from .conversation import Conversation
from .row import NOBODY, Credit, Day, Order, Timeline
from .tally import Tally


def tally_sales(tally: Tally, conversation: Conversation, day: int, facts: Day) -> None:
    """Count the sales paid, the refunds made and the assists given on a day not excluded."""
    timeline = conversation.timeline(day)
    if not timeline.orders:
        return
    calendar = conversation.policy.calendar
    start, end = calendar.start(day), calendar.end(day)
    payers: set[str] = set()
    for order in timeline.orders.values():
        if order.sale is None or order.flagged:
            continue
        earner = credit(order, conversation.replies(timeline), conversation.policy)
        if start <= order.sale.at < end:
            payers |= _tally_sale(tally, order, earner)
        if order.refunds and not is_out(conversation, order):
            refunds = sum(amount for at, amount in order.refunds.values() if start <= at < end)
            for owner in {NOBODY, earner.agent_id} if refunds else ():
                tally.add(owner, "refunds_minor", refunds)
    for owner in payers:
        tally.count(owner, "paying_buyers")
    _tally_assists(tally, conversation, timeline, facts)


def is_out(conversation: Conversation, order: Order) -> bool:
    """Tell whether the day of the payment is excluded: then there is no sale."""
    assert order.sale is not None  # noqa: S101  # only paid orders are asked about
    if order.settled_credit is not None:
        return order.settled_out
    return conversation.excluded(conversation.policy.calendar.day(order.sale.at)) is not None


def _tally_sale(tally: Tally, order: Order, earner: Credit) -> set[str]:
    assert order.sale is not None  # noqa: S101  # only paid orders are asked about
    owners = {NOBODY, earner.agent_id}
    for owner in owners:
        tally.count(owner, "orders_paid", f"credit.{earner.kind}")
        tally.add(owner, "sales_minor", order.sale.amount_minor)
        tally.add(owner, "items", order.sale.items)
    return owners


def _tally_assists(
    tally: Tally, conversation: Conversation, timeline: Timeline, facts: Day
) -> None:
    if not facts.replies:
        return
    replies = conversation.replies(timeline)
    given = {
        assist
        for order in timeline.orders.values()
        if order.sale is not None
        for assist in assists(order, facts.replies, replies, conversation.policy)
    }
    for kind, agent_id in given:
        tally.count(agent_id, f"assists_{kind}")
        tally.count(NOBODY, f"assists_{kind}")
