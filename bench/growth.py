"""Events per second as conversations and agents grow, each time with all of them remembered.

The last checkpoint, which a stop waits for, has all of them: the run must be long beside it.
"""

import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from bench import workers
from bench.broker import Broker
from bench.data import Data
from bench.processes import wait_until
from bench.throughput import compare
from bench.workload import Workload

CONVERSATIONS: Final = (10_000, 100_000, 1_000_000)
AGENTS: Final = (100, 1_000, 10_000)
VISITS: Final = 4_000
"""400 agents with ten conversations each: a buyer writes or is answered every half minute."""
USUAL: Final = {"buyers": 10_000, "agents": 400}


def run(
    broker: Broker,
    events: int,
    repeat: int,
    largest: int = CONVERSATIONS[-1],
    only: Iterable[str] = (),
) -> Any:
    """Measure at every size, or `only` some (`buyers=10000`), in turns; return the runs by size."""
    wanted = set(only)
    cases = [{"buyers": count} for count in CONVERSATIONS if count <= largest]
    cases += [{"agents": count} for count in AGENTS if count <= largest // 10]
    runs: dict[str, list[dict[str, Any]]] = {}
    for _ in range(repeat):
        for case in cases:
            [(what, count)] = case.items()
            if wanted and f"{what}={count}" not in wanted:
                continue
            workload = Workload(events, visits=VISITS, **USUAL | case)
            found = _once(broker, Data(workload))
            runs.setdefault(f"{what}={count}", []).append(found)
            print(f"  {count:>9,} {what:7} {found['rate']:>11,.0f} events/s", flush=True)
    return {"events": events, "runs": runs}


def _once(broker: Broker, data: Data) -> dict[str, Any]:
    """Let a worker remember the conversations, then measure it on the events after them."""
    opening = data.workload.opening
    room = f"growth-{uuid.uuid4().hex[:8]}"
    workers.load(broker, data, room, slice(0, opening))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cards = Path(folder) / "cards"
        more = {"opening": opening, "newest_at": data.newest_at, "cards": str(cards)}
        told = workers.wanted(broker, room, room, data.workload.events, **more)
        with workers.worker(told) as process:
            wait_until("the conversations", 900, lambda: process.count >= opening)
            with process.frozen():
                workers.load(broker, data, room, slice(opening, None))
            found = process.wait()
        compare(cards.read_bytes().splitlines(), data.scorecards)
    workers.forget(broker, told, room=True)
    return found
