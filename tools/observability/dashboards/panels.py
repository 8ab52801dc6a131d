"""Panels as Grafana stores them, without place and number: those the board gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .palette import CLEAR, NEUTRAL, Step, plain
from .words import Words

Panel = dict[str, Any]
Text = str | Words

SECONDS: Final = Words("suffix: 秒", "suffix: s")
CLOCK: Final = "dthms"
"""Hours, minutes, seconds: never `s`, whose scale jumps between seconds and minutes."""
SHARE: Final = "percentunit"
MONEY: Final = "currency:financial:¥"
NOTHING: Final = "—"
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


def query(
    expr: str, legend: Text | None = None, *, instant: bool = False, table: bool = False
) -> dict[str, Any]:
    """Return one query; its letter is given by the panel."""
    return {
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": expr,
        "format": "table" if table else "time_series",
        "instant": instant,
        "range": not instant,
        "legendFormat": "__auto" if legend is None else legend,
    }


def panel(
    kind: str,
    title: Text,
    description: Text,
    queries: Sequence[dict[str, Any]],
    *,
    options: dict[str, Any],
    defaults: dict[str, Any],
    overrides: Sequence[dict[str, Any]] = (),
    transformations: Sequence[dict[str, Any]] = (),
) -> Panel:
    """Return a panel of a kind; its queries are lettered from A."""
    letters = (chr(ord("A") + number) for number in range(len(queries)))
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": SOURCE,
        "targets": [{"refId": letter, **q} for letter, q in zip(letters, queries, strict=True)],
        "options": options,
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "transformations": list(transformations),
    }


def defaults(
    unit: Text, steps: Sequence[Step], *, decimals: int | None = 0, **more: Any
) -> dict[str, Any]:
    """Return the settings of a panel's fields, coloured by thresholds unless `more` says else."""
    return {
        "unit": unit,
        **({} if decimals is None else {"decimals": decimals}),
        "noValue": NOTHING,
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": list(steps)},
        **more,
    }


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
