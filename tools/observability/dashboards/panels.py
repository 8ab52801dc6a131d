"""Panels as Grafana stores them, without place and number: those the board gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .palette import Step
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
