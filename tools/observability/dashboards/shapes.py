"""Panels by what they look like: one number, bars, lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .palette import CLEAR, NEUTRAL, Step, plain
from .panels import NOTHING, Panel, Text, defaults, panel, query


def stat(
    title: Text,
    description: Text,
    expr: str,
    *,
    unit: Text,
    steps: Sequence[Step] | None = None,
    trend: bool = False,
    nothing: Text = NOTHING,
) -> Panel:
    """Return one big number on its colour; `trend` draws its course behind it."""
    return panel(
        "stat",
        title,
        description,
        [query(expr, instant=not trend)],
        options={
            "colorMode": "background_solid",
            "graphMode": "area" if trend else "none",
            "justifyMode": "center",
            "orientation": "auto",
            "percentChangeColorMode": "standard",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "showPercentChange": False,
            "textMode": "value",
            "wideLayout": True,
        },
        defaults=defaults(unit, plain(CLEAR) if steps is None else steps, noValue=nothing),
    )


def bars(
    title: Text,
    description: Text,
    queries: Sequence[dict[str, Any]],
    *,
    unit: Text,
    steps: Sequence[Step] | None = None,
    top: float | None = None,
    decimals: int = 0,
    overrides: Sequence[dict[str, Any]] = (),
) -> Panel:
    """Return horizontal bars, one for each series; `top` fixes the end of the scale."""
    scale = {"min": 0} if top is None else {"min": 0, "max": top}
    return panel(
        "bargauge",
        title,
        description,
        queries,
        options={
            "displayMode": "basic",
            "legend": {
                "calcs": [],
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": False,
            },
            "maxVizHeight": 300,
            "minVizHeight": 16,
            "minVizWidth": 8,
            "namePlacement": "left",
            "orientation": "horizontal",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "showUnfilled": True,
            "sizing": "auto",
            "valueMode": "color",
        },
        defaults=defaults(unit, plain() if steps is None else steps, decimals=decimals, **scale),
        overrides=overrides,
    )


def lines(
    title: Text,
    description: Text,
    queries: Sequence[dict[str, Any]],
    *,
    unit: Text,
    steps: Sequence[Step] | None = None,
    colours: Sequence[str] = (),
    stacked: bool = False,
    decimals: int | None = 0,
    bottom: float | None = 0,
    table: bool = False,
    top: float | None = None,
) -> Panel:
    """Return lines over time; `steps` draws dashed thresholds, `colours` are of the queries."""
    custom = {
        "axisPlacement": "auto",
        "drawStyle": "line",
        "fillOpacity": 40 if stacked else 8,
        "lineInterpolation": "linear",
        "lineWidth": 1 if stacked else 3,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "off" if steps is None else "dashed"},
    }
    scale = {
        **({} if bottom is None else {"min": bottom}),
        **({} if top is None else {"max": top}),
    }
    return panel(
        "timeseries",
        title,
        description,
        queries,
        options={
            "legend": {
                "calcs": ["lastNotNull"] if table else [],
                "displayMode": "table" if table else "list",
                "placement": "right" if table else "bottom",
                "showLegend": True,
            },
            "tooltip": {"hideZeros": False, "mode": "multi", "sort": "desc"},
        },
        defaults=defaults(
            unit,
            plain(NEUTRAL) if steps is None else steps,
            decimals=decimals,
            color={"mode": "palette-colorblind"},
            custom=custom,
            **scale,
        ),
        overrides=[painted(chr(ord("A") + n), colour) for n, colour in enumerate(colours)],
    )


def painted(letter: str, colour: str) -> dict[str, Any]:
    """Return the override that gives the series of one query a colour."""
    return {
        "matcher": {"id": "byFrameRefID", "options": letter},
        "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
    }
