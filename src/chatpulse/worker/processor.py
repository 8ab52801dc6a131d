"""The metrics that describe the processor itself (outputs.md, the rows without shop and agent)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import Metric

from .. import __version__
from ..telemetry.catalogue import METRICS
from .counters import WRITE_BUCKETS, WriteTimes
from .owned import Owned
from .sources import Sources

Samples = Iterable[tuple[Mapping[str, str], float]]


def processor_metrics(sources: Sources) -> Iterator[Metric]:
    """Give the processor's families as of now, every known label value present."""
    counters, owned = sources.counters, sources.owned
    engines = [part.engine for part in owned.values()]
    retired = counters.retired
    yield _family(
        "chatpulse_events_total",
        (({"topic": t, "type": name}, n) for (t, name), n in counters.by_type().items()),
    )
    yield _family(
        "chatpulse_rejected_total",
        (
            ({"topic": topic, "reason": reason}, count)
            for topic, reasons in counters.rejected.items()
            for reason, count in reasons.items()
        ),
    )
    yield _single(
        "chatpulse_duplicates_total",
        retired["duplicates"] + sum(engine.duplicates for engine in engines),
    )
    yield _single("chatpulse_late_total", counters.late)
    yield _family(
        "chatpulse_after_close_total",
        (({"topic": topic}, count) for topic, count in counters.after_close.items()),
    )
    yield _single(
        "chatpulse_unmatched_refunds_total",
        retired["unmatched_refunds"] + sum(engine.unmatched_refunds for engine in engines),
    )
    yield _family(
        "chatpulse_gap_records_total",
        (({"topic": topic}, count) for topic, count in counters.gap_records.items()),
    )
    yield _single("chatpulse_damaged_checkpoints_total", counters.damaged_checkpoints)
    yield _family(
        "chatpulse_web_refused_total",
        (({"reason": reason}, count) for reason, count in counters.web_refused.items()),
    )
    yield _single("chatpulse_conversations", sum(engine.conversations for engine in engines))
    yield _single("chatpulse_uncounted_conversations", sum(e.uncounted for e in engines))
    yield from _partitions(owned)
    yield _histogram("chatpulse_checkpoint_write_seconds", counters.writes)
    yield _family("chatpulse_build_info", [({"version": __version__}, 1)])


def _partitions(owned: Mapping[int, Owned]) -> Iterator[Metric]:
    inputs = [
        (part, topic, {"topic": topic, "partition": str(number)})
        for number, part in sorted(owned.items())
        for topic in part.positions
    ]
    yield _family(
        "chatpulse_newest_event_timestamp_seconds",
        (
            (labels, part.newest[topic] / 1000)
            for part, topic, labels in inputs
            if topic in part.newest
        ),
    )
    yield _family(
        "chatpulse_consumer_lag_records",
        (
            (labels, max(0, part.ends[topic] - part.positions[topic]))
            for part, topic, labels in inputs
        ),
    )
    saved = [(part, {"partition": str(n)}) for n, part in sorted(owned.items()) if part.saved_at]
    yield _family(
        "chatpulse_checkpoint_timestamp_seconds",
        ((labels, part.saved_at) for part, labels in saved),
    )
    yield _family(
        "chatpulse_checkpoint_bytes", ((labels, part.saved_bytes) for part, labels in saved)
    )


def _single(name: str, value: float) -> Metric:
    return _family(name, [({}, value)])


def _family(name: str, samples: Samples) -> Metric:
    described = METRICS[name]
    metric = Metric(name.removesuffix("_total"), described.help, described.type)
    for labels, value in samples:
        metric.add_sample(name, dict(labels), value)
    return metric


def _histogram(name: str, times: WriteTimes) -> Metric:
    metric = Metric(name, METRICS[name].help, "histogram")
    running = list(itertools.accumulate(times.counts))
    for bound, count in zip((*map(str, WRITE_BUCKETS), "+Inf"), running, strict=True):
        metric.add_sample(f"{name}_bucket", {"le": bound}, count)
    metric.add_sample(f"{name}_count", {}, running[-1])
    metric.add_sample(f"{name}_sum", {}, times.seconds)
    return metric
