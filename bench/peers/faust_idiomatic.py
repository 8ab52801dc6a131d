"""Peer: Faust as its documentation writes it: an agent, a Record, Tables with their changelogs."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import faust
from faust.worker import Worker

from bench.meter import Meter, specification
from bench.minimal import Cells, check

MINUTE = timedelta(minutes=1)


class Event(faust.Record, serializer="json"):
    type: str
    shop_id: str
    buyer_id: str
    at: int
    sender: str = ""
    agent_id: str = ""
    amount_minor: int = 0


wanted = specification()
events: int = wanted["events"]
partitions: int = wanted["partitions"]
app = faust.App(
    wanted["run"],
    broker=f"kafka://{wanted['broker']}",
    store="memory://",
    topic_partitions=partitions,
    topic_replication_factor=1,
    topic_disable_leader=True,
    topic_allow_declare=False,
    web_enabled=False,
    datadir=wanted["folder"],
)
topic = app.topic(wanted["topic"], value_type=Event, key_type=bytes)
asked = app.Table("asked", default=int, partitions=partitions)
replied = app.Table("replied", default=str, partitions=partitions)
NUMBERS = ("replies", "waits", "paid", "sales")


def _table(name: str) -> Any:
    table = app.Table(name, default=int, partitions=partitions)
    return table.tumbling(MINUTE).relative_to(lambda event: event.value.at / 1000)


replies, waits, paid, sales = map(_table, NUMBERS)
meter = Meter(events)


@app.agent(topic)
async def process(stream: Any) -> None:
    count = 0
    async for event in stream:
        meter.begin()
        key = f"{event.shop_id}:{event.buyer_id}"
        if event.type == "message" and event.sender == "buyer":
            asked[key] = event.at
        elif event.type == "message" and event.sender == "agent":
            replied[key] = event.agent_id
            since = asked[key]
            if since:
                replies[event.agent_id] += 1
                waits[event.agent_id] += event.at - since
                del asked[key]
        elif event.type == "paid":
            agent = replied[key]
            if agent:
                paid[agent] += 1
                sales[agent] += event.amount_minor
        count += 1
        if not count % 200 or count == events:
            meter.reached(count)
        if count == events:
            await finish()


async def finish() -> None:
    """Wait until the changelog is written, tell, and leave without ceremony."""
    producer: Any = app.producer
    while producer.buffer.size:  # noqa: ASYNC110  # Faust tells nobody when it is empty
        await asyncio.sleep(0.002)
    await producer.flush()
    cells: Cells = {}
    for place, table in enumerate((replies, waits, paid, sales)):
        for (agent, (start, _)), number in list(table.table.data.items()):
            cells.setdefault((agent, int(start) // 60), [0, 0, 0, 0])[place] = number
    meter.end(check(cells))
    sys.stdout.flush()
    os._exit(0)


Path(wanted["folder"]).mkdir(parents=True, exist_ok=True)
sys.argv = sys.argv[:1]
Worker(app, loglevel="error").execute_from_commandline()
