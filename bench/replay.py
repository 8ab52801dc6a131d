"""How many events per second `chatpulse replay` folds on one core, beside the limit.

The limit is a loop that only decodes the same file with msgspec, into the same types: no engine in
Python can be faster. Both run as processes of their own on the same core, in turns; the medians
count. `python -m bench.replay --help` tells what can be chosen.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.table import Table

RATE = 6
"""Events per second of the simulated room, averaged over its days: half a million a day."""

ROOM = ("--seed", "1", "--shops", "4", "--agents", "20", "--rate", str(RATE))

DECODE_ONLY = """
import gc, sys, time, msgspec
from chatpulse.contract.events import Event
decode = msgspec.json.Decoder(Event).decode
gc.disable()
start, count = time.perf_counter(), 0
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        decode(line)
        count += 1
print(count, time.perf_counter() - start)
"""


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print a table; exit with 1 if the two did not read the same events."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__)
    parser.add_argument("--events", type=int, default=500_000, help="about how many to simulate")
    parser.add_argument("--repeat", type=int, default=5, help="measurements of each")
    parser.add_argument("--file", type=Path, help="measure with this NDJSON file instead")
    options = parser.parse_args(arguments)
    folder = nullcontext(None) if options.file else tempfile.TemporaryDirectory()
    with folder as name:
        path: Path = options.file or _simulate(Path(name or "."), options.events)
        _measure(path, options.repeat)


def _simulate(folder: Path, events: int) -> Path:
    path = folder / "events.ndjson"
    length = f"{max(1, events // RATE)}s"
    command = [sys.executable, "-m", "chatpulse", "simulate", *ROOM, "--for", length, "--to"]
    subprocess.run([*command, str(path)], check=True)
    return path


def _measure(path: Path, repeat: int) -> None:
    limits, replays, overall = [], [], []
    counts = set()
    for _ in range(repeat):
        count, seconds = _decode_only(path)
        limits.append(count / seconds)
        counts.add(count)
        start = time.perf_counter()
        count, seconds = _replay(path)
        overall.append(count / (time.perf_counter() - start))
        replays.append(count / seconds)
        counts.add(count)
    if len(counts) != 1:
        sys.exit(f"they did not read the same number of events: {sorted(counts)}")
    [count] = counts
    limit = statistics.median(limits)
    table = Table(title=f"{count:,} events, {path.stat().st_size / 2**20:.0f} MiB, one core")
    for heading in ("events/s", "median", "lowest", "highest", "of the limit"):
        table.add_column(heading, justify="left" if heading == "events/s" else "right")
    for name, rates in (
        ("msgspec decode only (the limit)", limits),
        ("chatpulse replay", replays),
        ("the same with the start of the process", overall),
    ):
        median = statistics.median(rates)
        numbers = [f"{rate:,.0f}" for rate in (median, min(rates), max(rates))]
        table.add_row(name, *numbers, f"{median / limit:.1%}")
    Console(width=100).print(table)


def _decode_only(path: Path) -> tuple[int, float]:
    count, seconds = _on_one_core([sys.executable, "-c", DECODE_ONLY, str(path)]).stdout.split()
    return int(count), float(seconds)


def _replay(path: Path) -> tuple[int, float]:
    command = [sys.executable, "-m", "chatpulse", "replay", "--stats", "--format", "json"]
    done = _on_one_core([*command, str(path)])
    found = re.search(r"^read (\d+) events in ([0-9.]+) s", done.stderr, re.MULTILINE)
    assert found, done.stderr
    return int(found[1]), float(found[2])


def _on_one_core(command: list[str]) -> subprocess.CompletedProcess[str]:
    def pin() -> None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    return subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=pin)


if __name__ == "__main__":
    main(sys.argv[1:])
