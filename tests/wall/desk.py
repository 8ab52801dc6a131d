"""Events of a small room in few words, and the wall that they make."""

from __future__ import annotations

import itertools
from importlib import resources

from chatpulse import telemetry
from chatpulse.contract.events import Event, Marked, Message
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.live import KEPT_MINUTES
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.snapshot import snapshot
from chatpulse.telemetry.thresholds import FILE, parse_thresholds
from chatpulse.wall.view import view
from chatpulse.wall.wall import AgentLine, Served, Wall

T = 1_740_967_200_000  # 2025-03-03 10:00 in Asia/Shanghai
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
THRESHOLDS = parse_thresholds((resources.files(telemetry) / FILE).read_text(encoding="utf-8"))
SERVED = Served("1.0", "page", None, 1, 1, [])


class Desk:
    """A partition, written to with `wrote` and `replied`; a buyer's shop is `s` unless said."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.partition = Partition(rules or Rules())
        self._numbers = itertools.count()

    def wrote(self, at: int, buyer: str, agent: str | None, *, shop: str = "s") -> None:
        base = self._base(at, buyer, shop)
        self.apply(Message(sender="buyer", text="这个怎么卖", agent_id=agent, **base))

    def replied(self, at: int, buyer: str, agent: str, *, shop: str = "s") -> None:
        base = self._base(at, buyer, shop)
        self.apply(Message(sender="agent", text="在的", agent_id=agent, **base))

    def round(self, at: int, buyer: str, agent: str, seconds: int, *, shop: str = "s") -> None:
        """Let a buyer ask at `at` and get a reply after so many seconds."""
        self.wrote(at, buyer, agent, shop=shop)
        self.replied(at + seconds * SECOND, buyer, agent, shop=shop)

    def marked(self, at: int, buyer: str) -> None:
        self.apply(Marked(verdict="ad", by="boss", **self._base(at, buyer, "s")))

    def apply(self, event: Event) -> None:
        self.partition.apply(event)

    def wall(self, now: int) -> Wall:
        return wall(now, self)

    def _base(self, at: int, buyer: str, shop: str) -> dict[str, object]:
        event_id = f"e{next(self._numbers)}-{id(self)}"
        return {"event_id": event_id, "shop_id": shop, "buyer_id": buyer, "at": at}


def wall(now: int, *desks: Desk) -> Wall:
    """Return the wall of several partitions."""
    for desk in desks:
        desk.partition.refresh(now)
    return view(
        [
            snapshot(boards, minutes=KEPT_MINUTES)
            for desk in desks
            for boards in desk.partition.boards.values()
        ],
        now=now,
        newest_event_at=None,
        served=SERVED,
        thresholds=THRESHOLDS,
    )


def names(shown: Wall) -> list[tuple[str, str | None]]:
    return [(line.shop_id, line.agent_id) for line in shown.agents]


def agent(shown: Wall, agent_id: str | None) -> AgentLine:
    return next(line for line in shown.agents if line.agent_id == agent_id)
