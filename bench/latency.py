"""From produce() to the number that a scrape would show, at parts of what the worker can carry."""

import json
import threading
import time
import uuid
from itertools import islice
from typing import Any, Final

from bench import workers
from bench.broker import Broker, shop_of
from bench.data import Data
from bench.processes import wait_until
from bench.workload import Workload

LOADS: Final = (0.1, 0.5, 0.9)
SHOP: Final = "probe"
EVERY_SECONDS: Final = 0.1
POLL_SECONDS: Final = 0.005
TURN_SECONDS: Final = 0.01
LEAST_EVENTS: Final = 20_000


def run(broker: Broker, capacity: float, seconds: float) -> Any:
    """Return the latencies at every load, and how far behind the worker was at the end."""
    found = {}
    for load in LOADS:
        found[f"{load:.0%}"] = one = _once(broker, load * capacity, seconds)
        print(
            f"  at {load:.0%} ({one['rate']:,.0f} events/s): p50 {one['p50_ms']:.0f} ms, "
            f"p99 {one['p99_ms']:.0f} ms, longest stall {one['stall_ms']['max']:.0f} ms"
        )
    return {"capacity": capacity, "loads": found}


def _once(broker: Broker, rate: float, seconds: float) -> dict[str, Any]:
    data = Data(Workload(max(LEAST_EVENTS, int(rate * seconds))))
    room = f"latency-{uuid.uuid4().hex[:8]}"
    broker.create(list(workers.inputs(room).values()))
    told = workers.wanted(broker, room, room, data.workload.events, stay=True)
    over = threading.Event()
    sent: list[int] = []
    with workers.worker(told) as process:
        wait_until("ready", 60, lambda: process.ready)
        crowd = threading.Thread(target=_crowd, args=(broker, data, room, rate, seconds, sent))
        probe: list[float] = []
        looking = threading.Thread(target=_probe, args=(broker, room, process, over, probe))
        crowd.start()
        looking.start()
        crowd.join()
        over.set()
        looking.join()
        behind = sent[0] + len(probe) - process.count
        measured = process.stop()
    workers.forget(broker, told, room=True)
    return {
        "rate": sent[0] / seconds,
        "p50_ms": quantile(probe, 0.5) * 1000,
        "p99_ms": quantile(probe, 0.99) * 1000,
        "max_ms": max(probe) * 1000,
        "count": len(probe),
        "behind_at_end": behind,
        "stall_ms": measured["stall_ms"],
        "core_s_per_100k": measured["core_s_per_100k"],
    }


def _crowd(
    broker: Broker, data: Data, room: str, rate: float, seconds: float, sent: list[int]
) -> None:
    """Produce at a steady rate, every event stamped with its moment."""
    names = workers.inputs(room)
    producer = broker.producer(**{"linger.ms": 5})
    begun = time.monotonic()
    count = 0
    with data.path.open("rb") as lines:
        while (passed := time.monotonic() - begun) < seconds:
            now = b"%d" % (time.time_ns() // 1_000_000)
            for line in islice(lines, max(0, int(rate * passed) - count)):
                start = line.index(b'"at":') + 5
                value = line[:start] + now + line[start + 13 :].rstrip()
                topic = names["messages" if b'"message"' in line[:20] else "orders"]
                producer.produce(topic, value, shop_of(line))
                count += 1
            producer.poll(0)
            time.sleep(TURN_SECONDS)
    producer.flush(30)
    sent.append(count)


def _probe(
    broker: Broker, room: str, process: workers.Running, over: threading.Event, found: list[float]
) -> None:
    """Let one buyer after the other wait in a shop of its own, and look until it is counted."""
    producer = broker.producer(**{"linger.ms": 0})
    topic = workers.inputs(room)["messages"]
    while not over.wait(EVERY_SECONDS):
        number = len(found)
        message = {
            "type": "message",
            "event_id": f"probe-{number}",
            "shop_id": SHOP,
            "buyer_id": f"probe-{number}",
            "at": time.time_ns() // 1_000_000,
            "sender": "buyer",
            "text": "?",
        }
        begun = time.monotonic()
        producer.produce(topic, json.dumps(message), SHOP)
        producer.poll(0)
        while _waiting(process) <= number:
            time.sleep(POLL_SECONDS)
        found.append(time.monotonic() - begun)


def _waiting(process: workers.Running) -> int:
    try:
        queues = json.loads(process.get(f"/api/v1/shops/{SHOP}/waiting"))
    except OSError:  # 404 before its first event
        return 0
    return sum(queue["waiting"] for queue in queues)


def quantile(values: list[float], q: float) -> float:
    """Return the value below which the part `q` of the values lies."""
    return sorted(values)[int((len(values) - 1) * q)]
