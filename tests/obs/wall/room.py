"""A running service room: broker, simulator and a worker whose address stays the same."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from chatpulse.contract.topics import MESSAGES, ORDERS
from chatpulse.demo.broker import embedded_broker, ensure_topics
from tests.worker.lab import ROLES, Lab, Worker, feed, until, workers

SECOND = 1000
RULES = "rules.toml"
"""On duty day and night: the room is live, at whatever hour it is looked at."""

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Room:
    """The room; `worker` is the one that runs now."""

    def __init__(
        self, lab: Lab, simulator: subprocess.Popen[bytes], start: Callable[..., Worker]
    ) -> None:
        self.lab = lab
        self._simulator = simulator
        self._start = start
        self._port = str(free_port())
        self._count = 0
        self.start()

    def start(self) -> None:
        """Start a worker where the one before was."""
        self._count += 1
        name, rules = f"w{self._count}", str(self.lab.folder / RULES)
        self.worker = self._start(name, CHATPULSE_WEB_PORT=self._port, CHATPULSE_RULES=rules)
        until(lambda: self.worker.ready, "the worker is ready")

    @property
    def url(self) -> str:
        return self.worker.url

    def wall(self) -> Any:
        return self.worker.json("/api/v1/wall")

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Let nothing happen in the room for the duration of the block."""
        self._simulator.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._simulator.send_signal(signal.SIGCONT)

    def message(self, agent: str, buyer: str, *, ago: float = 0, sender: str = "buyer") -> None:
        """Let a buyer write to an agent, or be answered, so many seconds ago."""
        at = now_ms() - int(ago * SECOND)
        event = {
            "type": "message", "event_id": f"{buyer}-{sender}", "shop_id": "shop-01", "at": at,
            "buyer_id": buyer, "sender": sender, "agent_id": agent, "text": "还有货吗",
        }  # fmt: skip
        feed(self.lab, [json.dumps(event).encode()])

    def samples(self) -> Samples:
        """Return what a scrape says."""
        body = self.worker.get("/metrics")[1].decode()
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(body)
            for sample in family.samples
        }


@contextmanager
def running_room(folder: Path) -> Iterator[Room]:
    """Run a room of two shops with an hour of history."""
    with ExitStack() as stack:
        address = stack.enter_context(embedded_broker())
        lab = Lab(address, folder)
        (folder / RULES).write_text('duty_window = ["00:00", "24:00"]\n', encoding="utf-8")
        ensure_topics(address, [lab.topic(role) for role in ROLES])
        simulator = stack.enter_context(_simulator(lab))
        start = stack.enter_context(workers(lab))
        room = Room(lab, simulator, start)
        until(lambda: _fresh(room), "the history is read")
        yield room


@contextmanager
def _simulator(lab: Lab) -> Iterator[subprocess.Popen[bytes]]:
    topics = f"{MESSAGES}={lab.topic('messages')},{ORDERS}={lab.topic('orders')}"
    options = f"--rate 4 --shops 2 --agents 6 --curve flat --warm 65m --brokers {lab.address}"
    with (lab.folder / "simulator.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "chatpulse", "simulate", *options.split(), "--topics", topics],
            stderr=log,
            env=lab.environment(),
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _fresh(room: Room) -> bool:
    newest = room.wall()["newest_event_at"]
    return newest is not None and now_ms() - newest < 10 * SECOND


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
