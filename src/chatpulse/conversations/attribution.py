"""Who earns an order, and who assisted it (业绩判定, 协助; kpis.md 5)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from ..contract.ids import DAY
from .orders import ordered_at
from .policy import Policy
from .row import NOBODY, Credit, Order, Reply

FOLLOW_UP: Final = 7 * DAY
SILENT: Final = Credit("silent", NOBODY)


def credit(order: Order, replies: Sequence[Reply], policy: Policy) -> Credit:
    """Return the credit of a paid order; `replies` are sorted, of days not excluded."""
    if order.settled_credit is not None:
        return order.settled_credit
    placed, sale = ordered_at(order), order.sale
    assert placed is not None  # noqa: S101  # it was ordered or paid
    assert sale is not None  # noqa: S101  # only paid orders are asked about
    start = validity_start(placed, policy)
    if policy.attribution == "payment":
        latest = _latest(replies, start, sale.at)
        if latest is None:
            return SILENT
        return Credit("closed" if latest.at < placed else "chased", latest.agent_id)
    closer = closing_agent(order, replies, policy)
    if closer != NOBODY:
        return Credit("closed", closer)
    chaser = _latest(replies, placed, sale.at)
    return SILENT if chaser is None else Credit("chased", chaser.agent_id)


def closing_agent(order: Order, replies: Sequence[Reply], policy: Policy) -> str:
    """Return the agent of the latest reply in the validity before the order, or NOBODY."""
    if order.settled_reply is not None:
        return order.settled_reply
    placed = ordered_at(order)
    assert placed is not None  # noqa: S101  # it was ordered or paid
    latest = _latest(replies, validity_start(placed, policy), placed)
    return NOBODY if latest is None else latest.agent_id


def assists(
    order: Order, replies_of_day: Sequence[Reply], replies: Sequence[Reply], policy: Policy
) -> Iterator[tuple[str, str]]:
    """Yield (kind, agent) for every reply of one day that assisted a paid order."""
    placed, sale = ordered_at(order), order.sale
    assert placed is not None  # noqa: S101  # it was ordered or paid
    assert sale is not None  # noqa: S101  # only paid orders are asked about
    earner = SILENT if order.flagged else credit(order, replies, policy)
    if earner.agent_id == NOBODY and not order.flagged:
        return
    start = validity_start(placed, policy)
    for reply in replies_of_day:
        if reply.agent_id == earner.agent_id or not start <= reply.at < sale.at + FOLLOW_UP:
            continue
        if reply.at < placed:
            yield "order", reply.agent_id
        elif reply.at < sale.at:
            yield "payment", reply.agent_id
        else:
            yield "followup", reply.agent_id


def validity_start(placed: int, policy: Policy) -> int:
    """Return the start of the validity of an order placed at `placed`."""
    calendar = policy.calendar
    return calendar.start(calendar.day(placed) - (policy.validity - 1))


def _latest(replies: Sequence[Reply], start: int, end: int) -> Reply | None:
    """Return the last reply in `[start, end)`."""
    index = bisect_left(replies, end, key=_at)
    if index and replies[index - 1].at >= start:
        return replies[index - 1]
    return None


def _at(reply: Reply) -> int:
    return reply.at
