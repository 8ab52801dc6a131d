"""`/metrics`: what this worker owns at the scrape, and nothing else.

A custom collector, because `Gauge.labels().set()` would leave ghost series after a rebalance. The
samples are gathered in the event loop (one consistent moment), the text is made in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Metric, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ..telemetry.samples import families
from .processor import processor_metrics
from .sources import Sources

CACHE_SECONDS: Final = 1.0
KEEP_UP_SECONDS: Final = 1.0
"""How long a scrape may wait for the boards; beyond it shows what is counted so far."""


class Exposition:
    """The exposition of one worker, at most a second old."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._cache: dict[str, tuple[float, bytes, str]] = {}
        self._lock = asyncio.Lock()
        self._process = ProcessCollector(registry=None)  # memory, CPU, start; nothing without /proc

    async def render(self, accept: str) -> tuple[bytes, str]:
        """Return the body and its content type: OpenMetrics if `accept` prefers it, else text."""
        async with self._lock:
            cached = self._cache.get(accept)
            if cached is None or time.monotonic() - cached[0] > CACHE_SECONDS:
                await self._sources.keep_up(KEEP_UP_SECONDS)
                snapshot = list(self._gather())
                body, content_type = await asyncio.to_thread(_encode, snapshot, accept)
                self._cache.clear()
                cached = self._cache[accept] = (time.monotonic(), body, content_type)
            return cached[1:]

    def _gather(self) -> Iterator[Metric]:
        engines = [part.engine for part in self._sources.owned.values()]
        for family in families(engines):
            described = family.metric
            metric = Metric(described.name, described.help, described.type)
            for sample in family.samples:
                metric.add_sample(sample.name, sample.labels, sample.value)
            yield metric
        yield from processor_metrics(self._sources)
        yield from self._process.collect()


class _Snapshot(Collector):
    def __init__(self, snapshot: list[Metric]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        return iter(self._snapshot)


def _encode(snapshot: list[Metric], accept: str) -> tuple[bytes, str]:
    encoder, content_type = choose_encoder(accept)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(snapshot))
    return encoder(registry), content_type
