"""Workers for the measurements: their topics, their input, their processes."""

import json
import re
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bench.broker import Broker, kind_of
from bench.data import Data
from bench.engine import DEFAULT, VARIABLE
from bench.processes import FailedError, last_words, python, result, running, wait_until
from chatpulse.worker.topics import COMPACT, KEEP

COMMAND: Final = python("bench.peers.worker")
PROGRESS: Final = "PROGRESS "


def inputs(room: str) -> dict[str, str]:
    """Return the names of a room's two input topics."""
    return {"messages": f"{room}.messages", "orders": f"{room}.orders"}


def load(broker: Broker, data: Data, room: str, part: slice = slice(None)) -> None:
    """Write the data, or some lines of it, into the room's input topics."""
    names = inputs(room)
    broker.create(list(names.values()))
    broker.load(data.path, lambda line: names[kind_of(line)], part)


def wanted(broker: Broker, room: str, state: str, events: int, **more: Any) -> dict[str, Any]:
    """Return what a worker process is told; its output topics are created if they are missing."""
    outputs = {name: f"{state}.{name}" for name in ("checkpoints", "daily", "dead_letters")}
    broker.create([outputs["checkpoints"]], KEEP)
    broker.create([outputs["daily"]], COMPACT)
    broker.create([outputs["dead_letters"]])
    return {
        "broker": broker.address,
        "partitions": broker.partitions,
        "state": state,
        "topics": inputs(room) | outputs,
        "events": events,
        **more,
    }


@dataclass
class Running:
    """A worker process that is listened to."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def listen(self) -> None:
        """Take in what the process prints, until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(PROGRESS):
                self.history.append(json.loads(line.removeprefix(PROGRESS)))
            elif found := re.match(r"listening on (http\S+)", line):
                self.url = found[1]
            else:
                self.lines.append(line)

    @property
    def reach(self) -> dict[str, int]:
        """Events that are accounted for, by partition."""
        found: dict[str, int] = self.history[-1]["reach"] if self.history else {}
        return found

    @property
    def count(self) -> int:
        """Events that are accounted for."""
        return sum(self.reach.values())

    @property
    def ready(self) -> bool:
        """Tell whether the worker says so, to whoever asks as an orchestrator does."""
        if self.process.poll() is not None:
            raise FailedError(f"the worker ended: {last_words(''.join(self.lines))}")
        try:
            return bool(self.url) and self.get("/-/ready")[:2] == b"ok"
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> bytes:
        """Ask the worker over HTTP."""
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            body: bytes = answer.read()
            return body

    def scrape(self) -> bytes:
        """Ask for the metrics as Prometheus does."""
        return self.get("/metrics", **{"Accept-Encoding": "gzip", "Accept": "text/plain"})

    def stop(self) -> dict[str, Any]:
        """Stop it gracefully and return what it measured."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait()

    def wait(self, seconds: float = 1200) -> dict[str, Any]:
        """Wait until it ends by itself, and return what it measured."""
        self.process.wait(seconds)
        wait_until("the worker's last words", 5, lambda: not self._listening.is_alive())
        return result(COMMAND, "".join(self.lines))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it stand still for the duration of the block: shorter than its session."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def __post_init__(self) -> None:
        self._listening = threading.Thread(target=self.listen, daemon=True)
        self._listening.start()


@contextmanager
def worker(
    told: dict[str, Any], cores: list[int] | None = None, *, wanted_engine: str = DEFAULT
) -> Iterator[Running]:
    """Run a worker for the duration of the block."""
    with running([*COMMAND, json.dumps(told)], cores, **{VARIABLE: wanted_engine}) as process:
        yield Running(process)
