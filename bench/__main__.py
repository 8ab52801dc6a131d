"""`make bench`: everything on one machine, in one run; or what is named.

A part that fails is told, on the page too, and does not keep the others from being measured.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from bench import (
    check,
    fold,
    growth,
    latency,
    memory,
    recovery,
    replay,
    report,
    results,
    scaling,
    scrapes,
    throughput,
)
from bench.broker import Broker, Brokers, brokers
from bench.processes import aside

PUBLISHED: Final = Path("bench/results")
SCRATCH: Final = Path(".cache/bench/results")
USUAL_EVENTS: Final = 2_000_000
IN_TURNS: Final = 3
"""Measurements of each in throughput, which compares; elsewhere one. `--repeat` overrides both."""

BUSY: Final = 0.5
"""Load average above which figures are not to be trusted."""

Bench = Callable[[Brokers, argparse.Namespace], Any]


def _on_one(bench: Callable[[Broker, argparse.Namespace], Any]) -> Bench:
    """Return the bench with one fresh broker for all of it."""

    def run(brokers: Brokers, options: argparse.Namespace) -> Any:
        with brokers.fresh() as broker:
            return bench(broker, options)

    return run


BENCHES: Final[dict[str, Bench]] = {
    "throughput": _on_one(lambda b, o: throughput.run(b, o.events, o.repeat or IN_TURNS, o.only)),
    "latency": lambda b, o: latency.run(b, o.events // 2, 20 * o.scale),
    "growth": lambda b, o: growth.run(b, o.events, o.repeat or 1, int(10**6 * o.scale), o.only),
    "memory": lambda _, o: memory.run(int(100_000 * o.scale)),
    "engine": lambda _, o: fold.run(o.events // 4, o.events // 20),
    "recovery": _on_one(lambda b, o: recovery.run(b, int(10**6 * o.scale), o.repeat or 1)),
    "scrapes": _on_one(lambda b, o: scrapes.run(b, o.events // 5)),
    "scaling": _on_one(lambda b, o: scaling.run(b, o.events // 4)),
}


def main(arguments: Sequence[str]) -> None:
    """Run the benches that are named, write their results, print the table."""
    options = _options(arguments)
    chosen = options.names or [*BENCHES, "replay"]
    begun = time.monotonic()
    folder = PUBLISHED if options.publish else SCRATCH
    failed: list[str] = []
    with aside():
        kind = brokers(embedded=options.embedded)
        if measured := [name for name in chosen if name in BENCHES]:
            run = results.begin(folder, arguments, kind.name)
            print(f"{run.broker}; {run.machine['cpu']}; engine: {run.engine}", flush=True)
            if run.machine["load"] > BUSY:
                print("this machine is busy: rates will be too low, and vary", flush=True)
            for name in measured:
                failed += _part(run, name, kind, options)
        if "check" in chosen:
            with kind.fresh() as broker:
                check.run(broker)
    if set(chosen) - {"check", "replay"} and folder.exists():
        report.write(folder, Path("docs") if options.publish else SCRATCH)
    if "replay" in chosen:
        replay.main(["--repeat", str(options.repeat or IN_TURNS)])
    print(f"{(time.monotonic() - begun) / 60:.0f} min in all")
    if failed:
        sys.exit("\n".join(failed))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = (*BENCHES, "replay", "check", "report")
    parser.add_argument("names", nargs="*", metavar="BENCH", help=f"of {', '.join(names)}")
    parser.add_argument("--events", type=int, default=USUAL_EVENTS, help="of the largest data set")
    parser.add_argument("--repeat", type=int, help="measurements of each, in turns")
    parser.add_argument("--only", nargs="*", default=[], help="peers with these words, or sizes")
    parser.add_argument("--embedded", action="store_true", help="not on a real Kafka")
    parser.add_argument("--publish", action="store_true", help="write docs/performance.md")
    options = parser.parse_args(arguments)
    options.scale = min(1.0, options.events / USUAL_EVENTS)
    if unknown := set(options.names) - set(names):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    return options


def _part(run: results.Run, name: str, kind: Brokers, options: argparse.Namespace) -> list[str]:
    """Measure one part and keep what came of it; return what failed."""
    print(f"{name}:", flush=True)
    since = time.monotonic()
    try:
        found = BENCHES[name](kind, options)
    except Exception as error:  # noqa: BLE001  # whatever it was, the others are worth their time
        traceback.print_exc()
        run.keep(name, since, failed=str(error) or type(error).__name__)
        return [f"{name}: {error}"]
    run.keep(name, since, result=found)
    print(f"  took {time.monotonic() - since:.0f} s", flush=True)
    return [f"{name}: {what}: {text}" for what, text in found.get("failed", {}).items()]


if __name__ == "__main__":
    main(sys.argv[1:])
