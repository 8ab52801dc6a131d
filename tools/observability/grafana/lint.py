"""Meaning: what types cannot see of a dashboard, from PromQL to the layout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
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
from ..links import UIDS
from ..promql import selectors
from ..recording import recordings
from ..thresholds import load
from .workspace import units

COLUMNS: Final = 24
ROWS: Final = 27
"""As many as fit a screen of 1080 pixels."""
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
BUILT_IN: Final = frozenset({"__rate_interval", "__interval", "__range", "__value", "__data"})
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


def complaints(dashboard: Dashboard) -> list[str]:
    """Return everything that is wrong with a dashboard but its types and the grammar of PromQL."""
    return [*_whole(dashboard), *_layout(dashboard["panels"]), *_panels(dashboard)]


def expressions(dashboard: Dashboard) -> list[tuple[str, str]]:
    """Return every expression with the title of its panel, variables replaced."""
    found = [(p["title"], t["expr"]) for p in dashboard["panels"] for t in p["targets"]]
    found += [("annotation", each["expr"]) for each in dashboard["annotations"]["list"]]
    return [(title, _filled(expr)) for title, expr in found]


def _filled(expr: str) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda match: VALUES.get(match[1], ".+"), expr)


def _whole(d: Dashboard) -> Iterator[str]:
    if d["editable"] is not False:
        yield "can be edited, so that the file and the screen part ways"
    if d["timezone"] != SETTINGS.duty.timezone:
        yield f"time zone {d['timezone']} is not the shops'"
    if not any(d["uid"] in (uid, f"{uid}-en") for uid in UIDS.values()):
        yield f"uid {d['uid']} is not one that alerts link to"
    seconds = re.fullmatch(r"(\d+)(s|m)", d["refresh"])
    if seconds is None or (seconds[2] == "s" and int(seconds[1]) < 5):
        yield f"refresh {d['refresh']} is faster than Prometheus scrapes"
    variables = {v["name"]: v for v in d["templating"]["list"]}
    if variables.get("datasource", {}).get("hide") != 2:
        yield "has no hidden variable datasource"
    known = {f"/d/{uid}{edition}" for uid in UIDS.values() for edition in ("", "-en")}
    for path in re.findall(r'"url": "([^"?]+)', json.dumps(d)):
        if path not in known:
            yield f"links to {path}, which is no dashboard"
    for used in re.findall(r"\$\{?(\w+)", json.dumps([d["panels"], d["annotations"]])):
        if used not in variables and used not in BUILT_IN:
            yield f"variable ${used} is not defined"


def _layout(panels: list[Panel]) -> Iterator[str]:
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) < len(ids):
        yield "two panels have the same id"
    places = [(p["title"], p["gridPos"]) for p in panels]
    for title, g in places:
        if not all(isinstance(g[side], int) for side in "xywh"):
            yield f"{title}: its place is no whole number"
            return
        if min(g["x"], g["y"]) < 0 or min(g["w"], g["h"]) < 2 or g["x"] + g["w"] > COLUMNS:
            yield f"{title}: does not fit {COLUMNS} columns"
        if g["y"] + g["h"] > ROWS:
            yield f"{title}: below row {ROWS}, off the screen"
    for (one, a), (other, b) in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        if not beside and not above:
            yield f"{one} and {other} overlap"


def _panels(d: Dashboard) -> Iterator[str]:
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
