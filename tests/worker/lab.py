"""Workers as processes, a producer, and the truth: what the tests of the whole worker share."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from chatpulse.contract.topics import TOPIC_TYPES, type_name

PARTITIONS = 4  # what the embedded broker has
ROLES = ("messages", "orders", "checkpoints", "daily", "dead_letters")
ORDER_TYPES = {type_name(event_type) for event_type in TOPIC_TYPES["shop.orders"]}


@dataclass
class Lab:
    """One group of workers on a broker, with topics of its own."""

    address: str
    folder: Path
    name: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}")
    rules: Path | None = None
    module: str = "chatpulse"

    def topic(self, role: str) -> str:
        return f"{self.name}.{role}"

    def environment(self) -> dict[str, str]:
        """Return the environment of its commands."""
        mine = {
            "CHATPULSE_BROKERS": self.address,
            "CHATPULSE_GROUP": self.name,
            "CHATPULSE_PARTITIONS": str(PARTITIONS),
            "CHATPULSE_CHECKPOINT_INTERVAL": "2s",
            "CHATPULSE_SESSION_TIMEOUT": "6s",
            "CHATPULSE_WEB_PORT": "0",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **{f"CHATPULSE_TOPICS__{role.upper()}": self.topic(role) for role in ROLES},
        }
        if self.rules is not None:
            mine["CHATPULSE_RULES"] = str(self.rules)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CHATPULSE_")}
        return kept | mine

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "chatpulse", *arguments],
            env=self.environment() | environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def records(self, role: str) -> list[Message]:
        """Return all records of a topic, in order of partition and offset."""
        return read_all(self.address, self.topic(role))


class Worker:
    """A worker process."""

    def __init__(self, lab: Lab, name: str, **environment: str) -> None:
        self.name = name
        self.log = lab.folder / f"{lab.name}-{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", lab.module, "worker"],
                env=lab.environment() | environment,
                cwd=lab.folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), (line, self.output())
        self.url = line.split()[-1]

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Return status and body; redirections are not followed."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with _OPENER.open(request, timeout=10) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Location", "").encode() or error.read()

    def json(self, path: str) -> Any:
        status, body = self.get(path)
        assert status == 200, (status, body)
        return json.loads(body)

    @property
    def ready(self) -> bool:
        assert self.process.poll() is None, f"{self.name} has ended:\n{self.output()[-3000:]}"
        try:
            return self.get("/-/ready")[0] == 200
        except OSError:
            return False

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 20) -> int:
        """Stop it as a supervisor does; return the exit status."""
        self.process.terminate()
        return self.process.wait(seconds)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


@contextmanager
def workers(lab: Lab) -> Iterator[Callable[..., Worker]]:
    """Give a function that starts a worker of a name; none outlives the block."""
    started: list[Worker] = []

    def start(name: str, **environment: str) -> Worker:
        started.append(Worker(lab, name, **environment))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            if worker.process.poll() is None:
                worker.send(signal.SIGCONT)
                worker.kill()
            assert worker.process.stdout is not None
            worker.process.stdout.close()


def until(holds: Callable[[], Any], what: str, seconds: float = 45) -> None:
    """Wait until `holds`; nothing tells us when another process has got there."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def topic_role(line: bytes) -> str:
    """Return the input in which a line belongs: orders, or messages for everything else."""
    match = re.search(rb'"type" ?: ?"([a-z_]+)"', line)
    return "orders" if match and match[1].decode() in ORDER_TYPES else "messages"


def key_of(line: bytes) -> bytes:
    match = re.search(rb'"shop_id" ?: ?"([^"]*)"', line)
    return match[1] if match else b"garbage"


