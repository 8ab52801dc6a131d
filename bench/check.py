"""The short regression run of CI: the worker against the bare loop, as a ratio, on a small set.

Seconds of the core are compared, which do not depend on what else the machine does; the floor is
generous. Whether the scorecards are those of a replay is checked as in every run. The worker folds
with the engine it has here; in CI that must be the compiled one.
"""

import sys
from typing import Final

from bench import engine, throughput
from bench.broker import EMBEDDED_EVENTS, Broker
from tests.tools import in_ci

FLOORS: Final = {engine.COMPILED: 0.22, engine.PLAIN: 0.08}
"""The bare loop's core seconds per event, over the worker's full job: raise it when it rises."""

EVENTS: Final = 60_000
REPEAT: Final = 3


def run(broker: Broker) -> None:
    """Exit with a message if the worker has become slow, or in CI has no compiled engine."""
    used = engine.default()
    if used != engine.COMPILED and in_ci():
        sys.exit("the compiled engine is not installed: `make native` builds it")
    events = EVENTS if broker.is_real else EMBEDDED_EVENTS
    only = [throughput.TUNED, throughput.WORKER]
    found = throughput.run(broker, events, REPEAT, only)
    if found["failed"]:
        sys.exit("\n".join(f"{name}: {text}" for name, text in found["failed"].items()))
    bare, worker = (found["medians"][name] for name in only)
    ratio = bare["core_s_per_100k"] / worker["core_s_per_100k"]
    if worker["rate"] is None:
        sys.exit("the worker's last checkpoint was not durable")
    clock = worker["rate"] / bare["rate"]
    said = f"{ratio:.3f} of the bare loop by seconds of the core, {clock:.3f} by the clock"
    floor, name = FLOORS[used], engine.NAMES[used]
    if ratio < floor:
        sys.exit(f"the worker has become slow in {name}: {said}; the floor is {floor}")
    print(f"the worker does in {name} {said}; the floor is {floor}")
