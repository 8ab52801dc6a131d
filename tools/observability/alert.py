"""One alert: what it looks at, how it holds, and the expression that comes of it."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from .recording import ON_DUTY
from .thresholds import Thresholds, hold

Unit: TypeAlias = Literal["number", "share"]
TEMPLATES: Final = {
    "number": '{{ $value | printf "%.0f" }}',
    "share": "{{ $value | humanizePercentage }}",
}


class Alert(Struct, frozen=True, kw_only=True):
    """One alert in all its severities."""

    name: str
    key: str
    """Its section in the settings file."""
    scope: Literal["agent", "shop", "processor"]
    value: str
    """What is compared with the thresholds; for an alert without any, what must exist."""
    by: tuple[str, ...] = ()
    """Labels that tell one alert from another."""
    low: bool = False
    """A rate: low values are bad."""
    guards: tuple[str, ...] = ()
    """Further conditions, each with the operator that joins it."""
    duty: bool = False
    """Silent outside the duty hours."""
    holds: bool = True
    """Keeps firing down to a share of its threshold."""
    severity: str = "critical"
    """Of an alert without thresholds."""
    unit: Unit = "number"


def expression(alert: Alert, thresholds: Thresholds, severity: str) -> str:
    """Return the alert's PromQL for one severity."""
    threshold = thresholds.alerts[alert.key].by_severity.get(severity)
    lines = alert.value if threshold is None else _compare(alert, thresholds, severity, threshold)
    for guard in alert.guards:
        lines += f"\n{guard}"
    if alert.duty:
        lines += f"\nand on ()\n  {ON_DUTY} == 1"
    return lines


def _compare(alert: Alert, thresholds: Thresholds, severity: str, threshold: float) -> str:
    sign = "<" if alert.low else ">"
    fires = f"{alert.value} {sign} {number(threshold)}"
    if not alert.holds:
        return fires
    until = number(hold(threshold, thresholds.hysteresis.hold, low=alert.low))
    labels = f'alertname="{alert.name}", alertstate="firing", severity="{severity}"'
    return (
        f"(\n  {fires}\nor\n  {alert.value} {sign} {until}\n"
        f"and on ({', '.join(alert.by)})\n  ALERTS{{{labels}}}\n)"
    )


def number(value: float) -> str:
    """Write a number as people do: without a dot where there is nothing behind it."""
    return str(int(value)) if value == int(value) else f"{value:g}"
