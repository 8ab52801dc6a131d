"""Two workers (and four) against one: the rate while all of them work, the same scorecards."""

import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench import workers
from bench.broker import Broker
from bench.data import Data
from bench.processes import CORES, FailedError, wait_until
from bench.throughput import compare
from bench.workload import Workload

COUNTS: Final = (1, 2, 4)


def run(broker: Broker, events: int) -> Any:
    """Let 1, 2 and 4 workers read the same room; beyond one they share a core with the broker."""
    data = Data(Workload(events))
    room = f"scaling-{uuid.uuid4().hex[:8]}"
    workers.load(broker, data, room)
    rates = {}
    for count in COUNTS:
        rates[str(count)] = _once(broker, data, room, count)
        print(
            f"  {count} workers: {rates[str(count)]:>11,.0f} events/s, same scorecards", flush=True
        )
    broker.delete(list(workers.inputs(room).values()))
    return {"events": events, "rates": rates}


def _once(broker: Broker, data: Data, room: str, count: int) -> float:
    state = f"scaling-{uuid.uuid4().hex[:8]}"
    events = data.workload.events
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        files = [Path(folder) / f"cards{number}" for number in range(count)]
        running = []
        for number, file in enumerate(files):
            more = {"stay": True, "newest_at": data.newest_at, "cards": str(file)}
            told = workers.wanted(broker, room, state, events, **more)
            cores = CORES[number % 2 : number % 2 + 1]
            running.append(stack.enter_context(workers.worker(told, cores)))
        wait_until("the last event", 900, lambda: _count(w.reach for w in running) >= events)
        for process in running:
            process.process.terminate()
        for process in running:
            process.wait(60)
        cards = {line for file in files for line in file.read_bytes().splitlines()}
        compare(sorted(cards), data.scorecards)
        workers.forget(broker, told)
        return _rate(running, events)


def _count(reaches: Any) -> int:
    """Return the events that somebody has accounted for, each partition once."""
    furthest: dict[str, int] = {}
    for reach in reaches:
        for partition, count in reach.items():
            furthest[partition] = max(count, furthest.get(partition, 0))
    return sum(furthest.values())


def _rate(running: list[workers.Running], events: int) -> float:
    """Return the events per second from when every worker had partitions to the last event."""
    seen = sorted(
        (entry["at"], number, entry["reach"])
        for number, process in enumerate(running)
        for entry in process.history
    )
    latest: dict[int, dict[str, int]] = {}
    begun: tuple[float, int] | None = None
    for at, number, reach in seen:
        latest[number] = reach
        count = _count(latest.values())
        if begun is None and count and len([r for r in latest.values() if r]) == len(running):
            begun = at, count
        if begun is not None and count >= events:
            if count == begun[1]:
                break
            return (count - begun[1]) / (at - begun[0])
    raise FailedError("the workers never worked at the same time: use more events")
