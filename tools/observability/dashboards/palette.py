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


def tiles(name: str) -> list[Step]:
    """Return the colours behind a number: none while all is well, so that trouble stands out."""
    return [{**step, "color": behind(step["color"])} for step in steps(name, good=CLEAR)]


def behind(colour: str) -> str:
    """Return a shade of `colour` on which the text that Grafana puts there can be read.

    Grafana writes dark on what is brighter than 180, else white; Okabe and Ito's orange lies just
    below, their vermilion is a little too bright for small white letters.
    """
    if colour == CLEAR:
        return colour
    rgb = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    for share in range(26):
        lighter = [value + (255 - value) * share / 100 for value in rgb]
        if sum(map(float.__mul__, lighter, (0.299, 0.587, 0.114))) > 181:
            return _hex(lighter)
    for share in range(100, 0, -1):
        darker = [value * share / 100 for value in rgb]
        if 1.05 / (_luminance(darker) + 0.05) >= 4.5:
            return _hex(darker)
    raise ValueError(f"no shade of {colour} carries text")


def _luminance(rgb: list[float]) -> float:
    linear = (((v / 255 + 0.055) / 1.055) ** 2.4 if v > 10 else v / 255 / 12.92 for v in rgb)
    return sum(map(float.__mul__, linear, (0.2126, 0.7152, 0.0722)))


def _hex(rgb: list[float]) -> str:
    return "#" + "".join(f"{round(value):02X}" for value in rgb)


def plain(colour: str = NEUTRAL) -> list[Step]:
    """Return the colours of a number that is neither good nor bad."""
    return [_step(None, colour)]


def _step(value: float | None, colour: str) -> Step:
    return {"value": value, "color": colour}
