"""The goals, and whether they are met.

What never was durable has missed its goal. What was measured under other conditions than the goal's
has neither met nor missed it: it is not measured.
"""

import statistics
from typing import Any, Final

from bench.latency import LOADS
from bench.throughput import TUNED, WORKER
from bench.turns import median

MET: Final = "met"
MISSED: Final = "**missed**"
NOT_MEASURED: Final = "**not measured**"

Row = tuple[str, str, str, str]


def judged(results: dict[str, Any]) -> list[Row]:
    """Return the goals whose figures are in `results`, with what was measured."""
    rows: list[Row] = []
    if "throughput" in results:
        rows += _ratios(results["throughput"]["medians"])
    if "latency" in results:
        rows.append(_latency(results["latency"]["loads"][f"{LOADS[1]:.0%}"]))
    if "growth" in results:
        runs = results["growth"]["runs"]
        sizes = sorted((name for name in runs if name.startswith("buyers")), key=_size)
        if len(sizes) > 1:
            few, many = runs[sizes[0]], runs[sizes[-1]]
            what = f"events/s with {_size(sizes[-1]):,} conversations to {_size(sizes[0]):,}"
            for until, figure in (("first to last event", "rate_last"), ("and durable", "rate")):
                ratio = _ratio(median(many, figure), median(few, figure))
                rows.append(_at_least(f"{what}, {until}", ratio, 0.8))
    if "memory" in results:
        found = results["memory"]
        rows.append(_at_most("idle conversation in memory", found["memory_bytes"], 700, "bytes"))
        rows.append(_at_most("in a checkpoint", found["checkpoint_bytes"], 200, "bytes"))
    if "recovery" in results:
        found = results["recovery"]
        ours, faust = (statistics.median(found[key]) for key in ("worker_s", "faust_s"))
        what = f"restart with {found['conversations']:,} conversations"
        rows.append(_at_most(what, ours, 30, "s"))
        rows.append(_at_least("Faust's recovery to ours", faust / ours, 5))
    if "scrapes" in results:
        longest = results["scrapes"]["stall_ms"]["max"]
        rows.append(_at_most("longest stall under load, scraped", longest, 50, "ms"))
    return rows


def _latency(half: dict[str, Any]) -> Row:
    what, most_ms = "produce to gauge, p99, at half capacity", 250
    if half["kept"]:
        return _at_most(what, half["p99_ms"], most_ms, "ms")
    measured = f"producer {half['overdue_ms']:,.0f} ms late"
    return what, f"<= {most_ms} ms", measured, NOT_MEASURED


def _ratios(medians: dict[str, dict[str, float | None]]) -> list[Row]:
    wanted = (
        ("quixstreams, changelog", "rate", 3),
        ("bytewax, recovery", "rate", 3),
        ("Kafka Streams, changelog", "rate_warm", 2),
        ("Faust, idiomatic", "rate", 60),
        (TUNED, "rate", 0.6),
    )
    if WORKER not in medians:
        return []
    ours = medians[WORKER]
    return [
        _at_least(f"events/s to {name}", _ratio(ours[figure], medians[name][figure]), least)
        for name, figure, least in wanted
        if name in medians
    ]


def _ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one / other


def _at_least(what: str, value: float | None, least: float) -> Row:
    goal = f">= {least:g}"
    if value is None:
        return what, goal, "not durable", MISSED
    return what, goal, f"{value:.2f}", MET if value >= least else MISSED


def _at_most(what: str, value: float, most: float, unit: str) -> Row:
    return what, f"<= {most:g} {unit}", f"{value:,.0f} {unit}", MET if value <= most else MISSED


def _size(name: str) -> int:
    return int(name.partition("=")[2])
