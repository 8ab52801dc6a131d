"""Tables of series as prometheus_client's metrics, one sample after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.registry import Collector

from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.snapshot import snapshot
from chatpulse.telemetry.catalogue import METRICS
from chatpulse.telemetry.samples import AGENT, SHOP, Table, table


class Fixed(Collector):
    """Collects the metrics it was given."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self.metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        return iter(self.metrics)


def tables(partitions: Iterable[Partition]) -> list[Table]:
    """Return the series of all shops, as of the last refresh."""
    shops = (shop for partition in partitions for shop in sorted(partition.boards.items()))
    return [table(snapshot(boards)) for _, boards in shops]


def families(found: Iterable[Table]) -> list[Metric]:
    """Return the metrics that have a sample, in the order of the catalogue."""
    found = list(found)
    metrics = {m.name: Metric(m.name, m.help, m.type) for m in METRICS.values()}
    for place, column in enumerate(AGENT):
        for shop in found:
            for agent_id, values in shop.agents.items():
                owner = {"shop": shop.shop_id, "agent": agent_id}
                _add(metrics[column.metric.name], column.name, owner | column.labels, values[place])
    places = list(enumerate(SHOP))
    columns = [place for place in places if place[1].metric.type != "histogram"]
    whole = [place for place in places if place not in columns]
    by_column = [(shop, *place) for place in columns for shop in found]
    by_shop = [(shop, *place) for shop in found for place in whole]  # OpenMetrics: not torn apart
    for shop, place, column in by_column + by_shop:
        owner = {"shop": shop.shop_id}
        value = shop.shop[place]
        _add(metrics[column.metric.name], column.name, owner | column.labels, value)
    return [metric for metric in metrics.values() if metric.samples]


def _add(metric: Metric, name: str, labels: dict[str, str], value: float | None) -> None:
    if value is not None:
        metric.add_sample(name, labels, value)
