"""`make bench`: everything on one broker, one machine, one run; or what is named."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import (
    check,
    growth,
    latency,
    memory,
    recovery,
    replay,
    report,
    scaling,
    scrapes,
    throughput,
)
from bench.broker import Broker, broker
from bench.processes import CORES, FailedError, aside

PUBLISHED: Final = Path("bench/results")
SCRATCH: Final = Path(".cache/bench/results")
USUAL_EVENTS: Final = 2_000_000
BUSY: Final = 0.5
"""Load average above which figures are not to be trusted."""

Bench = Callable[[Broker, argparse.Namespace], Any]


def _latency(broker: Broker, o: argparse.Namespace) -> Any:
    capacity = throughput.run(broker, o.events // 5, 1, [throughput.WORKER])["medians"][
        throughput.WORKER
    ]["rate"]
    return latency.run(broker, capacity, 30 * o.scale)


BENCHES: Final[dict[str, Bench]] = {
    "throughput": lambda b, o: throughput.run(b, o.events, o.repeat, o.only),
    "latency": _latency,
    "growth": lambda b, o: growth.run(b, o.events, o.repeat, int(1_000_000 * o.scale), o.only),
    "memory": lambda b, o: memory.run(b, int(100_000 * o.scale)),
    "recovery": lambda b, o: recovery.run(b, int(1_000_000 * o.scale), o.repeat),
    "scrapes": lambda b, o: scrapes.run(b, o.events // 5),
    "scaling": lambda b, o: scaling.run(b, o.events // 2),
}


def main(arguments: Sequence[str]) -> None:
    """Run the benches that are named, write their results, print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = (*BENCHES, "replay", "check", "report")
    parser.add_argument("names", nargs="*", metavar="BENCH", help=f"of {', '.join(names)}")
    parser.add_argument("--events", type=int, default=USUAL_EVENTS, help="of the largest data set")
    parser.add_argument("--repeat", type=int, default=3, help="measurements of each, in turns")
    parser.add_argument("--only", nargs="*", default=[], help="peers with these words, or sizes")
    parser.add_argument("--embedded", action="store_true", help="not on a real Kafka")
    parser.add_argument("--publish", action="store_true", help="write docs/performance.md")
    options = parser.parse_args(arguments)
    options.scale = min(1.0, options.events / USUAL_EVENTS)
    if unknown := set(options.names) - set(names):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    chosen = options.names or [*BENCHES, "replay"]
    folder = PUBLISHED if options.publish else SCRATCH
    failed: list[str] = []
    if set(chosen) - {"replay", "report"}:
        with aside(), broker(embedded=options.embedded) as running:
            print(f"{running.name}; {_machine()['cpu']}", flush=True)
            if os.getloadavg()[0] > BUSY:
                print("this machine is busy: rates will be too low, and vary", flush=True)
            for name in [name for name in chosen if name in BENCHES]:
                print(f"{name}:", flush=True)
                try:
                    found = BENCHES[name](running, options)
                except FailedError as error:  # the others are still worth their time
                    failed.append(f"{name}: {error}")
                    print(failed[-1], flush=True)
                else:
                    _keep(folder, name, arguments, running, found)
            if "check" in chosen:
                check.run(running)
    if "replay" in chosen:
        replay.main()
    if chosen != ["check"] and folder.exists():
        report.write(folder, Path("docs") if options.publish else SCRATCH)
    if failed:
        sys.exit("\n".join(failed))


def _keep(folder: Path, name: str, arguments: Sequence[str], running: Broker, found: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    result = {
        "bench": name,
        "command": " ".join(["python -m bench", *arguments]),
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": _commit(),
        "broker": running.name,
        "machine": _machine(),
        "result": found,
    }
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _machine() -> dict[str, Any]:
    cpu, memory_gb = platform.processor() or platform.machine(), 0
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
        cpu = models[0] if models else cpu
        total = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
        memory_gb = round(int(total) / 2**20)
    return {
        "cpu": cpu,
        "cores": len(CORES),
        "memory_gb": memory_gb,
        "system": platform.system(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
