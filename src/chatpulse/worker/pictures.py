"""Pictures of the wall: made when somebody looks, at most once a second, and shared by all.

In the event loop the boards are only copied; a thread makes the picture of the copies.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Final

import msgspec

from .. import __version__, telemetry
from ..scoreboard.live import KEPT_MINUTES
from ..scoreboard.snapshot import Snapshot
from ..telemetry.agent_labels import labelled
from ..telemetry.thresholds import FILE, Thresholds, parse_thresholds
from ..wall.view import view
from ..wall.wall import Served, Wall
from .broker import Tp
from .snapshots import snapshots
from .sources import Sources

LEAST_SECONDS: Final = 1.0
MOST_SECONDS: Final = 5.0
KEEP_UP_SECONDS: Final = 1.0
"""How long a picture may wait for the boards; beyond it shows what is counted so far."""
COST_FACTOR: Final = 20
"""A picture is kept this many times as long as it cost to make: 5 % of a core, if it may be."""


@dataclass(frozen=True)
class Picture:
    """A wall as JSON; `number` grows when it shows something else than the one before."""

    number: int
    now: int
    body: bytes


class Pictures:
    """Makes pictures of what this worker owns."""

    def __init__(self, sources: Sources, *, topic: str, partitions: int, page: str) -> None:
        """`topic` has the `partitions`; `page` names the version of the page that shows them."""
        self._sources = sources
        self._topic = topic
        self._partitions = partitions
        self._page = page
        self._thresholds = read_thresholds()
        self._last: Wall | None = None
        self._picture = Picture(0, 0, b"")
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def latest(self) -> Picture:
        """Return a picture that is about a second old at most."""
        async with self._lock:
            now = time.monotonic()
            if now >= self._until:
                await self._sources.keep_up(KEEP_UP_SECONDS)
                shops = await snapshots(self._sources, minutes=KEPT_MINUTES)
                keep = await asyncio.to_thread(
                    self._make, shops, self._sources.now_ms(), self._newest(), self._served()
                )
                self._until = now + min(MOST_SECONDS, max(LEAST_SECONDS - 0.05, keep))
            return self._picture

    def _make(
        self, shops: Iterable[Snapshot], now: int, newest_event_at: int | None, served: Served
    ) -> float:
        """Make the picture, and return for how long it is to be kept if anybody looks."""
        begun = time.thread_time()  # not the clock: a busy machine must not make it older
        labels = self._sources.agent_labels
        wall = view(
            [labelled(shop, labels) for shop in shops],
            now=now,
            newest_event_at=newest_event_at,
            served=served,
            thresholds=self._thresholds,
        )
        content = msgspec.structs.replace(wall, now=0)
        number = self._picture.number + (content != self._last)
        self._last = content
        self._picture = Picture(number, now, msgspec.json.encode(wall))
        return COST_FACTOR * (time.thread_time() - begun)

    def _newest(self) -> int | None:
        parts = self._sources.owned.values()
        return max((at for part in parts for at in part.newest.values()), default=None)

    def _served(self) -> Served:
        owned = self._sources.owned
        others = (n for n in range(self._partitions) if n not in owned)
        urls = {self._sources.owner(Tp(self._topic, number)) for number in others}
        return Served(
            version=__version__,
            page=self._page,
            unready=self._sources.unready,
            partitions_owned=len(owned),
            partitions=self._partitions,
            elsewhere=sorted(url for url in urls if url is not None),
        )


def read_thresholds() -> Thresholds:
    """Return the thresholds that come with the package."""
    text = (resources.files(telemetry) / FILE).read_text(encoding="utf-8")
    return parse_thresholds(text)
