"""Meaning of the panels: queries, thresholds, colours, units, columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from chatpulse.telemetry.catalogue import METRICS

from ..dashboards.palette import (
    CLEAR,
    CRITICAL,
    GOOD,
    NEUTRAL,
    PURPLE,
    WARNING,
    YELLOW,
    behind,
)
from ..promql import selectors
from ..recording import recordings
from ..thresholds import load
from .workspace import units

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
VALUES: Final = {"__rate_interval": "1m", "__interval": "15s", "__range": "30m"}
AGGREGATIONS: Final = frozenset({"avg", "count", "max", "min", "sum"})
FREE_UNIT: Final = re.compile(r"(suffix|prefix): ?\S+|currency:financial:\S+")
SETTINGS: Final = load()
COLOURS: Final = {
    *(getattr(SETTINGS.colours, name) for name in SETTINGS.colours.__struct_fields__),
    *(CLEAR, NEUTRAL, PURPLE, YELLOW),
    *(behind(colour) for colour in (GOOD, WARNING, CRITICAL, NEUTRAL)),
}
LIMITS: Final = {
    value
    for levels in (*SETTINGS.alerts.values(), *SETTINGS.display.values())
    for value in levels.by_severity.values()
} | {1}  # one worker

Dashboard = dict[str, Any]
Panel = dict[str, Any]


def known_series() -> frozenset[str]:
    """Return every series that a dashboard may ask for."""
    process = ("resident_memory_bytes", "cpu_seconds_total", "start_time_seconds")
    found = {"ALERTS", "up", *(f"process_{name}" for name in process)}
    for metric in METRICS.values():
        suffixes = ("_bucket", "_count", "_sum") if metric.type == "histogram" else ("",)
        found |= {metric.name + suffix for suffix in suffixes}
    return frozenset(found | {rule.record for rule in recordings(SETTINGS)})


def expressions(dashboard: Dashboard) -> list[tuple[str, str]]:
    """Return every expression with the title of its panel, variables replaced."""
    found = [(p["title"], t["expr"]) for p in dashboard["panels"] for t in p["targets"]]
    found += [("annotation", each["expr"]) for each in dashboard["annotations"]["list"]]
    return [(title, _filled(expr)) for title, expr in found]


def _filled(expr: str) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda match: VALUES.get(match[1], ".+"), expr)


def panel_complaints(d: Dashboard) -> Iterator[str]:
    """Give what is wrong inside the panels, with their titles."""
    for panel in d["panels"]:
        title = panel["title"]
        for fault in (*_texts(panel), *_queries(panel), *_fields(panel), *_columns(panel)):
            yield f"{title}: {fault}"
    for title, expr in expressions(d):
        try:
            named = {selector.name for selector in selectors(expr)} - AGGREGATIONS
        except ValueError as error:
            yield f"{title}: {error}"
            continue
        for name in sorted(named - known_series()):
            yield f"{title}: nobody exports {name}"
        for name in sorted(named):
            rated = re.findall(rf"\b(?:rate|increase)\s*\(\s*{name}\b", expr)
            if name.endswith("_total") and len(rated) < len(re.findall(rf"\b{name}\b", expr)):
                yield f"{title}: {name} is a counter outside rate() or increase()"


def _texts(panel: Panel) -> Iterator[str]:
    if not panel["title"].strip():
        yield "no title"
    if not panel["description"].strip():
        yield "no description"


def _queries(panel: Panel) -> Iterator[str]:
    letters = [target["refId"] for target in panel["targets"]]
    if not letters:
        yield "asks nothing"
    if len(set(letters)) < len(letters):
        yield "two queries have the same letter"
    for target in panel["targets"]:
        if panel["datasource"] != SOURCE or target["datasource"] != SOURCE:
            yield "does not use the variable data source"
        if (panel["type"] == "table") != (target["format"] == "table"):
            yield "the format of a query does not suit the panel"
        if panel["type"] == "timeseries" and target["instant"]:
            yield "draws a line through an instant"
        for window in re.findall(r"\[([^\]]+)\]", target["expr"]):
            if window != "$__rate_interval" and re.fullmatch(r"\d+(m|h)", window) is None:
                yield f"window {window} is shorter than a rate needs"
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] == "byFrameRefID" and matcher["options"] not in letters:
            yield f"override of query {matcher['options']}, which is not asked"


def _fields(panel: Panel) -> Iterator[str]:
    config = panel["fieldConfig"]
    properties = [p for override in config["overrides"] for p in override["properties"]]
    asked = [config["defaults"]["unit"], *(p["value"] for p in properties if p["id"] == "unit")]
    for unit in asked:
        if unit not in units() and FREE_UNIT.fullmatch(unit) is None:
            yield f"Grafana knows no unit {unit}"
        if unit == "s":
            yield "unit s jumps between seconds and minutes"
    all_steps = [config["defaults"]["thresholds"]["steps"]]
    all_steps += [p["value"]["steps"] for p in properties if p["id"] == "thresholds"]
    for steps in all_steps:
        first, *rest = [step["value"] for step in steps]
        if first is not None or None in rest or any(a >= b for a, b in pairwise(rest)):
            yield "thresholds do not ascend from nothing"
        elif strange := set(rest) - LIMITS:
            yield f"thresholds {sorted(strange)} are not in the settings"
        if strange := {step["color"] for step in steps} - COLOURS:
            yield f"colours {sorted(strange)} are not in the settings"


def _columns(panel: Panel) -> Iterator[str]:
    organised = [t["options"] for t in panel["transformations"] if t["id"] == "organize"]
    if not organised:
        return
    titles = set(organised[0]["renameByName"].values())
    letters = [target["refId"] for target in panel["targets"]]
    values = {f"Value #{letter}" for letter in letters} if len(letters) > 1 else {"Value"}
    if missing := values - organised[0]["renameByName"].keys():
        yield f"columns {sorted(missing)} have no title"
    for transformation in panel["transformations"]:
        if transformation["id"] == "sortBy":
            for each in transformation["options"]["sort"]:
                if each["field"] not in titles:
                    yield f"sorts by {each['field']}, which is no column"
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] not in titles:
            yield f"override of {override['matcher']['options']}, which is no column"
