"""Watching a campaign: is everything served and read, does `ready` mean it, are there ghosts."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from chatpulse.worker.api import partition_of
from tests.faults.feeder import Feeder, Place
from tests.faults.fleet import Fleet, Member
from tests.worker.lab import PARTITIONS, Lab

LOOK_SECONDS = 0.1
READY_SECONDS = 0.3
SCRAPE_SECONDS = 3.0
FRESH_SECONDS = 1.0
STALE_SECONDS = 1.0
"""Served means: what was handed to the producer longer ago than this is counted."""

_LAG = re.compile(
    r'^chatpulse_consumer_lag_records\{.*?partition="([0-9]+)".*\} (\S+)$', re.MULTILINE
)
_SHOP = re.compile(r'[{,]shop="([^"]*)"')

Positions = dict[int, dict[str, int]]


@dataclass
class Watcher(threading.Thread):
    """Looks at all workers until `end`."""

    lab: Lab
    fleet: Fleet
    feeder: Feeder
    problems: list[str] = field(default_factory=list)
    health: list[tuple[float, bool]] = field(default_factory=list)
    ready_looks: int = 0
    scrapes: int = 0

    def __post_init__(self) -> None:
        super().__init__(name="watcher", daemon=True)
        self._roles = {self.lab.topic(role): role for role in ("messages", "orders")}
        self._ended = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def end(self) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        next_ready = next_scrape = 0.0
        while not self._ended.wait(LOOK_SECONDS):
            now = time.monotonic()
            self.health.append((now, self.served()))
            if now >= next_ready:
                for member in self.fleet.awake:
                    self._is_honest(member)
                next_ready = time.monotonic() + READY_SECONDS
            if now >= next_scrape:
                for member in self.fleet.awake:
                    self._scrape(member)
                next_scrape = time.monotonic() + SCRAPE_SECONDS

    # ---- served

    def served(self) -> bool:
        """Tell whether every partition is one ready worker's, and nothing old is unread."""
        positions = self.positions()
        if positions is None:
            return False
        oldest = self.feeder.oldest_unread(positions)
        return oldest is None or time.monotonic() - oldest < STALE_SECONDS

    def positions(self) -> dict[Place, int] | None:
        """Return how far every input is read; None unless each is one ready worker's."""
        found: dict[Place, int] = {}
        for member in self.fleet.awake:
            status = member.status()
            if status is None or time.monotonic() - status["at"] > FRESH_SECONDS:
                return None
            if not status["ready"]:
                return None
            for number, topics in status["owned"].items():
                for topic, position in topics.items():
                    place = (self._roles[topic], int(number))
                    if place in found:
                        return None
                    found[place] = position
        return found if len(found) == 2 * PARTITIONS else None

    def recovered(self, since: float) -> float | None:
        """Return the first instant from `since` on at which everything was served."""
        return next((at for at, served in self.health if at >= since and served), None)

    # ---- ready

    def _is_honest(self, member: Member) -> None:
        """Find a worker that says it is ready while the backlog it found is unread."""
        before = member.status()
        answer = member.get("/-/ready")
        answered = time.monotonic()
        if answer is None or answer[0] != 200 or before is None:
            return
        while (after := member.status()) is None or after["at"] < answered:
            if not member.alive or member.frozen or time.monotonic() - answered > 2.0:
                return
            time.sleep(0.05)
        if after["generation"] != before["generation"]:
            return
        self.ready_looks += 1
        for number, topics in after["owned"].items():
            begun = max(load["begun"] for load in after["loads"] if load["number"] == int(number))
            for topic, position in topics.items():
                backlog = self.feeder.end_at((self._roles[topic], int(number)), begun)
                if position < backlog:
                    self.problems.append(
                        f"{member.name} said it was ready, but had read {position} of the "
                        f"{backlog} records of {self._roles[topic]} {number} it found"
                    )

    # ---- ghosts

    def _scrape(self, member: Member) -> None:
        answer = member.get("/metrics", 10.0)
        if answer is not None and answer[0] == 200:
            self.scrapes += 1
            self.problems += [f"{member.name}: {ghost}" for ghost in ghosts(answer[1])]


def ghosts(exposition: str) -> list[str]:
    """Return the shops an exposition shows although their partitions are not its worker's."""
    owned = {int(number) for number, _ in _LAG.findall(exposition)}
    shops = {shop for shop in _SHOP.findall(exposition) if shop}
    strangers = sorted(shop for shop in shops if partition_of(shop, PARTITIONS) not in owned)
    return [f"series of shop {shop}, which is not its own" for shop in strangers]


def shops_of(exposition: str) -> set[str]:
    """Return the shops that an exposition shows."""
    return {shop for shop in _SHOP.findall(exposition) if shop}


def lag_of(exposition: str) -> dict[str, Any]:
    """Return the largest lag per partition that an exposition shows."""
    found: dict[str, float] = {}
    for number, lag in _LAG.findall(exposition):
        found[number] = max(float(lag), found.get(number, 0.0))
    return found
