"""From the start of the process to ready, with many conversations to load: here and in Faust."""

import json
import tempfile
import time
import uuid
from typing import Any

from bench import workers
from bench.broker import Broker
from bench.data import Data
from bench.processes import measure, python, wait_until
from bench.workload import Workload


def run(broker: Broker, conversations: int, repeat: int) -> Any:
    """Return the seconds of every restart, ours and Faust's of a table with as many rows."""
    ours = _ours(broker, conversations, repeat)
    theirs = _faust(broker, conversations, repeat)
    return {"conversations": conversations, "worker_s": ours, "faust_s": theirs}


def _ours(broker: Broker, conversations: int, repeat: int) -> list[float]:
    data = Data(Workload(0, buyers=conversations, visits=1))
    opening = data.workload.opening
    room = f"recovery-{uuid.uuid4().hex[:8]}"
    workers.load(broker, data, room)
    told = workers.wanted(broker, room, room, opening, stay=True)
    with workers.worker(told) as process:
        wait_until("the conversations", 900, lambda: process.count >= opening)
        process.stop()
    seconds = []
    for _ in range(repeat):
        with workers.worker(told) as process:
            took = wait_until("ready", 600, lambda: process.ready)
            wait_until("the place where it was", 10, lambda: process.count == opening)
            process.stop()
        seconds.append(took)
        print(f"  {conversations:,} conversations: ready after {took:.1f} s", flush=True)
    return seconds


def _faust(broker: Broker, rows: int, repeat: int) -> list[float]:
    """Restore a table with one small Record per conversation from its changelog."""
    app = f"recover-{uuid.uuid4().hex[:8]}"
    topic, changelog = f"{app}-input", f"{app}-rows-changelog"
    broker.create([topic])
    broker.create([changelog], {"cleanup.policy": "compact"})
    producer = broker.producer()
    for number in range(rows):
        key = json.dumps(f"shop_{number % 20:03d}:buyer_{number:07d}")
        value = {"asked": 0, "replied": f"agent_{number % 20:03d}_{number % 400:04d}"}
        producer.produce(changelog, json.dumps(value), key, partition=number % broker.partitions)
        if not number % 1000:
            while len(producer) > 200_000:
                producer.poll(0.05)
            producer.poll(0)
    producer.flush(300)
    seconds = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            wanted = {
                "broker": broker.address,
                "partitions": broker.partitions,
                "run": app,
                "topic": topic,
                "folder": folder,
                "rows": rows,
            }
            begun = time.monotonic()
            found = measure(python("bench.peers.faust_recovery"), wanted)
        seconds.append(found["recovered_at"] - begun)
        print(f"  {rows:,} rows in Faust: recovered after {seconds[-1]:.1f} s", flush=True)
    return seconds
