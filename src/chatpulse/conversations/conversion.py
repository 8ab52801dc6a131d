"""Inquiries and what became of them (询单, 转化率; kpis.md 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ..contract.ids import DAY
from .attribution import credit
from .conversation import Conversation
from .orders import ordered_at
from .row import NOBODY, Day, Order, Timeline
from .tally import Tally

SPANS: Final = {"same_day": 1, "next_day": 2, "final": 4}
"""Span -> how many days it has, the cohort day included."""
INQUIRY: Final = ("inquiries", *(f"inquiries_{span}" for span in SPANS))
NEVER: Final = 1 << 62  # mutation: any instant after all others
AFTER_SALE: Final = 21 * DAY


class Purchase(Struct, frozen=True):
    """An order that is not flagged, as an inquiry sees it; `stands` unless cancelled unpaid."""

    placed_at: int
    paid_at: int | None
    stands: bool
    earner: str


def tally_inquiry(tally: Tally, conversation: Conversation, day: int, facts: Day) -> None:
    """Count the inquiry of a day that is not excluded, for the shop and each agent consulted."""
    if facts.consulted is None:
        return
    purchases = _purchases(conversation, conversation.timeline(day))
    if not purchases:
        for owner in (NOBODY, *facts.consultations):
            tally.count(owner, *INQUIRY)
        return
    calendar = conversation.policy.calendar
    ends = {span: calendar.start(day + days) for span, days in SPANS.items()}
    since = facts.consulted.at
    if not _is_presale(purchases, since, ends["final"]):
        return
    tally.count(NOBODY, *INQUIRY)
    _tally_spans(tally, NOBODY, ends, _first_order(purchases, since), _first_sale(purchases, since))
    for agent_id, consultation in facts.consultations.items():
        since = consultation.at
        if not _is_presale(purchases, since, ends["final"]):
            continue
        sold_at = _first_sale(purchases, since)
        own_at = _first_sale([p for p in purchases if p.earner == agent_id], since)
        tally.count(agent_id, "inquiries")
        for span, end in ends.items():
            if sold_at >= end or own_at < end:
                tally.count(agent_id, f"inquiries_{span}")
        _tally_spans(tally, agent_id, ends, _first_order(purchases, since), own_at)


def _tally_spans(
    tally: Tally, owner: str, ends: dict[str, int], ordered_at: int, paid_at: int
) -> None:
    for span, end in ends.items():
        if ordered_at < end:
            tally.count(owner, f"ordered_{span}")
        if paid_at < end:
            tally.count(owner, f"converted_{span}")


def _first_order(purchases: Sequence[Purchase], since: int) -> int:
    """Return when the first order that stands and belongs to `since` was placed, or NEVER."""
    placed = NEVER
    for p in purchases:
        if p.stands and p.placed_at < placed and (p.paid_at is None or p.paid_at >= since):
            placed = p.placed_at
    return placed


def _first_sale(purchases: Sequence[Purchase], since: int) -> int:
    """Return when the first order that belongs to `since` was paid, or NEVER."""
    paid = NEVER
    for p in purchases:
        if p.paid_at is not None and since <= p.paid_at < paid:
            paid = p.paid_at
    return paid


def _is_presale(purchases: Sequence[Purchase], since: int, end: int) -> bool:
    """Tell whether nothing was paid in the 21 days before, or something was ordered after."""
    is_after_sale = any(
        p.paid_at is not None and since - AFTER_SALE <= p.paid_at < since for p in purchases
    )
    return not is_after_sale or any(since <= p.placed_at < end for p in purchases)


def _purchases(conversation: Conversation, timeline: Timeline) -> list[Purchase]:
    return [
        purchase
        for order in timeline.orders.values()
        if not order.flagged and (purchase := _purchase(conversation, timeline, order)) is not None
    ]


def _purchase(conversation: Conversation, timeline: Timeline, order: Order) -> Purchase | None:
    placed = ordered_at(order)
    if placed is None:
        return None
    if order.sale is None:
        return Purchase(placed, None, not order.cancelled, NOBODY)
    earner = credit(order, conversation.replies(timeline), conversation.policy).agent_id
    return Purchase(placed, order.sale.at, True, earner)
