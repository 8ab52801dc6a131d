"""One stretch of conversation as it is written: every line moves its clock `at`."""

from __future__ import annotations

from typing import Final

from ...contract.events import Content, Message, Transfer
from .customer import Customer
from .staff import Agent

EMPTY: Final[frozenset[Content]] = frozenset(("image", "video", "sticker", "recall"))


class Talk:
    """The lines of a customer and whoever answers; `agent` is the assignee, None in the queue."""

    __slots__ = ("agent", "at", "customer", "desk", "floor", "load", "rng", "started")

    def __init__(self, customer: Customer, at: int, *, load: float, agent: Agent | None) -> None:
        self.customer = customer
        self.floor = customer.floor
        self.desk = customer.desk
        self.rng = customer.floor.rng
        self.at = at
        self.load = load
        self.agent = agent
        self.started = False

    def chance(self, share: float) -> bool:
        """Decide yes in this share of cases."""
        return self.rng.random() < share

    def pick(self, phrases: tuple[str, ...]) -> str:
        """Return one of the phrases, filled in."""
        return self.customer.fill(phrases[int(self.rng.random() * len(phrases))])

    def wait(self, low_ms: int, high_ms: int) -> None:
        """Let some time pass."""
        self.at += low_ms + int(self.rng.random() * (high_ms - low_ms))

    def buyer(self, text: str, content: Content = "text") -> None:
        """Write a line of the buyer, who is assigned to `agent`."""
        floor, agent = self.floor, self.agent
        floor.put(
            Message(
                event_id=floor.event_id(),
                shop_id=self.desk.shop_id,
                at=self.at,
                buyer_id=self.customer.buyer_id,
                sender="buyer",
                text="" if content in EMPTY else text,
                agent_id=None if agent is None else agent.agent_id,
                content=content,
            )
        )

    def says(
        self, agent: Agent, text: str, content: Content = "text", *, auto: bool = False
    ) -> None:
        """Write a line of an agent."""
        floor = self.floor
        floor.put(
            Message(
                event_id=floor.event_id(),
                shop_id=self.desk.shop_id,
                at=self.at,
                buyer_id=self.customer.buyer_id,
                sender="agent",
                text="" if content in EMPTY else text,
                agent_id=agent.agent_id,
                content=content,
                auto=auto,
            )
        )

    def machine(self, text: str, *, system: bool = False, assist: bool = False) -> None:
        """Write a line of the bot, or of the system."""
        floor, agent = self.floor, self.agent
        floor.put(
            Message(
                event_id=floor.event_id(),
                shop_id=self.desk.shop_id,
                at=self.at,
                buyer_id=self.customer.buyer_id,
                sender="system" if system else "bot",
                text=text,
                agent_id=agent.agent_id if assist and agent is not None else None,
                assist=assist,
            )
        )

    def hand_over(self, to: Agent) -> None:
        """Transfer the conversation; out of the queue when nobody has it."""
        floor, agent = self.floor, self.agent
        floor.put(
            Transfer(
                event_id=floor.event_id(),
                shop_id=self.desk.shop_id,
                at=self.at,
                buyer_id=self.customer.buyer_id,
                from_agent_id=None if agent is None else agent.agent_id,
                to_agent_id=to.agent_id,
            )
        )
        self.agent = to
        if self.chance(0.3):
            self.customer.words["a"] = to.agent_id
            self.machine(self.pick(self.customer.phrases.joins), system=True)
