"""Meaning: what types cannot see of a dashboard, from PromQL to the layout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from ..links import UIDS
from .panel_lint import SETTINGS, Dashboard, Panel, panel_complaints

COLUMNS: Final = 24
ROWS: Final = 27
"""As many as fit a screen of 1080 pixels."""
BUILT_IN: Final = frozenset({"__rate_interval", "__interval", "__range", "__value", "__data"})


def complaints(dashboard: Dashboard) -> list[str]:
    """Return everything that is wrong with a dashboard but its types and the grammar of PromQL."""
    return [*_whole(dashboard), *_layout(dashboard["panels"]), *panel_complaints(dashboard)]


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
