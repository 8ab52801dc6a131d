"""`/metrics`: what this worker owns at the scrape, and nothing else.

No registry of gauges, which would leave ghost series after a rebalance. In the event loop the
boards are only copied, shop by shop; the text is made of the copies in a thread.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Sequence
from typing import Final

from prometheus_client import Metric, ProcessCollector

from ..formats import choose_format
from ..scoreboard.snapshot import Snapshot
from ..telemetry.agent_labels import AgentLabels, labelled
from ..telemetry.samples import table
from .exposition import exposition
from .processor import processor_metrics
from .snapshots import snapshots
from .sources import Sources

CACHE_SECONDS: Final = 1.0
KEEP_UP_SECONDS: Final = 1.0
"""How long a scrape may wait for the boards; beyond it shows what is counted so far."""
GZIP_LEVEL: Final = 1


class Exposition:
    """The exposition of one worker, at most a second old."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._cache: dict[tuple[str, bool], tuple[float, bytes, str]] = {}
        self._lock = asyncio.Lock()
        self._process = ProcessCollector(registry=None)  # memory, CPU, start; nothing without /proc

    async def render(self, accept: str, *, packed: bool = False) -> tuple[bytes, str]:
        """Return the body, `packed` with gzip, and its content type.

        It is OpenMetrics if `accept`, a header, prefers it, else text.
        """
        key = choose_format(accept)[1], packed  # not the header: there is no end of those
        async with self._lock:
            cached = self._cache.get(key)
            if cached is None or time.monotonic() - cached[0] > CACHE_SECONDS:
                await self._sources.keep_up(KEEP_UP_SECONDS)
                shops = await snapshots(self._sources)
                others = self._others()
                body, content_type = await asyncio.to_thread(
                    _text, shops, self._sources.agent_labels, others, accept, packed
                )
                now = time.monotonic()
                self._cache = {
                    other: kept
                    for other, kept in self._cache.items()
                    if now - kept[0] <= CACHE_SECONDS
                }
                cached = self._cache[key] = (now, body, content_type)
            return cached[1:]

    def _others(self) -> list[Metric]:
        return [*processor_metrics(self._sources), *self._process.collect()]


def _text(
    shops: Sequence[Snapshot],
    labels: AgentLabels | None,
    others: Sequence[Metric],
    accept: str,
    packed: bool,
) -> tuple[bytes, str]:
    tables = [table(labelled(shop, labels)) for shop in shops]
    body, content_type = exposition(tables, others, accept)
    return gzip.compress(body, GZIP_LEVEL) if packed else body, content_type
