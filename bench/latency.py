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
MOST_UNSENT: Final = 50_000
LATEST_SECONDS: Final = 30
"""After the last event; whoever is not counted by then has taken at least that long."""

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
    sent: list[float] = []
    counts: list[int] = []
    with workers.worker(told) as process:
        wait_until("ready", 60, lambda: process.ready)
        over = time.monotonic() + seconds
        crowd = (broker, data, room, rate, over, counts)
        threads = [
            threading.Thread(target=_crowd, args=crowd),
            threading.Thread(target=_ask, args=(broker, room, over, sent)),
        ]
        for thread in threads:
            thread.start()
        took = _look(process, over, sent)
        for thread in threads:
            thread.join()
        behind = counts[0] + len(sent) - process.count
        measured = process.stop()
    workers.forget(broker, told, room=True)
    return {
        "rate": counts[0] / seconds,
        "p50_ms": quantile(took, 0.5) * 1000,
        "p99_ms": quantile(took, 0.99) * 1000,
        "max_ms": max(took) * 1000,
        "count": len(took),
        "behind_at_end": max(0, behind),
        "stall_ms": measured["stall_ms"],
    }


def _crowd(
    broker: Broker, data: Data, room: str, rate: float, over: float, counts: list[int]
) -> None:
    """Produce at a steady rate, every event stamped with its moment."""
    names = workers.inputs(room)
    producer = broker.producer(**{"linger.ms": 5})
    begun = time.monotonic()
    count = 0
    with data.path.open("rb") as lines:
        while (now := time.monotonic()) < over:
            stamp = b"%d" % (time.time_ns() // 1_000_000)
            for line in islice(lines, max(0, int(rate * (now - begun)) - count)):
                start = line.index(b'"at":') + 5
                value = line[:start] + stamp + line[start + 13 :].rstrip()
                topic = names["messages" if b'"message"' in line[:20] else "orders"]
                while len(producer) > MOST_UNSENT:  # the broker is the limit then
                    producer.poll(TURN_SECONDS)
                producer.produce(topic, value, shop_of(line))
                count += 1
            producer.poll(0)
            time.sleep(TURN_SECONDS)
    producer.flush(30)
    counts.append(count)


def _ask(broker: Broker, room: str, over: float, sent: list[float]) -> None:
    """Let one buyer after the other wait in a shop of its own, whatever becomes of the last."""
    producer = broker.producer(**{"linger.ms": 0})
    topic = workers.inputs(room)["messages"]
    while time.monotonic() < over:
        message = {
            "type": "message",
            "event_id": f"probe-{len(sent)}",
            "shop_id": SHOP,
            "buyer_id": f"probe-{len(sent)}",
            "at": time.time_ns() // 1_000_000,
            "sender": "buyer",
            "text": "?",
        }
        producer.produce(topic, json.dumps(message), SHOP)
        sent.append(time.monotonic())
        producer.poll(0)
        time.sleep(EVERY_SECONDS)
    producer.flush(30)


def _look(process: workers.Running, over: float, sent: list[float]) -> list[float]:
    """Return how long every buyer took to be counted; look while one is outstanding."""
    took: list[float] = []
    while time.monotonic() < over + LATEST_SECONDS:
        if len(took) == len(sent):
            if time.monotonic() > over + EVERY_SECONDS:
                break
            time.sleep(POLL_SECONDS)
            continue
        waiting, now = _waiting(process), time.monotonic()
        took += [now - at for at in sent[len(took) : waiting]]
        time.sleep(POLL_SECONDS)
    return took + [time.monotonic() - at for at in sent[len(took) :]]


def _waiting(process: workers.Running) -> int:
    try:
        queues = json.loads(process.get(f"/api/v1/shops/{SHOP}/waiting"))
    except OSError:  # 404 before its first event
        return 0
    return sum(queue["waiting"] for queue in queues)


def quantile(values: list[float], q: float) -> float:
    """Return the value below which the part `q` of the values lies."""
    return sorted(values)[int((len(values) - 1) * q)]
