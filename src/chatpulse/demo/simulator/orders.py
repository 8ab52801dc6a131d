"""What happens to an order: placed, paid or called off, refunded, found to be brushing."""

from __future__ import annotations

from ...contract.events import Cancelled, Created, Flagged, Paid, Refunded
from .customer import Customer


class Order:
    """One order of a customer; amounts in fen."""

    __slots__ = ("amount_minor", "customer", "items", "order_id", "paid_at")

    def __init__(self, customer: Customer, *, items: int, amount_minor: int) -> None:
        self.customer = customer
        self.order_id = customer.floor.order_id()
        self.items = items
        self.amount_minor = amount_minor
        self.paid_at = 0

    def create(self, at: int) -> None:
        """Place the order."""
        floor = self.customer.floor
        floor.put(
            Created(
                event_id=floor.event_id(),
                shop_id=self.customer.desk.shop_id,
                at=at,
                buyer_id=self.customer.buyer_id,
                order_id=self.order_id,
                amount_minor=self.amount_minor,
                items=self.items,
            )
        )

    def pay(self, at: int) -> None:
        """Pay it, sometimes less than it was placed for (a changed price)."""
        floor = self.customer.floor
        self.paid_at = at
        if floor.rng.random() < 0.08:
            self.amount_minor -= self.amount_minor // 20
        floor.put(
            Paid(
                event_id=floor.event_id(),
                shop_id=self.customer.desk.shop_id,
                at=at,
                buyer_id=self.customer.buyer_id,
                order_id=self.order_id,
                amount_minor=self.amount_minor,
                items=self.items,
            )
        )

    def cancel(self, at: int) -> None:
        """Call it off."""
        floor = self.customer.floor
        floor.put(
            Cancelled(
                event_id=floor.event_id(),
                shop_id=self.customer.desk.shop_id,
                at=at,
                buyer_id=self.customer.buyer_id,
                order_id=self.order_id,
            )
        )

    def give_back(self, at: int, amount_minor: int) -> None:
        """Refund an amount."""
        floor = self.customer.floor
        floor.put(
            Refunded(
                event_id=floor.event_id(),
                shop_id=self.customer.desk.shop_id,
                at=at,
                buyer_id=self.customer.buyer_id,
                order_id=self.order_id,
                amount_minor=amount_minor,
            )
        )

    def flag(self, at: int) -> None:
        """Let the platform find it to be a fake sale."""
        floor = self.customer.floor
        floor.put(
            Flagged(
                event_id=floor.event_id(),
                shop_id=self.customer.desk.shop_id,
                at=at,
                buyer_id=self.customer.buyer_id,
                order_id=self.order_id,
                reason="brushing",
            )
        )


def place(customer: Customer, at: int) -> Order:
    """Place an order for one to three pieces of the product; discounts make it uneven."""
    rng = customer.floor.rng
    many = rng.random()
    items = 1 if many < 0.72 else 2 if many < 0.93 else 3
    full = customer.product.price_minor * items
    order = Order(customer, items=items, amount_minor=full - int(rng.random() * 0.12 * full))
    customer.words["o"] = order.order_id
    order.create(at)
    return order


def refund(order: Order, at: int) -> None:
    """Refund all of it, or a part, at `at`."""
    rng = order.customer.floor.rng
    share = 1.0 if rng.random() < 0.65 else rng.uniform(0.05, 0.5)
    order.give_back(at, int(order.amount_minor * share))
