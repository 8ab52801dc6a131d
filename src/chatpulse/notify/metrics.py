"""What the relay counts; docs/notify.md lists the same families, and a test keeps it fresh."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ..formats import choose_format
from ..web.refusals import REASONS

KINDS: Final = ("alert", "resolved", "escalation", "digest")
FAILURES: Final = ("refused", "too_old", "stopped", "unknown_receiver")
RETRIES: Final = ("throttled", "server", "vendor_code", "network", "timeout", "secret")


class Depth(NamedTuple):
    """What waits for one receiver."""

    length: int
    oldest_ms: int | None
    """None when nothing waits."""


class Metrics:
    """All families of one relay; every known label value is there from the start."""

    def __init__(self, receivers: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        self.posted = self._counter(
            "posted", "Messages that a vendor took; kind is alert to digest.", "kind", KINDS
        )
        self.failed = self._counter(
            "failed", "Messages given up; they were not delivered.", "reason", FAILURES
        )
        self.retried = self._counter(
            "retried", "Posts that have to be tried again.", "reason", RETRIES
        )
        self.rate_limited = self._counter(
            "rate_limited", "Messages held back because the robot had posted its share."
        )
        self.repeated = self._counter(
            "repeated", "Webhooks that told nothing new and were not posted again."
        )
        self.escalated = self._counter(
            "escalated", "Groups this receiver did not get resolved in time."
        )
        for name in receivers:
            for kind in KINDS:
                self.posted.labels(name, kind)
            for reason in FAILURES:
                self.failed.labels(name, reason)
            for reason in RETRIES:
                self.retried.labels(name, reason)
            for counter in (self.rate_limited, self.repeated, self.escalated):
                counter.labels(name)
        self.webhooks = Counter(
            "chatpulse_notify_webhooks",
            "Webhooks of Alertmanager; result is accepted, rejected, unauthorized or busy.",
            ("result",),
            registry=self.registry,
        )
        for result in ("accepted", "rejected", "unauthorized", "busy"):
            self.webhooks.labels(result)
        self.web_refused = Counter(
            "chatpulse_notify_web_refused",
            "Requests and connections that the web server refused; reason is a closed set.",
            ("reason",),
            registry=self.registry,
        )
        for reason in REASONS:
            self.web_refused.labels(reason)

    def watch(self, queues: Callable[[], Mapping[str, Depth]], watched: Callable[[], int]) -> None:
        """Show the queues, and how many groups may still be escalated, at every scrape."""
        self.registry.register(_Queues(queues, watched))

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the exposition and its content type."""
        encoder, content_type = choose_format(accept)
        return encoder(self.registry), content_type

    def _counter(
        self, name: str, text: str, label: str = "", values: tuple[str, ...] = ()
    ) -> Counter:
        labels = ("receiver", label) if values else ("receiver",)
        return Counter(f"chatpulse_notify_{name}", text, labels, registry=self.registry)


class _Queues(Collector):
    def __init__(
        self, queues: Callable[[], Mapping[str, Depth]], watched: Callable[[], int]
    ) -> None:
        self._queues = queues
        self._watched = watched

    def collect(self) -> Iterator[Metric]:
        length = GaugeMetricFamily(
            "chatpulse_notify_queue_length",
            "Messages that wait for the receiver.",
            labels=("receiver",),
        )
        oldest = GaugeMetricFamily(
            "chatpulse_notify_oldest_timestamp_seconds",
            "Since when the oldest message waits; absent when none does.",
            labels=("receiver",),
        )
        for name, depth in self._queues().items():
            length.add_metric((name,), depth.length)
            if depth.oldest_ms is not None:
                oldest.add_metric((name,), depth.oldest_ms / 1000)
        yield length
        yield oldest
        yield GaugeMetricFamily(
            "chatpulse_notify_watched_groups",
            "Unresolved groups that will be escalated when their time is over.",
            value=self._watched(),
        )
