"""A day closes: what later numbers need of it is settled, the rest is forgotten (kpis.md 1)."""

from __future__ import annotations

from typing import Final

from .attribution import closing_agent, credit
from .conversation import Conversation, settle
from .orders import ordered_at
from .row import Reply, Row, Timeline

SESSION_DAYS: Final = 8
"""How many closed days' exclusion is kept: a session goes on over midnight, not for a week."""


def close_day(row: Row, conversation: Conversation, day: int) -> None:
    """Settle and forget `day`, the oldest open one; `conversation` is the row as it stands.

    An event of a closed day is never accepted, so orders placed or paid on it have their credit,
    and later orders need of its replies those in their validity and the newest one.
    """
    calendar = conversation.policy.calendar
    facts = conversation.days.get(day)
    timeline = conversation.timeline(day)
    _settle_orders(conversation, timeline, day)
    timeline.marks.pop(day, None)
    is_excluded = facts is not None and conversation.excluded(day) is not None
    row.excluded_days = [d for d in row.excluded_days if d > day - SESSION_DAYS]
    if is_excluded:
        row.excluded_days.append(day)
    elif facts is not None and facts.replies:
        row.kept_replies += facts.replies
    if row.kept_replies:
        _keep_replies(row, calendar.start(day + 2 - conversation.policy.validity))
    settle(row, calendar.end(day), policy=conversation.policy, closed_through=day - 1)
    row.days.pop(day, None)


def _settle_orders(conversation: Conversation, timeline: Timeline, day: int) -> None:
    policy = conversation.policy
    day_of = policy.calendar.day
    for order in timeline.orders.values():
        placed = ordered_at(order)
        if placed is None:
            continue
        if order.settled_reply is None and day_of(placed) <= day:
            replies = conversation.replies(timeline)
            order.settled_reply = closing_agent(order, replies, policy)
        sale = order.sale
        if sale is not None and order.settled_credit is None and day_of(sale.at) <= day:
            order.settled_credit = credit(order, conversation.replies(timeline), policy)
            order.settled_out = conversation.excluded(day_of(sale.at)) is not None


def _keep_replies(row: Row, since: int) -> None:
    """Drop the replies before `since`, all but the newest of each timeline."""
    newest = {_timeline_at(row, reply): reply for reply in row.kept_replies}
    row.kept_replies = [
        reply
        for reply in row.kept_replies
        if reply.at >= since or newest[_timeline_at(row, reply)] is reply
    ]


def _timeline_at(row: Row, reply: Reply) -> int:
    return next((t.first_at for t in reversed(row.timelines) if t.first_at <= reply.at), 0)
