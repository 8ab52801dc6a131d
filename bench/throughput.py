"""Events per second: this worker's full job beside the peers' minimal one, in turns.

The worker folds with the compiled engine if it is installed, and then with plain Python as well.
"""

import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench import streams, workers
from bench.broker import EMBEDDED_EVENTS, Broker
from bench.data import Data
from bench.engine import COMPILED, DEFAULT, PLAIN, default
from bench.processes import BENCH_VENV, FailedError, measure, python
from bench.turns import in_turns, medians
from bench.workload import Workload

WORKER: Final = "chatpulse worker"
PLAIN_WORKER: Final = "chatpulse worker, plain Python"
TUNED: Final = "bare aiokafka, tuned"
BARE: Final = "bare aiokafka"
ONCE: Final = (BARE, PLAIN_WORKER)
"""No goal is about them: one turn is enough to tell what they cost."""

FEWER: Final = 40
"""Idiomatic Faust gets one event in so many: its rate does not depend on how many there are."""

LEAST: Final = 20_000
FAUST_TABLES: Final = ("asked", "replied", "replies", "waits", "paid", "sales")


@dataclass(frozen=True)
class Peer:
    """One of those that do the minimal job."""

    name: str
    command: Callable[[], list[str]]
    options: Mapping[str, Any] = field(default_factory=dict)
    divisor: int = 1
    changelogs: tuple[str, ...] = ()


def peers(broker: Broker) -> list[Peer]:
    """Return those that can run here; tell which cannot."""
    found = [
        Peer(TUNED, lambda: python("bench.peers.bare"), {"tuned": True}),
        Peer(BARE, lambda: python("bench.peers.bare"), {"tuned": False}),
    ]
    if BENCH_VENV.exists() and broker.is_real:
        quix, bytewax = "bench.peers.quix", "bench.peers.bytewax_stateful"
        found.append(Peer("bytewax, recovery", lambda: python(bytewax, BENCH_VENV)))
        found.append(Peer("quixstreams, changelog", lambda: python(quix, BENCH_VENV)))
    else:
        print("without bytewax and quixstreams: `make bench-setup` and a real Kafka are needed")
    if streams.available() and broker.is_real:
        found.append(Peer("Kafka Streams, changelog", streams.command))
    else:
        print("without Kafka Streams: it needs a JDK (17 or newer) and Maven")
    faust = "bench.peers.faust_idiomatic"
    found.append(Peer("Faust, idiomatic", lambda: python(faust), {}, FEWER, FAUST_TABLES))
    return found


def run(broker: Broker, events: int, repeat: int, only: Iterable[str] = ()) -> dict[str, Any]:
    """Measure all peers and the worker, in turns, every run checked; return runs and medians.

    Whoever fails is told under `failed` and has no figures.
    """
    if not broker.is_real:
        events = min(events, EMBEDDED_EVENTS)
    here = peers(broker)
    engines = _engines()
    names = _chosen([*(peer.name for peer in here), *engines], only)
    chosen = [peer for peer in here if peer.name in names]
    whole = Data(Workload(events))
    data = {1: whole, FEWER: Data(Workload(max(LEAST, events // FEWER)))}
    room = f"throughput-{uuid.uuid4().hex[:8]}"
    topics = {divisor: f"{room}.all.{divisor}" for divisor in {peer.divisor for peer in chosen}}
    for divisor, topic in topics.items():
        broker.create([topic])
        broker.load(data[divisor].path, _all_into(topic))
    workers.load(broker, whole, room)
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        peer.name: partial(_peer, broker, peer, data[peer.divisor], topics[peer.divisor])
        for peer in chosen
    }
    measures |= {
        name: partial(full_job, broker, whole, room, engine)
        for name, engine in engines.items()
        if name in names
    }
    runs, failed = in_turns(measures, repeat, ONCE)
    return {
        "events": events,
        "data_sha256": whole.sha256,
        "runs": runs,
        "failed": failed,
        "medians": {name: medians(found) for name, found in runs.items()},
    }


def _engines() -> dict[str, str]:
    """Return what the workers here are called, and the engine that each is to have."""
    if default() == COMPILED:
        return {WORKER: DEFAULT, PLAIN_WORKER: PLAIN}
    print("without the compiled engine: it is not installed")
    return {WORKER: DEFAULT}


def _chosen(names: list[str], words: Iterable[str]) -> list[str]:
    """Return the names with one of the words, or all; a word that is a name means that one only."""
    words = [word for word in words if "=" not in word]  # those are sizes of growth
    parts = [word for word in words if word not in names]
    return [n for n in names if not words or n in words or any(part in n for part in parts)]


def full_job(broker: Broker, data: Data, room: str, engine: str = DEFAULT) -> dict[str, Any]:
    """Let a new worker read the loaded room once; its scorecards must be those of a replay."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cards = Path(folder) / "cards"
        more = {"newest_at": data.newest_at, "cards": str(cards)}
        state = f"worker-{uuid.uuid4().hex[:8]}"
        told = workers.wanted(broker, room, state, data.workload.events, **more)
        with workers.worker(told, wanted_engine=engine) as process:
            found = process.wait()
        compare(cards.read_bytes().splitlines(), data.scorecards)
    if engine not in (DEFAULT, found["engine"]):
        raise FailedError(f"the worker folded with {found['engine']}, not with {engine}")
    return found


def _peer(broker: Broker, peer: Peer, data: Data, topic: str) -> dict[str, Any]:
    name = f"peer-{uuid.uuid4().hex[:8]}"
    changelogs = [f"{name}-{table}-changelog" for table in peer.changelogs]
    if changelogs:
        broker.create(changelogs, {"cleanup.policy": "compact"})
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        wanted = {
            "broker": broker.address,
            "partitions": broker.partitions,
            "topic": topic,
            "events": data.workload.events,
            "run": name,
            "folder": f"{folder}/state",
            **peer.options,
        }
        found = measure(peer.command(), wanted)
    if found["check"] != data.minimal:
        raise FailedError(f"{peer.name} came to {found['check']}, the oracle to {data.minimal}")
    return found


def compare(cards: list[bytes], expected: list[bytes]) -> None:
    """Fail unless the worker's scorecards are the replay's, telling the first difference."""
    if cards == expected:
        return
    found, wanted = ({_key(line): line for line in lines} for lines in (cards, expected))
    odd = sorted(key for key in found.keys() | wanted if found.get(key) != wanted.get(key))
    one, other = found.get(odd[0], b""), wanted.get(odd[0], b"")
    raise FailedError(f"{len(odd)} scorecards differ from the replay's: {one!r} {other!r}")


def _key(line: bytes) -> tuple[str, ...]:
    card = json.loads(line)
    return card["shop_id"], card["agent_id"], card["day"]


def _all_into(topic: str) -> Callable[[bytes], str]:
    return lambda line: topic
