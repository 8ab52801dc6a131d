"""Peer: bytewax, keyed state per buyer and per agent, with its recovery store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main

from bench.meter import Meter, specification
from bench.minimal import Cells, Line, check, decode

wanted = specification()
events: int = wanted["events"]
meter = Meter(events)
cells: Cells = {}
count = 0

Asked = tuple[int, str]
Added = tuple[str, int, tuple[int, int, int, int]]


class Nothing(StatelessSinkPartition[Any]):
    def write_batch(self, items: list[Any]) -> None:
        """The cells are collected on the way."""


class NoSink(DynamicSink[Any]):
    def build(self, step_id: str, worker_index: int, worker_count: int) -> Nothing:
        return Nothing()


def decoded(messages: list[Any]) -> Iterator[tuple[str, Line]]:
    global count  # noqa: PLW0603
    meter.begin()
    for message in messages:
        event = decode(message.value)
        yield f"{event.shop_id}:{event.buyer_id}", event
    count += len(messages)
    meter.reached(count)


def buyer(state: Asked | None, event: Line) -> tuple[Asked, Added | None]:
    since, replied = state or (0, "")
    if event.type == "message" and event.sender == "buyer":
        return (event.at, replied), None
    if event.type == "message" and event.sender == "agent":
        added = (event.agent_id, event.at, (1, event.at - since, 0, 0)) if since else None
        return (0, event.agent_id), added
    if event.type == "paid" and replied:
        return (since, replied), (replied, event.at, (0, 0, 1, event.amount_minor))
    return (since, replied), None


def agent(
    state: dict[int, list[int]] | None, added: tuple[int, tuple[int, ...]]
) -> tuple[dict[int, list[int]], tuple[int, list[int]]]:
    minutes = state or {}
    minute = added[0] // 60000
    cell = minutes.setdefault(minute, [0, 0, 0, 0])
    for place, number in enumerate(added[1]):
        cell[place] += number
    return minutes, (minute, cell)


def collect(keyed: tuple[str, tuple[int, list[int]]]) -> None:
    cells[keyed[0], keyed[1][0]] = keyed[1][1]


flow = Dataflow("minimal")
tuning = {"fetch.queue.backoff.ms": "5", "queued.min.messages": "20000"}
source: Any = KafkaSource(
    [wanted["broker"]], [wanted["topic"]], tail=False, batch_size=1000, add_config=tuning
)
stream: Any = op.input("in", flow, source)
stream = op.flat_map_batch("decode", stream, decoded)
stream = op.stateful_map("buyer", stream, buyer)
stream = op.filter_map("added", stream, lambda kv: kv[1] and (kv[1][0], kv[1][1:]))
stream = op.stateful_map("agent", stream, agent)
stream = op.map("collect", stream, collect)
op.output("out", stream, NoSink())

folder = Path(wanted["folder"])
folder.mkdir(parents=True, exist_ok=True)
init_db_dir(folder, 1)
run_main(flow, recovery_config=RecoveryConfig(str(folder)), epoch_interval=timedelta(seconds=5))
meter.end(check(cells))
