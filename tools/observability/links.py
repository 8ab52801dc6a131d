"""Where alerts lead: the runbook's heading and the dashboard that shows what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .alert import Alert
    from .thresholds import Thresholds

UIDS: Final = {name: f"chatpulse-{name}" for name in ("wall", "shop", "agent", "processor")}
"""The dashboards' `uid`, which is their address in Grafana; other editions add their language."""

VARIABLES: Final = {
    "agent": ("shop", "agent"),
    "shop": ("shop",),
    "processor": (),
}


def dashboard_url(alert: Alert, thresholds: Thresholds) -> str:
    """Return the address of the alert's dashboard, with its shop and agent chosen."""
    chosen = "&".join(
        f"var-{name}={{{{ $labels.{name} | urlquery }}}}" for name in VARIABLES[alert.scope]
    )
    base = f"{thresholds.links.dashboards}/d/{UIDS[alert.scope]}"
    return f"{base}?{chosen}" if chosen else base


def runbook_url(alert: Alert, thresholds: Thresholds) -> str:
    """Return the address of the alert's heading in the runbook."""
    return f"{thresholds.links.runbook}#{alert.name.lower()}"
