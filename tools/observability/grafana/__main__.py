"""`python -m tools.observability.grafana [--seconds N] [--to FOLDER]`: all dashboards as pictures.

A simulated room runs for N seconds; then every dashboard is drawn in both languages, and the wall
once more after the worker has been stopped for a while.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from ..dashboards.board import NAMES
from ..dashboards.words import LANGUAGES
from ..thresholds import ROOT
from .drawing import draw
from .scene import scene

HISTORY_SECONDS: Final = 45
"""Until the rates no longer show how the history was read."""
STOPPED_SECONDS: Final = 75
"""Long enough for the data delay to be critical."""


def main() -> int:
    """Return 1 if a picture shows a fault or an empty panel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="how long the room runs before")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None or shutil.which("prometheus") is None:
        print("needs chromium and prometheus (Debian: apt-get install ...)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="chatpulse-") as folder, scene(Path(folder)) as room:
        print(f"the room runs; pictures in {HISTORY_SECONDS + options.seconds:.0f} s", flush=True)
        time.sleep(HISTORY_SECONDS + options.seconds)
        jobs = [
            room.job(
                name,
                language,
                span=options.seconds,
                png=options.to / f"grafana-{name}-{language}.png",
            )
            for language in LANGUAGES
            for name in NAMES
        ]
        drawn = draw(jobs, chromium)
        room.worker.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)
        png = options.to / "grafana-wall-stopped-zh.png"
        drawn += draw([room.job("wall", "zh", span=options.seconds, png=png)], chromium)
    for each in drawn:
        print(each.uid, *(each.errors or each.blank or ["fine"]), sep=": ")
    return int(any(each.errors or each.blank for each in drawn))


if __name__ == "__main__":
    sys.exit(main())
