"""Events per second as conversations and agents grow, each time with all of them remembered.

The last checkpoint, which a stop waits for, has all of them: the run must be long beside it.
"""

import tempfile
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench import workers
from bench.broker import Brokers
from bench.data import Data
from bench.processes import wait_until
from bench.throughput import compare
from bench.turns import in_turns
from bench.workload import Workload

SIZES: Final = (
    *("buyers=10000", "buyers=100000", "buyers=1000000"),
    *("agents=100", "agents=1000", "agents=10000"),
)
VISITS: Final = 4_000
"""400 agents with ten conversations each: a buyer writes or is answered every half minute."""
USUAL: Final = {"buyers": 10_000, "agents": 400}
FEWER: Final = 4
"""Agents are compared with each other on one event in so many; what they cost shows early."""


def run(
    brokers: Brokers, events: int, repeat: int, largest: int, only: Iterable[str] = ()
) -> dict[str, Any]:
    """Measure at every size, or `only` those named, in turns; return the runs by size.

    Of the usual sizes those are left out that `largest` conversations, or a hundredth as many
    agents, do not reach.
    """
    named = tuple(word for word in only if "=" in word)
    sizes = named or tuple(size for size in SIZES if _conversations(size) <= largest)
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        size: partial(_once, brokers, _workload(size, events)) for size in sizes
    }
    runs, failed = in_turns(measures, repeat)
    return {"events": events, "runs": runs, "failed": failed}


def _conversations(size: str) -> int:
    what, _, count = size.partition("=")
    return int(count) * {"buyers": 1, "agents": 100}[what]


def _workload(size: str, events: int) -> Workload:
    what, _, count = size.partition("=")
    if what == "agents":
        events //= FEWER
    return Workload(events, visits=VISITS, **USUAL | {what: int(count)})


def _once(brokers: Brokers, workload: Workload) -> dict[str, Any]:
    """Let a worker remember the conversations, then measure it on the events after them."""
    data = Data(workload)
    opening = workload.opening
    room = f"growth-{uuid.uuid4().hex[:8]}"
    with brokers.fresh() as broker, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        workers.load(broker, data, room, slice(0, opening))
        cards = Path(folder) / "cards"
        more = {"opening": opening, "newest_at": data.newest_at, "cards": str(cards)}
        told = workers.wanted(broker, room, room, workload.events, **more)
        with workers.worker(told) as process:
            wait_until("the conversations", 900, lambda: process.count >= opening)
            with process.frozen():
                workers.load(broker, data, room, slice(opening, None))
            found = process.wait()
        compare(cards.read_bytes().splitlines(), data.scorecards)
    return found
