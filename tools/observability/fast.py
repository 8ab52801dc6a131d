"""The shipped configuration with short waits, at any hour: for tests of the whole chain.

    python -m tools.observability.fast FOLDER WORKER NOTIFY ALERTMANAGER PROMETHEUS

writes rules, routes and Prometheus' configuration for these addresses (`host:port`). Thresholds,
windows, sample minimums, routes, inhibition and texts are the shipped ones, from the same
generators. Different are only: duty lasts all day; alerts of agents and shops wait and hold for a
second; what groups, scrapes and evaluates does so every second or two. Alerts of the processor wait
as shipped, or a start would be one.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from .alertmanager import alertmanager_file
from .alerts import alerts
from .prometheus import Hosts, prometheus_file
from .rules import alerts_file, recording_file
from .thresholds import Thresholds, load

WAIT: Final = "1s"
PACES: Final = {
    "scrape_interval": "1s",
    "scrape_timeout": "1s",
    "evaluation_interval": "1s",
    "group_wait": "1s",
    "group_interval": "2s",
}


def fast(thresholds: Thresholds) -> Thresholds:
    """Return the thresholds with duty all day and short waits."""
    room = {alert.key for alert in alerts(thresholds) if alert.scope != "processor"}
    return replace(
        thresholds,
        duty=replace(thresholds.duty, start="00:00", end="24:00", grace="0m"),
        hysteresis=replace(thresholds.hysteresis, keep=WAIT),
        alerts={
            key: replace(limit, wait=WAIT) if key in room else limit
            for key, limit in thresholds.alerts.items()
        },
    )


def files(hosts: Hosts) -> dict[str, str]:
    """Return the text of each file by its path below one folder."""
    thresholds = fast(load())
    return {
        "prometheus.yml": _paced(prometheus_file(hosts)),
        "rules/chatpulse.rules.yml": recording_file(thresholds),
        "rules/chatpulse.alerts.yml": alerts_file(thresholds),
        "alertmanager.yml": _paced(alertmanager_file(thresholds, hosts)),
    }


def write(folder: Path, hosts: Hosts) -> None:
    """Write the files."""
    for path, text in files(hosts).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def _paced(text: str) -> str:
    names = "|".join(PACES)
    return re.sub(rf"\b({names}): \S+", lambda match: f"{match[1]}: {PACES[match[1]]}", text)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Hosts(*sys.argv[2:]))
