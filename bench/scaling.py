"""Two workers (and four) against one: the rate, and the same scorecards."""

import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench import workers
from bench.broker import Broker
from bench.data import Data
from bench.processes import CORES, wait_until
from bench.throughput import compare
from bench.workload import Workload

COUNTS: Final = (1, 2, 4)


def run(broker: Broker, events: int) -> Any:
    """Let 1, 2 and 4 workers read the same events; beyond one they share cores with the broker."""
    data = Data(Workload(events))
    workers_of = {}
    for count in COUNTS:
        one = workers_of[str(count)] = _once(broker, data, count)
        print(f"  {count} workers: {one['rate']:>11,.0f} events/s, same scorecards", flush=True)
    return {"events": events, "workers": workers_of}


def _once(broker: Broker, data: Data, count: int) -> dict[str, float]:
    """Let them share the partitions, stand still while the events are written, then work."""
    room = f"scaling-{uuid.uuid4().hex[:8]}"
    events = data.workload.events
    broker.create(list(workers.inputs(room).values()))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        files = [Path(folder) / f"cards{number}" for number in range(count)]
        running: list[workers.Running] = []
        for number, file in enumerate(files):
            more = {"stay": True, "newest_at": data.newest_at, "cards": str(file)}
            told = workers.wanted(broker, room, room, events, **more)
            cores = CORES[number % 2 : number % 2 + 1]
            running.append(stack.enter_context(workers.worker(told, cores)))
        wait_until("the shares", 120, lambda: _shared(running, broker.partitions))
        with ExitStack() as still:
            for process in running:
                still.enter_context(process.frozen())
            workers.load(broker, data, room)
        begun = time.monotonic()
        wait_until("the last event", 900, lambda: _count(running) >= events)
        took = max(_finished(process) for process in running) - begun
        for process in running:
            process.process.terminate()
        cost = sum(process.wait(60)["core_s_per_100k"] for process in running)
        cards = {line for file in files for line in file.read_bytes().splitlines()}
        compare(sorted(cards), data.scorecards)
    return {"rate": events / took, "core_s_per_100k": cost}


def _shared(running: list[workers.Running], partitions: int) -> bool:
    """Tell whether every partition is one worker's, and every worker has some."""
    shares = [list(process.reach) for process in running]
    owned = [number for share in shares for number in share]
    return all(shares) and len(owned) == len(set(owned)) == partitions


def _count(running: list[workers.Running]) -> int:
    return sum(process.count for process in running)


def _finished(process: workers.Running) -> float:
    """Return when the worker told for the first time what it still tells."""
    last = process.reach
    return min(entry["at"] for entry in process.history if entry["reach"] == last)
