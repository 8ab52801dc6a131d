"""Which events a conversation remembers together (kpis.md 1, Memory).

A timeline is a run of events no further apart than its memory: 8 days, 21 once it has a sale. It is
found from the instants alone, whatever the order of arrival: an event that falls between two
timelines and reaches both makes them one.
"""

from __future__ import annotations

from ..contract.ids import DAY
from .row import MEMORY, MEMORY_WITH_SALE, Order, Row, Timeline


def remember(row: Row, at: int, *, is_sale: bool = False) -> Timeline:
    """Let an event at `at` happen in the conversation; return the timeline it belongs to."""
    timelines = row.timelines
    if timelines:
        newest = timelines[-1]
        if newest.first_at <= at <= newest.newest_at + newest.memory:
            newest.newest_at = max(newest.newest_at, at)
            if is_sale:
                newest.memory = MEMORY_WITH_SALE
            return newest
    timelines.append(Timeline(at, at, MEMORY_WITH_SALE if is_sale else MEMORY))
    timelines.sort(key=_first_at)
    _join(timelines)
    return next(t for t in reversed(timelines) if t.first_at <= at)


def forget(row: Row, clock: int) -> bool:
    """Drop the timelines that end before `clock`; tell whether the whole row can go."""
    row.timelines = [t for t in row.timelines if forgotten_at(t) > clock]
    return not row.timelines


def forgotten_at(timeline: Timeline) -> int:
    """Return from which instant of the shop's clock on nothing can change the timeline any more.

    Its memory, the day in which that ends, and the eight days after which that day closes.
    """
    return timeline.newest_at + timeline.memory + 9 * DAY


def timeline_of(row: Row, start: int, end: int) -> Timeline | None:
    """Return the timeline with events in `[start, end)`, one day: there is at most one."""
    for timeline in reversed(row.timelines):
        if timeline.first_at < end and timeline.newest_at >= start:
            return timeline
    return None


def _first_at(timeline: Timeline) -> int:
    return timeline.first_at


def _join(timelines: list[Timeline]) -> None:
    index = 0
    while index + 1 < len(timelines):
        left, right = timelines[index], timelines[index + 1]
        if right.first_at <= left.newest_at + left.memory:
            timelines[index] = _merged(left, right)
            del timelines[index + 1]
        else:
            index += 1


def _merged(left: Timeline, right: Timeline) -> Timeline:
    purchases = [p for p in (left.purchase_at, right.purchase_at) if p is not None]
    orders = dict(left.orders)
    for order_id, order in right.orders.items():
        before = orders.get(order_id)
        orders[order_id] = order if before is None else _merged_order(before, order)
    marks = dict(left.marks)
    for day, mark in right.marks.items():
        marks[day] = max(mark, marks.get(day, mark))
    return Timeline(
        left.first_at,
        max(left.newest_at, right.newest_at),
        max(left.memory, right.memory),
        min(purchases, default=None),
        orders,
        marks,
    )


def _merged_order(left: Order, right: Order) -> Order:
    created = [c for c in (left.created_at, right.created_at) if c is not None]
    sales = [s for s in (left.sale, right.sale) if s is not None]
    return Order(
        min(created, default=None),
        min(sales, default=None),
        left.cancelled or right.cancelled,
        left.flagged or right.flagged,
        left.refunds | right.refunds,
        left.settled_reply if left.settled_reply is not None else right.settled_reply,
        left.settled_credit or right.settled_credit,
        left.settled_out or right.settled_out,
    )
