"""From produce() to the number that a scrape would show, at parts of what the worker can carry.

Every load has a broker of its own, and some seconds to warm it and the worker up.
"""

import json
import math
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from confluent_kafka import Message

from bench import crowd, workers
from bench.broker import EMBEDDED_EVENTS, Broker, Brokers
from bench.data import Data
from bench.processes import FailedError, wait_until
from bench.throughput import full_job
from bench.workload import Workload

LOADS: Final = (0.1, 0.5, 0.9)
SHOP: Final = "probe"
EVERY_SECONDS: Final = 0.05
POLL_SECONDS: Final = 0.005
STEP: Final = 500_000
"""Events in a data set are a multiple of this, so that the next run finds it again."""

WARM_SECONDS: Final = 5
LEAST_SECONDS: Final = 10
"""Of a window: what a producer may be late is a part of it."""

SCRAPE_SECONDS: Final = 5
"""As deploy/prometheus has it: for a scrape, all conversations that changed are counted again."""

LATEST_SECONDS: Final = 30
"""After the last event; whoever is not counted by then has taken at least that long."""


def run(brokers: Brokers, events: int, seconds: float) -> Any:
    """Return the latencies at every load, and how far behind the worker was at the end.

    The capacity is that of a run over so many events. A load that the producer could not keep up
    is not `kept`: its latencies are those of another one.
    """
    seconds = max(seconds, LEAST_SECONDS)
    capacity = _capacity(brokers, events)
    needed = max(LOADS) * capacity * (WARM_SECONDS + seconds)
    data = Data(Workload(STEP * math.ceil(needed / STEP)))
    found = {}
    for load in LOADS:
        with brokers.fresh() as broker:
            one = _once(broker, data, load * capacity, seconds)
        found[f"{load:.0%}"] = one
        kept = "" if one["kept"] else f", NOT KEPT ({_late(one)})"
        print(
            f"  at {load:.0%}, {one['rate']:,.0f} events/s{kept}: p50 {one['p50_ms']:.0f} ms, "
            f"p99 {one['p99_ms']:.0f} ms, the broker's part of it {one['broker_p99_ms']:.0f} ms; "
            f"longest stall {one['stall_ms']['max']:.0f} ms",
            flush=True,
        )
    return {"capacity": capacity, "loads": found}


def _capacity(brokers: Brokers, events: int) -> float:
    data = Data(Workload(events if brokers.is_real else min(events, EMBEDDED_EVENTS)))
    room = f"capacity-{uuid.uuid4().hex[:8]}"
    with brokers.fresh() as broker:
        workers.load(broker, data, room)
        rate = full_job(broker, data, room)["rate"]
    if rate is None:
        raise FailedError("the worker's last checkpoint was not durable: its capacity is unknown")
    return float(rate)


def _late(one: dict[str, Any]) -> str:
    return f"late by {one['overdue_ms']:.0f} ms, {one['unsent_ms']:.0f} before sending"


def _once(broker: Broker, data: Data, rate: float, seconds: float) -> dict[str, Any]:
    room = f"latency-{uuid.uuid4().hex[:8]}"
    broker.create(list(workers.inputs(room).values()))
    with data.path.open("rb") as lines:
        spans = rate, WARM_SECONDS + seconds
        requests = crowd.prepare(lines, *spans, workers.inputs(room), broker.partitions)
    told = workers.wanted(broker, room, room, data.workload.events, stay=True)
    with workers.worker(told) as process, ThreadPoolExecutor() as threads:
        wait_until("ready", 60, lambda: process.ready)
        begins = time.monotonic()
        opens = begins + WARM_SECONDS
        window = crowd.Window(begins, opens, opens + seconds)
        schedule = crowd.Schedule(rate, window)
        sent: list[float] = []
        writing = threads.submit(crowd.write, broker.address, requests, schedule)
        asking = threads.submit(_ask, broker, room, window, sent)
        scraping = threads.submit(_scrape, process, window)
        took = _look(process, window.closes, sent)
        writing.result()
        acknowledged = asking.result()
        scraping.result()
        behind = schedule.count + len(sent) - process.count
        measured = process.stop()
    return {
        "wanted_rate": rate,
        "rate": schedule.measured_rate,
        "kept": schedule.kept,
        "overdue_ms": schedule.most_overdue / rate * 1000,
        "unsent_ms": schedule.unsent / rate * 1000,
        "p50_ms": quantile(took, 0.5) * 1000,
        "p99_ms": quantile(took, 0.99) * 1000,
        "max_ms": max(took) * 1000,
        "broker_p99_ms": quantile(acknowledged, 0.99) * 1000,
        "count": len(took),
        "behind_at_end": max(0, behind),
        "stall_ms": measured["stall_ms"],
    }


def _ask(broker: Broker, room: str, window: crowd.Window, sent: list[float]) -> list[float]:
    """Let one buyer after the other wait in a shop of its own, whatever becomes of the last.

    Note when each was sent; return the seconds until the broker had them.
    """
    acknowledged: list[float] = []
    producer = broker.producer(**{"linger.ms": 0})
    topic = workers.inputs(room)["messages"]

    def delivered(error: object, message: Message) -> None:
        if error is None and (seconds := message.latency()) is not None:
            acknowledged.append(seconds)

    time.sleep(max(0.0, window.opens - time.monotonic()))
    while time.monotonic() < window.closes:
        message = {
            "type": "message",
            "event_id": f"probe-{len(sent)}",
            "shop_id": SHOP,
            "buyer_id": f"probe-{len(sent)}",
            "at": time.time_ns() // 1_000_000,
            "sender": "buyer",
            "text": "?",
        }
        producer.produce(topic, json.dumps(message), SHOP, on_delivery=delivered)
        sent.append(time.monotonic())
        due = sent[-1] + EVERY_SECONDS
        while (rest := due - time.monotonic()) > 0:
            producer.poll(rest)  # a latency ends when it is asked for
    producer.flush(30)
    return acknowledged


def _scrape(process: workers.Running, window: crowd.Window) -> None:
    while window.closes - time.monotonic() > SCRAPE_SECONDS:
        time.sleep(SCRAPE_SECONDS)
        process.scrape()


def _look(process: workers.Running, over: float, sent: list[float]) -> list[float]:
    """Return how long every buyer took to be counted; look while one is outstanding."""
    took: list[float] = []
    asking = HTTPConnection(urlsplit(process.url).netloc, timeout=LATEST_SECONDS)
    while time.monotonic() < over + LATEST_SECONDS:
        if len(took) == len(sent):
            if time.monotonic() > over + EVERY_SECONDS:
                break
            time.sleep(POLL_SECONDS)
            continue
        waiting, now = _waiting(asking), time.monotonic()
        took += [now - at for at in sent[len(took) : waiting]]
        time.sleep(POLL_SECONDS)
    return took + [time.monotonic() - at for at in sent[len(took) :]]


def _waiting(asking: HTTPConnection) -> int:
    asking.request("GET", f"/api/v1/shops/{SHOP}/waiting")
    answer = asking.getresponse()
    queues = json.loads(answer.read())
    if answer.status == HTTPStatus.NOT_FOUND:  # before the first event
        return 0
    return sum(queue["waiting"] for queue in queues)


def quantile(values: list[float], q: float) -> float:
    """Return the value below which the part `q` of the values lies."""
    return sorted(values)[int((len(values) - 1) * q)]
