"""Feedback and after-sales events, at a low frequency and only when the room wants them.

Nothing here draws from the room's randomness unless `all_topics` is set, and what it draws is its
own affair: `all_topics` adds events to a room, it does not simulate another one.
"""

from __future__ import annotations

from random import Random
from typing import Final, Literal

from ...contract.events import (
    CaseClosed,
    CaseCost,
    CaseOpened,
    Complained,
    PickedUp,
    Rated,
    Reviewed,
    ReviewJudged,
    ReviewRecovered,
    Shipped,
)
from ...contract.ids import DAY, HOUR, MINUTE
from .customer import Customer
from .orders import Order
from .staff import Agent

GRADES: Final[tuple[Literal["good", "neutral", "bad"], ...]] = (*("good",) * 6, "neutral", "bad")


def after_chat(customer: Customer, agent: Agent | None, at: int) -> None:
    """Let the customer rate the agent, complain, or get an after-sales case."""
    floor = customer.floor
    rng = floor.extra
    if rng is None or agent is None:
        return
    who = {"shop_id": customer.desk.shop_id, "buyer_id": customer.buyer_id}
    kind = rng.random()
    if kind < 0.25:
        stars, card_at = 5 - int(rng.random() ** 3 * 5), at + 5_000
        at = card_at + 2_000 + int(rng.random() * 10 * MINUTE)
        floor.put(
            Rated(
                event_id=floor.event_id(),
                at=at,
                agent_id=agent.agent_id,
                stars=stars,
                card_at=card_at,
                **who,
            )
        )
    elif kind < 0.27:
        blamed = agent.agent_id if rng.random() < 0.7 else None
        floor.put(Complained(event_id=floor.event_id(), at=at + MINUTE, agent_id=blamed, **who))
    elif kind < 0.45:
        _case(customer, agent, rng, at + MINUTE)


def _case(customer: Customer, agent: Agent, rng: Random, at: int) -> None:
    floor = customer.floor
    who = {"shop_id": customer.desk.shop_id, "buyer_id": customer.buyer_id}
    case_id = f"case-{customer.words['o']}"
    floor.put(
        CaseOpened(
            event_id=floor.event_id(),
            at=at,
            case_id=case_id,
            order_id=customer.words["o"],
            agent_id=agent.agent_id,
            **who,
        )
    )
    kinds: tuple[Literal["cashback", "reissue", "refund_only", "deposit_compensation"], ...] = (
        "cashback",
        "reissue",
        "refund_only",
        "deposit_compensation",
    )
    if rng.random() < 0.6:
        at += 10 * MINUTE + int(rng.random() * DAY)
        floor.put(
            CaseCost(
                event_id=floor.event_id(),
                at=at,
                case_id=case_id,
                kind=kinds[int(rng.random() * 4)],
                amount_minor=100 * (1 + int(rng.random() * 50)),
                **who,
            )
        )
    at += HOUR + int(rng.random() * 2 * DAY)
    floor.put(CaseClosed(event_id=floor.event_id(), at=at, case_id=case_id, **who))


def after_payment(order: Order, agent: Agent | None) -> None:
    """Ship the order, have it picked up, and perhaps reviewed a few days later."""
    customer, floor = order.customer, order.customer.floor
    rng = floor.extra
    if rng is None:
        return
    of = {
        "shop_id": customer.desk.shop_id,
        "buyer_id": customer.buyer_id,
        "order_id": order.order_id,
    }
    shipped = order.paid_at + HOUR + int(rng.random() * 40 * HOUR)
    picked_up = shipped + HOUR + int(rng.random() * 8 * HOUR)
    floor.put(Shipped(event_id=floor.event_id(), at=shipped, **of))
    floor.put(PickedUp(event_id=floor.event_id(), at=picked_up, **of))
    if rng.random() > 0.15:
        return
    at = picked_up + DAY + int(rng.random() * 4 * DAY)
    grade = GRADES[int(rng.random() * len(GRADES))]
    aspects: tuple[Literal["product", "logistics", "service"] | None, ...] = (
        "product",
        "logistics",
        "service",
        None,
    )
    aspect = aspects[int(rng.random() * 4)]
    floor.put(Reviewed(event_id=floor.event_id(), at=at, grade=grade, aspect=aspect, **of))
    if grade != "bad" or agent is None:
        return
    at += HOUR + int(rng.random() * DAY)
    responsible = rng.random() < 0.5
    floor.put(
        ReviewJudged(
            event_id=floor.event_id(),
            at=at,
            agent_id=agent.agent_id,
            responsible=responsible,
            **of,
        )
    )
    if rng.random() < 0.4:
        at += HOUR + int(rng.random() * DAY)
        floor.put(ReviewRecovered(event_id=floor.event_id(), at=at, agent_id=agent.agent_id, **of))
