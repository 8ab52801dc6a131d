"""A partition full of conversations that nobody has touched for a while, and its size."""

import gc
import json
import time
from typing import Any

from bench.meter import RESULT, specification
from bench.workload import Workload, lines
from chatpulse.contract.codec import Rejected, decode
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker.checkpoint import chunks

EVENTS_PER_BUYER = 10
VISITS = 4000
IDLE_MS = 3 * 3_600_000
BATCH = 4000
"""Events between two scrapes and checkpoints: half a minute of event time."""

CHECKPOINTS = 2
"""A row that two checkpoints found unchanged is kept packed: 20 seconds, as a worker is set up."""


def resident() -> int:
    """Return the memory that this process has now, in bytes."""
    gc.collect()
    with open("/proc/self/status", encoding="ascii") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def save(partition: Any) -> None:
    """Take a cut and read it to its end, as a checkpoint does."""
    for _ in partition.dump():
        pass


def main() -> None:
    """Fold, refresh as a scrape does, wait in event time, write checkpoints, weigh."""
    wanted = specification()
    buyers: int = wanted["conversations"]
    workload = Workload(EVENTS_PER_BUYER * buyers, buyers=buyers, visits=VISITS, has_opening=False)
    partition: Any = Partition(Rules())
    at = 0
    before = resident()
    for number, line in enumerate(lines(workload)):
        event = decode(line.encode(), now_ms=workload.start_at + 10**10)
        assert not isinstance(event, Rejected)
        at = event.at
        partition.apply(event)
        if not number % BATCH:
            partition.close_due()
            partition.refresh(at)
            save(partition)
    partition.refresh(at)
    partition.refresh(at + IDLE_MS)
    for _ in range(CHECKPOINTS):
        save(partition)
    after = resident()
    begun = time.perf_counter()
    records = list(partition.dump())
    cut_s = time.perf_counter() - begun
    stored = sum(map(len, chunks(records)))
    begun = time.perf_counter()
    Partition.load(Rules(), records)
    load_s = time.perf_counter() - begun
    count = partition.conversations
    found = {
        "events": workload.events,
        "conversations": count,
        "memory_bytes": (after - before) / count,
        "checkpoint_bytes": stored / count,
        "cut_s": cut_s,
        "load_rows_per_s": count / load_s,
    }
    print(RESULT + json.dumps(found), flush=True)


main()
