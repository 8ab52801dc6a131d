"""The committed dashboards, by edition and name."""

import copy
import json
from functools import cache
from typing import Any

from tools.observability.thresholds import ROOT

FOLDER = ROOT / "deploy" / "grafana"
Dashboard = dict[str, Any]


@cache
def _read() -> dict[str, Dashboard]:
    paths = sorted(FOLDER.glob("dashboards/*/*.json"))
    return {f"{p.parent.name}-{p.stem}": json.loads(p.read_text(encoding="utf-8")) for p in paths}


def committed() -> dict[str, Dashboard]:
    """Return copies of all of them."""
    return copy.deepcopy(_read())


def panel(dashboard: Dashboard, kind: str, number: int = 0) -> dict[str, Any]:
    """Return the panel of a kind, the first if not said otherwise."""
    found: dict[str, Any] = [p for p in dashboard["panels"] if p["type"] == kind][number]
    return found
