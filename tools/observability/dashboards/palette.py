"""Colours and thresholds of panels: all from the settings file that the alerts use as well."""

from __future__ import annotations

from typing import Any, Final

from ..thresholds import Levels, Thresholds, load

SETTINGS: Final[Thresholds] = load()
GOOD: Final = SETTINGS.colours.good
WARNING: Final = SETTINGS.colours.warning
CRITICAL: Final = SETTINGS.colours.critical
NEUTRAL: Final = SETTINGS.colours.neutral
PURPLE: Final = "#CC79A7"
YELLOW: Final = "#F0E442"
"""With the four above from the palette of Okabe and Ito: for lines that are no levels."""
CLEAR: Final = "transparent"

Step = dict[str, Any]


def levels(name: str) -> Levels:
    """Return the thresholds of `alerts.name` or `display.name`."""
    return SETTINGS.alerts.get(name) or SETTINGS.display[name]


def steps(name: str, good: str = GOOD) -> list[Step]:
    """Return the colours of a number, from its lowest values up; `good` is the harmless one."""
    found = levels(name)
    warning, critical = found.warning, found.critical
    if warning is not None and critical is not None and critical < warning:  # low is bad
        return [_step(None, CRITICAL), _step(critical, WARNING), _step(warning, good)]
    marks = [(warning, WARNING), (critical, CRITICAL)]
    return [_step(None, good), *(_step(value, c) for value, c in marks if value is not None)]


def plain(colour: str = NEUTRAL) -> list[Step]:
    """Return the colours of a number that is neither good nor bad."""
    return [_step(None, colour)]


def _step(value: float | None, colour: str) -> Step:
    return {"value": value, "color": colour}
