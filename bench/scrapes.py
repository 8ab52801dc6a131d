"""Scrapes of 500 agents each second while the worker reads at full speed: time, size, stalls."""

import time
import uuid
from typing import Any, Final

from bench import workers
from bench.broker import Broker
from bench.data import Data
from bench.latency import quantile
from bench.processes import wait_until
from bench.workload import MS_PER_EVENT, Workload

AGENTS: Final = 500
PAUSE_SECONDS: Final = 1.05
"""Less than a second after the last scrape the worker would answer from its cache."""

IDLE_SCRAPES: Final = 5
COUNTED: Final = b"\nchatpulse_uncounted_conversations 0.0\n"


def run(broker: Broker, events: int) -> Any:
    """Scrape under load, then at rest; every window is full, the newest event is of now."""
    start_at = int(time.time() * 1000) - events * MS_PER_EVENT
    data = Data(Workload(events, agents=AGENTS, start_at=start_at))
    room = f"scrapes-{uuid.uuid4().hex[:8]}"
    workers.load(broker, data, room)
    data.path.unlink()  # its times will not come again
    told = workers.wanted(broker, room, room, events, stay=True)
    with workers.worker(told) as process:
        wait_until("the first event", 60, lambda: process.count > 0)
        busy = [_scrape(process) for _ in iter(lambda: process.count >= events, True)]
        wait_until("the boards", 120, lambda: COUNTED in process.get("/metrics"))
        rest = [_scrape(process) for _ in range(IDLE_SCRAPES)]
        plain, packed = process.get("/metrics"), process.scrape()
        measured = process.stop()
    found = {
        "agents": AGENTS,
        "rate": measured["rate_last"],
        "busy_s": {"p50": quantile(busy, 0.5), "max": max(busy), "count": len(busy)},
        "rest_s": {"p50": quantile(rest, 0.5), "max": max(rest)},
        "bytes": len(plain),
        "gzip_bytes": len(packed),
        "series": sum(not line.startswith(b"#") for line in plain.splitlines()),
        "stall_ms": measured["stall_ms"],
    }
    size = f"{len(plain) / 1e6:.1f} MB ({len(packed) / 1e6:.2f} packed)"
    print(
        f"  {found['series']:,} series, {size}: "
        f"{found['rest_s']['p50']:.2f} s at rest, {found['busy_s']['p50']:.2f} s under load; "
        f"longest stall {found['stall_ms']['max']:.0f} ms"
    )
    return found


def _scrape(process: workers.Running) -> float:
    begun = time.monotonic()
    process.scrape()
    took = time.monotonic() - begun
    time.sleep(PAUSE_SECONDS)
    return took
