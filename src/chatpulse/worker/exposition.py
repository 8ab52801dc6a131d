"""The text of a scrape: forms that prometheus_client writes, filled in with names and numbers.

For a thousand agents its encoders take a second of CPU. Here they write every series once, with
marks where shops and agents differ: heads, names, labels and their order are theirs in all formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from prometheus_client import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from ..formats import choose_format
from ..telemetry.catalogue import METRICS
from ..telemetry.catalogue import Metric as Described
from ..telemetry.samples import AGENT, SHOP, Column, Table

_SHOP, _AGENT, _NUMBER = "\1", "\2", "0.0"
"""What stands in a form where the shop, the agent and the number come."""

_END: Final = b"# EOF\n"


class _Metrics(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        return iter(self._metrics)


class _Texts(dict[float, str]):
    """Numbers as text; most are small counts, which come again and again."""

    def __missing__(self, number: float) -> str:
        self[number] = text = str(floatToGoString(number))  # type: ignore[no-untyped-call]
        return text


class _Filled(NamedTuple):
    """A column with its owners (shop, agent) and their values."""

    column: Column
    owners: Sequence[tuple[str, str]]
    values: Sequence[float | None]


def exposition(tables: Sequence[Table], others: Iterable[Metric], accept: str) -> tuple[bytes, str]:
    """Return the text of the shops' tables and of other metrics, and its content type.

    It is OpenMetrics if the header `accept` prefers that, else Prometheus' own format.
    """
    encoder, content_type = choose_format(accept)
    texts, parts = _Texts(), list[bytes]()
    for metric, filled in _by_metric(tables):
        head, forms = _forms(encoder, metric, [one.column for one in filled])
        parts.append(head.encode())
        lines = [_lines(form, one, texts) for form, one in zip(forms, filled, strict=True)]
        if metric.type == "histogram":  # OpenMetrics wants all lines of one together
            lines = [list(owned) for owned in zip(*lines, strict=True)]
        parts += ["".join(some).encode() for some in lines]  # no step in C takes long
    parts.append(encoder(_Metrics(others)))
    return b"".join(parts), content_type


def _by_metric(tables: Sequence[Table]) -> Iterator[tuple[Described, list[_Filled]]]:
    """Yield the metrics that have a series, in the order of the catalogue."""
    shops = [(_escaped(table.shop_id), table) for table in tables]
    agents = [(shop, _escaped(agent_id)) for shop, table in shops for agent_id in table.agents]
    found: dict[str, list[_Filled]] = {}
    for columns, owners, rows in (
        (AGENT, agents, [values for table in tables for values in table.agents.values()]),
        (SHOP, [(shop, "") for shop, _ in shops], [table.shop for table in tables]),
    ):
        for column, values in zip(columns, zip(*rows, strict=True), strict=bool(rows)):
            if any(value is not None for value in values):
                found.setdefault(column.metric.name, []).append(_Filled(column, owners, values))
    return ((metric, found[name]) for name, metric in METRICS.items() if name in found)


def _forms(
    encoder: Callable[[Collector], bytes], metric: Described, columns: Sequence[Column]
) -> tuple[str, list[str]]:
    """Return the head of a metric, and a line for every column."""
    blank = Metric(metric.name, metric.help, metric.type)
    marks = {"shop": _SHOP, "agent": _AGENT}
    for column in columns:
        owner = {label: marks[label] for label in metric.labels if label in marks}
        blank.add_sample(column.name, owner | column.labels, 0)
    text = encoder(_Metrics([blank])).removesuffix(_END).decode()
    described, typed, *forms = text.split("\n")[:-1]
    return f"{described}\n{typed}\n", forms


def _lines(form: str, filled: _Filled, texts: _Texts) -> list[str]:
    before, after = form.removesuffix(_NUMBER).split(_SHOP)
    head, _, mid = before.partition(_AGENT)
    return [
        "" if value is None else f"{head}{agent}{mid}{shop}{after}{texts[value]}\n"
        for (shop, agent), value in zip(filled.owners, filled.values, strict=True)
    ]


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
