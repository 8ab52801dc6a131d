"""What brings a customer: a question before buying, an order to talk about, trouble afterwards."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from ...contract.ids import DAY, HOUR, MINUTE, SECOND
from . import extras
from .customer import Customer
from .dialogue import close, enter, question
from .orders import Order, place, refund
from .staff import Agent
from .talk import Talk

Visit: TypeAlias = Callable[[Customer, float, int], None]
"""A visit of a customer, at a load, that begins at an instant."""

BUYS: Final = 0.37
RETURNS_LATER: Final = 0.14


def presale(customer: Customer, load: float, at: int) -> None:
    """Ask about a product; buy it, think it over until tomorrow, or go."""
    talk = enter(customer, load, at)
    answered = question(talk, customer.phrases.presale)
    close(talk, answered=answered)
    if talk.chance(BUYS if answered else 0.10):
        talk.at += 15 * SECOND + int(talk.rng.expovariate(1 / (150 * SECOND)))
        order = place(customer, talk.at)
        _between_order_and_payment(talk, order, chat=0.22)
    elif talk.chance(RETURNS_LATER):
        later = talk.at + 15 * HOUR + int(talk.rng.random() * 12 * HOUR)
        customer.floor.plan(later, partial(presale, customer, 1.0))


def ordered_first(customer: Customer, load: float, at: int) -> None:
    """Order in silence, then talk before paying (催付)."""
    order = place(customer, at)
    delay = at + 40 * SECOND + int(customer.floor.rng.random() * 10 * MINUTE)
    talk = enter(customer, load, delay)
    _between_order_and_payment(talk, order, chat=1.0)


def silent(customer: Customer, load: float, at: int) -> None:
    """Buy without a word (静默)."""
    del load
    order = place(customer, at)
    if customer.floor.rng.random() < 0.95:
        order.pay(at + 10 * SECOND + int(customer.floor.rng.random() * 3 * MINUTE))
        _after_payment(order, None)
    else:
        order.cancel(at + 24 * HOUR)


def aftersale(customer: Customer, load: float, at: int) -> None:
    """Ask about an order that was paid before; `customer.words` knows its number."""
    if not customer.words["o"]:
        customer.words["o"] = customer.floor.order_id()  # older than the simulation
    talk = enter(customer, load, at)
    answered = question(talk, customer.phrases.aftersale)
    close(talk, answered=answered)
    extras.after_chat(customer, talk.agent, talk.at)


def _between_order_and_payment(talk: Talk, order: Order, *, chat: float) -> None:
    """Talk about the fresh order or be chased, then pay, or not."""
    if talk.chance(chat):
        talk.wait(5 * SECOND, 60 * SECOND)
        question(talk, (talk.customer.phrases.ordered,))
    pays = talk.rng.random()
    if pays < 0.62:
        talk.at += 10 * SECOND + int(talk.rng.random() * 150 * SECOND)
    elif pays < 0.86:
        _chase(talk)
        talk.at += MINUTE + int(talk.rng.expovariate(1 / (20 * MINUTE)))
    elif pays < 0.90:
        talk.at += HOUR + int(talk.rng.random() * 20 * HOUR)
    else:
        order.cancel(talk.at + (30 * MINUTE if pays < 0.95 else 24 * HOUR))
        return
    order.pay(talk.at)
    _after_payment(order, talk.agent)


def _chase(talk: Talk) -> None:
    """Remind the buyer of the open order: a session opened by the agent."""
    if talk.chance(0.5):
        talk.wait(6 * MINUTE, 25 * MINUTE)
        if talk.agent is not None and talk.agent in talk.desk.duty(talk.at):
            talk.says(talk.agent, talk.pick(talk.customer.phrases.chases))


def _after_payment(order: Order, agent: Agent | None) -> None:
    """Plan what comes hours and days later: questions, refunds, the brushing check."""
    rng = order.customer.floor.rng
    kind = rng.random()
    if kind < 0.015:
        order.flag(order.paid_at + int(rng.random() * 3 * DAY))
    elif kind < 0.05:
        refund(order, order.paid_at + 2 * MINUTE + int(rng.random() * 50 * MINUTE))
    elif kind < 0.10:
        refund(order, order.paid_at + DAY + int(rng.random() * 8 * DAY))
    elif kind < 0.26:
        later = order.paid_at + HOUR + int(rng.random() * 5 * DAY)
        order.customer.floor.plan(later, partial(_ask_about, order))
    extras.after_payment(order, agent)


def _ask_about(order: Order, at: int) -> None:
    order.customer.words["o"] = order.order_id
    aftersale(order.customer, 1.0, at)
    if order.customer.floor.rng.random() < 0.15:
        refund(order, at + HOUR + int(order.customer.floor.rng.random() * 2 * DAY))
