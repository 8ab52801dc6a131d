"""Why a number is what it is: what each conversation contributed, with its rounds and orders.

An explanation is made from the very tally that is summed on the board, so the contributions of all
conversations add up to the scorecard.
"""

from __future__ import annotations

from msgspec import Struct

from ..conversations.attribution import credit
from ..conversations.calendar import iso
from ..conversations.conversation import Conversation
from ..conversations.orders import ordered_at
from ..conversations.row import Order, Round, Timeline
from ..conversations.spam import Reason, Score
from ..conversations.tally import Tally


class ExplainedRound(Struct, frozen=True):
    """A round of the day that is over; missed ones have no `replied_at` and no waits (ms)."""

    asked_at: int
    replied_at: int | None
    agent_id: str
    shop_wait_ms: int | None
    agent_wait_ms: int | None
    opens_session: bool


class ExplainedOrder(Struct, frozen=True):
    """An order of the timeline; `credit` (closed, chased, silent) and `agent_id` once paid."""

    order_id: str
    placed_at: int | None
    paid_at: int | None
    amount_minor: int | None
    credit: str | None
    agent_id: str
    is_flagged: bool
    is_cancelled: bool


class Explanation(Struct, frozen=True):
    """One conversation-day: the verdict with its score, what happened, what it contributes.

    `numbers` are by agent ("" is the shop), under the names of the scorecard where it has them.
    """

    shop_id: str
    day: str
    buyer_id: str
    excluded: Reason | None
    mark: str | None
    score: Score
    rounds: list[ExplainedRound]
    orders: list[ExplainedOrder]
    numbers: dict[str, dict[str, int]]


def explain(shop_id: str, buyer_id: str, conversation: Conversation, tally: Tally) -> Explanation:
    """Return why a conversation contributes `tally` to its day."""
    day = tally.day
    timeline = conversation.timeline(day)
    mark = timeline.marks.get(day)
    facts = conversation.days[day]
    return Explanation(
        shop_id=shop_id,
        day=iso(day),
        buyer_id=buyer_id,
        excluded=conversation.excluded(day),
        mark=None if mark is None else mark.verdict,
        score=conversation.score(day),
        rounds=[_round(r) for r in facts.rounds],
        orders=[
            _order(conversation, timeline, order_id, order)
            for order_id, order in timeline.orders.items()
        ],
        numbers=tally.counts,
    )


def _round(r: Round) -> ExplainedRound:
    return ExplainedRound(
        r.asked_at,
        r.replied_at,
        r.agent_id,
        None if r.replied_at is None else r.replied_at - r.asked_at,
        None if r.replied_at is None else r.replied_at - r.agent_from,
        r.opens_session,
    )


def _order(
    conversation: Conversation, timeline: Timeline, order_id: str, order: Order
) -> ExplainedOrder:
    sale = order.sale
    earner = None
    if sale is not None and not order.flagged:
        earner = credit(order, conversation.replies(timeline), conversation.policy)
    return ExplainedOrder(
        order_id,
        ordered_at(order),
        None if sale is None else sale.at,
        None if sale is None else sale.amount_minor,
        None if earner is None else earner.kind,
        "" if earner is None else earner.agent_id,
        order.flagged,
        order.cancelled,
    )
