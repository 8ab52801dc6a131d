"""Every generated file, by its path: the list to which a new generator is added."""

from __future__ import annotations

from . import alerts_page
from .alertmanager import alertmanager_file
from .dashboards import dashboard_files
from .prometheus import COMPOSE, LOCAL, prometheus_file
from .rules import alerts_file, recording_file
from .thresholds import ROOT, load


def files() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    thresholds = load()
    return {
        "deploy/prometheus/rules/chatpulse.rules.yml": recording_file(thresholds),
        "deploy/prometheus/rules/chatpulse.alerts.yml": alerts_file(thresholds),
        "deploy/prometheus/prometheus.yml": prometheus_file(COMPOSE),
        "deploy/prometheus/local.yml": prometheus_file(LOCAL),
        "deploy/alertmanager/alertmanager.yml": alertmanager_file(thresholds, COMPOSE),
        "deploy/alertmanager/local.yml": alertmanager_file(thresholds, LOCAL),
        "docs/alerts.md": alerts_page.page(thresholds),
        **dashboard_files(),
    }


def stale() -> list[str]:
    """Return the paths of the files that are not what would be written now."""
    return [path for path, text in files().items() if _read(path) != text]


def write() -> list[str]:
    """Write the stale files; return their paths."""
    found = stale()
    texts = files()
    for path in found:
        place = ROOT / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(texts[path], encoding="utf-8")
    return found


def _read(path: str) -> str | None:
    place = ROOT / path
    return place.read_text(encoding="utf-8") if place.exists() else None
