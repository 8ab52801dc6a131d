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
AFTER_SALE: Final = 21 * DAY


class Purchase(Struct, frozen=True):
    """An order that is not flagged, as an inquiry sees it."""

    placed_at: int
    paid_at: int | None
    is_cancelled: bool
    earner: str

    def belongs(self, since: int) -> bool:
        """Tell whether it is unpaid or was paid at or after `since`."""
        return self.paid_at is None or self.paid_at >= since

    def is_ordered(self, since: int, end: int) -> bool:
        """Tell whether it belongs, was placed before `end` and stands."""
        stands = self.paid_at is not None or not self.is_cancelled
        return self.belongs(since) and self.placed_at < end and stands

    def is_converted(self, since: int, end: int) -> bool:
        """Tell whether it belongs and was paid before `end`."""
        return self.paid_at is not None and since <= self.paid_at < end


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
    if not _is_presale(purchases, facts.consulted.at, ends["final"]):
        return
    since = facts.consulted.at
    tally.count(NOBODY, *INQUIRY)
    for span, end in ends.items():
        _count(tally, NOBODY, span, purchases, since, end, earned=purchases)
    for agent_id, consultation in facts.consultations.items():
        since = consultation.at
        if not _is_presale(purchases, since, ends["final"]):
            continue
        own = [p for p in purchases if p.earner == agent_id]
        tally.count(agent_id, "inquiries")
        for span, end in ends.items():
            is_sold = any(p.is_converted(since, end) for p in purchases)
            if not is_sold or any(p.is_converted(since, end) for p in own):
                tally.count(agent_id, f"inquiries_{span}")
            _count(tally, agent_id, span, purchases, since, end, earned=own)


def _count(
    tally: Tally,
    owner: str,
    span: str,
    purchases: Sequence[Purchase],
    since: int,
    end: int,
    *,
    earned: Sequence[Purchase],
) -> None:
    if any(p.is_ordered(since, end) for p in purchases):
        tally.count(owner, f"ordered_{span}")
    if any(p.is_converted(since, end) for p in earned):
        tally.count(owner, f"converted_{span}")


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
        return Purchase(placed, None, order.cancelled, NOBODY)
    earner = credit(order, conversation.replies(timeline), conversation.policy).agent_id
    return Purchase(placed, order.sale.at, order.cancelled, earner)
