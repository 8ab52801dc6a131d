"""One run of the demo: start everything, show the board, stop everything."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import Final, NamedTuple

from ..contract.topics import MESSAGES, ORDERS
from ..failure import CANNOT_GO_ON, Failure
from .board import Pulse
from .broker import BrokerError, embedded_broker, ensure_topics
from .children import Child
from .readings import Api, Reading, read

TOPICS: Final = (
    MESSAGES,
    ORDERS,
    "chatpulse.checkpoints",
    "chatpulse.daily",
    "chatpulse.dead-letters",
)
USUAL_PORT: Final = 8080
HOST: Final = "127.0.0.1"
STARTUP_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.1
FRESH_SECONDS: Final = 10.0
"""The history is read when the newest event is not older than this ..."""
PATIENCE_SECONDS: Final = 3.0
"""... or this long after the first number, in a room where hardly anything happens."""
RATE_SECONDS: Final = 10.0
WARM_SECONDS: Final = 3600
WARM_EVENTS: Final = 10_000


class Plan(NamedTuple):
    """What is to be simulated and where it can be seen; `port` None takes the usual or any."""

    shops: int
    agents: int
    rate: float
    seed: int
    port: int | None


class Room:
    """The running demo: broker, simulator, worker; `readings` gives what the worker says."""

    def __init__(self, start: Callable[[str, list[str]], Child], plan: Plan, address: str) -> None:
        self._start = start
        self._simulate = _simulator(plan, address)
        self._worker = start("worker", _worker(address, plan.port))
        self._children = [self._worker]
        self._api: Api | None = None
        self._counted: deque[tuple[float, float]] = deque()

    def check(self) -> None:
        """Give up with a clear line if a process of the demo has ended."""
        for child in self._children:
            if ended := child.ended:
                raise Failure(ended, status=CANNOT_GO_ON)

    def reading(self) -> Reading | None:
        """Scrape the worker; None while it does not answer."""
        self.check()
        api = self._api = self._api or self._listening()
        if api is None:
            return None
        try:
            status, body = api.get("/metrics")
        except OSError:
            self.check()
            return None
        return read(body) if status == 200 else None

    def pulse(self, reading: Reading) -> Pulse:
        """Return the rate of the last seconds, this reading included."""
        assert self._api is not None  # noqa: S101  # who has a reading has asked it
        now, counted = time.monotonic(), self._counted
        counted.append((now, reading.events))
        while now - counted[0][0] > RATE_SECONDS:
            counted.popleft()
        then, before = counted[0]
        rate = (reading.events - before) / (now - then) if now - then > 1 else None
        return Pulse(self._api.url, rate)

    def first_numbers(self, stopped: Event) -> Reading | None:
        """Wait until the history has been read; None if `stopped` before."""
        begun, seen = time.monotonic(), None
        while not stopped.wait(LOOK_SECONDS):
            reading, now = self.reading(), time.monotonic()
            if reading is not None and reading.agents and reading.newest is not None:
                seen = seen or now
                fresh = time.time() - reading.newest < FRESH_SECONDS
                if fresh or now - seen > PATIENCE_SECONDS:
                    return reading
            if now - begun > STARTUP_SECONDS:
                raise Failure(self._late(), status=CANNOT_GO_ON)
        return None

    def _listening(self) -> Api | None:
        url = self._worker.find(r"listening on (http://\S+)")
        if url is None:
            return None
        # Only now: while the worker joins its group, which takes seconds, nobody needs the CPU.
        self._children.append(self._start("simulator", self._simulate))
        return Api(url)

    def _late(self) -> str:
        why = "the worker does not listen"
        if self._api is not None:
            try:
                why = self._api.get("/-/ready")[1]
            except OSError:
                why = "the worker does not answer"
        return f"no numbers after {STARTUP_SECONDS:.0f} s: {why}; try again on a less busy machine"


@contextmanager
def running(plan: Plan) -> Iterator[Room]:
    """Run broker, simulator and worker for the duration of the block."""
    try:
        with embedded_broker() as address, ExitStack() as children:
            ensure_topics(address, TOPICS)

            def start(name: str, arguments: list[str]) -> Child:
                return children.enter_context(Child(name, arguments))

            yield Room(start, plan, address)
    except BrokerError as error:
        raise Failure(str(error), status=CANNOT_GO_ON) from error


def _worker(address: str, port: int | None) -> list[str]:
    port = _free_port() if port is None else port
    return [
        *("worker", "--config", os.devnull, "--brokers", address, "--group", "chatpulse-demo"),
        *("--web-host", HOST, "--web-port", str(port), "--log-level", "warning"),
        # The embedded broker keeps little: after a laptop's sleep what is gone is gone.
        *("--checkpoint-interval", "30s", "--accept-gap"),
    ]


def _simulator(plan: Plan, address: str) -> list[str]:
    warm = int(min(WARM_SECONDS, max(60.0, WARM_EVENTS / plan.rate)))
    return [
        *("simulate", "--brokers", address, "--curve", "flat", "--warm", f"{warm}s"),
        *("--shops", str(plan.shops), "--agents", str(plan.agents)),
        *("--rate", str(plan.rate), "--seed", str(plan.seed)),
    ]


def _free_port() -> int:
    """Return the usual port if nobody has it, else 0: any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, USUAL_PORT))
        except OSError:
            return 0
    return USUAL_PORT