class Feeder(threading.Thread):
    """Produces lines at a rate, as producers of the outside world would."""

    def __init__(self, lab: Lab, lines: Iterable[bytes], *, seconds: float = 0.0) -> None:
        super().__init__(daemon=True)
        self._lines = list(lines)
        self._pause = seconds / len(self._lines) if self._lines else 0.0
        self._producer = producer(lab.address)
        self._lab = lab
        self.error: object = None

    def run(self) -> None:
        begun = time.monotonic()
        for number, line in enumerate(self._lines):
            ahead = begun + number * self._pause - time.monotonic()
            if ahead > 0.02:
                time.sleep(ahead)  # the pace of the outside world
            topic = self._lab.topic(topic_role(line))
            self._producer.produce(topic, line, key_of(line), on_delivery=self._delivered)
            self._producer.poll(0)
        self._producer.flush(30)

    def _delivered(self, error: object, message: Message) -> None:
        self.error = self.error or error

    def done(self) -> None:
        self.join(120)
        assert not self.is_alive()
        assert self.error is None


def feed(lab: Lab, lines: Iterable[bytes]) -> None:
    """Produce lines at once."""
    feeder = Feeder(lab, lines)
    feeder.run()
    assert feeder.error is None


def producer(address: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": address,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "linger.ms": 5,
            "queue.buffering.max.messages": 1_000_000,
            "log_level": 0,
        }
    )


def read_all(address: str, topic: str) -> list[Message]:
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": uuid.uuid4().hex,
            "fetch.wait.max.ms": 10,
            "log_level": 0,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        bounds = {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            for number in partitions
        }
        left = {number: bound for number, bound in bounds.items() if bound[0] < bound[1]}
        consumer.assign([TopicPartition(topic, n, first) for n, (first, _) in left.items()])
        found: list[Message] = []
        while left:
            for message in consumer.consume(1000, 0.1):
                assert message.error() is None, message.error()
                found.append(message)
                number, offset = message.partition(), message.offset()
                assert number is not None
                assert offset is not None
                if number in left and offset + 1 >= left[number][1]:
                    del left[number]
        return sorted(found, key=lambda m: (m.partition() or 0, m.offset() or 0))
    finally:
        consumer.close()


def api_cards(worker: Worker, others: dict[str, Worker], days: list[str]) -> list[dict[str, Any]]:
    """Return the scorecards of all shops of the group for the days, sorted as in replay."""
    shops = {shop for w in others.values() for shop in w.json("/api/v1/shops")["shops"]}
    cards: list[dict[str, Any]] = []
    for shop in shops:
        for day in days:
            cards += _follow(worker, f"/api/v1/shops/{shop}/scorecards?day={day}")
    return sorted(cards, key=lambda card: (card["shop_id"], card["agent_id"], card["day"]))


def _follow(worker: Worker, path: str) -> list[dict[str, Any]]:
    status, body = worker.get(path)
    if status == 307:
        with urllib.request.urlopen(body.decode(), timeout=10) as response:
            return json.loads(response.read())  # type: ignore[no-any-return]
    assert status == 200, (path, status, body)
    return json.loads(body)  # type: ignore[no-any-return]


def replay(lab: Lab, lines: list[bytes]) -> list[dict[str, Any]]:
    """Return what `chatpulse replay` prints for the same lines."""
    path = lab.folder / f"{lab.name}.ndjson"
    path.write_bytes(b"\n".join(line.replace(b"\n", b" ") for line in lines) + b"\n")
    options = ["--rules", str(lab.rules)] if lab.rules else []
    done = lab.command("replay", str(path), "--format", "json", *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def days_of(cards: list[dict[str, Any]]) -> list[str]:
    return sorted({card["day"] for card in cards})


def by_source(letters: list[Message]) -> dict[tuple[str, int, int], list[Message]]:
    """Return dead letters by the coordinates of their source."""
    found = defaultdict(list)
    for letter in letters:
        headers = dict(letter.headers() or [])
        source = (
            headers["source-topic"].decode(),
            int(headers["source-partition"]),
            int(headers["source-offset"]),
        )
        found[source].append(letter)
    return dict(found)
