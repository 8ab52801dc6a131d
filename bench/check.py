"""The short regression run of CI: the worker against the bare loop, as a ratio, on a small set.

Seconds of the core are compared, which do not depend on what else the machine does; the floor is
generous. Whether the scorecards are those of a replay is checked as in every run.
"""

import sys
from typing import Final

from bench import throughput
from bench.broker import EMBEDDED_EVENTS, Broker

FLOOR: Final = 0.08
"""The bare loop's core seconds per event, over the worker's full job: raise it when it rises."""

EVENTS: Final = 60_000
REPEAT: Final = 3


def run(broker: Broker) -> None:
    """Exit with a message if the worker has become slow."""
    events = EVENTS if broker.is_real else EMBEDDED_EVENTS
    only = [throughput.TUNED, throughput.WORKER]
    medians = throughput.run(broker, events, REPEAT, only)["medians"]
    bare, worker = (medians[name]["core_s_per_100k"] for name in only)
    ratio = bare / worker
    clock = medians[throughput.WORKER]["rate"] / medians[throughput.TUNED]["rate"]
    said = f"{ratio:.3f} of the bare loop by seconds of the core, {clock:.3f} by the clock"
    if ratio < FLOOR:
        sys.exit(f"the worker has become slow: {said}; the floor is {FLOOR}")
    print(f"the worker does {said}; the floor is {FLOOR}")
