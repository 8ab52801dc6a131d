"""How many events per second `chatpulse replay` folds on one core, beside the limit.

The limit is a loop that only decodes the same file with msgspec, into the same types: no engine in
Python can be faster. Both run as processes of their own on the same core, in turns, and are
measured whole, from their start to their end; the medians count. Seconds are those of the core
(user and system), which do not depend on what else the machine does; those of the clock stand
beside them. `python -m bench.replay --help` tells what can be chosen.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

RATE = 6
"""Events per second of the simulated room, averaged over its days: half a million a day."""

ROOM = ("--seed", "1", "--shops", "4", "--agents", "20", "--rate", str(RATE))

DECODE_ONLY = """
import gc, sys, msgspec
from chatpulse.contract.events import Event
decode = msgspec.json.Decoder(Event).decode
gc.disable()
count = 0
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        decode(line)
        count += 1
print(f"read {count} events", file=sys.stderr)
"""


class Run(NamedTuple):
    """One process, measured whole."""

    events: int
    core_seconds: float
    clock_seconds: float


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
    replay = ["-m", "chatpulse", "replay", str(path), "--stats", "--format", "json"]
    commands = {
        "only decoding (limit)": ["-c", DECODE_ONLY, str(path)],
        "chatpulse replay": replay,
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            runs[name].append(_run(command))
    counts = {run.events for found in runs.values() for run in found}
    if len(counts) != 1:
        sys.exit(f"they did not read the same number of events: {sorted(counts)}")
    [count] = counts
    table = Table(title=f"{count:,} events, {path.stat().st_size / 2**20:.0f} MiB, one core")
    table.add_column("events per second")
    for heading in ("median", "lowest", "highest", "of the limit", "by the clock"):
        table.add_column(heading, justify="right")
    limit = 0.0
    for name, found in runs.items():
        rates = sorted(run.events / run.core_seconds for run in found)
        median = statistics.median(rates)
        limit = limit or median
        clock = statistics.median(run.events / run.clock_seconds for run in found)
        numbers = [f"{rate:,.0f}" for rate in (median, rates[0], rates[-1])]
        table.add_row(name, *numbers, f"{median / limit:.1%}", f"{clock:,.0f}")
    Console(width=100).print(table)


def _run(arguments: list[str]) -> Run:
    def core_seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def pin() -> None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    core, clock = core_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, text=True, preexec_fn=pin
    )
    core, clock = core_seconds() - core, time.perf_counter() - clock
    found = re.search(r"^read (\d+) events", done.stderr, re.MULTILINE)
    assert found, done.stderr
    return Run(int(found[1]), core, clock)


if __name__ == "__main__":
    main(sys.argv[1:])
