"""Peer: Faust restores a Table of Records from its changelog, as it does at every start."""

import json
import os
import sys
import time
from typing import Any

import faust
from faust.worker import Worker

from bench.meter import RESULT, specification


class Row(faust.Record):
    asked: int
    replied: str


wanted = specification()
app = faust.App(
    wanted["run"],
    broker=f"kafka://{wanted['broker']}",
    store="memory://",
    topic_partitions=wanted["partitions"],
    topic_replication_factor=1,
    topic_disable_leader=True,
    topic_allow_declare=False,
    web_enabled=False,
    datadir=wanted["folder"],
)
topic = app.topic(wanted["topic"], value_type=bytes)
rows = app.Table("rows", value_type=Row, partitions=wanted["partitions"])


@app.agent(topic)
async def process(stream: Any) -> None:
    async for _ in stream:
        pass


@rows.on_recover
async def recovered() -> None:
    found = {"recovered_at": time.monotonic(), "rows": len(rows.data)}
    if found["rows"] == wanted["rows"]:
        print(RESULT + json.dumps(found), file=sys.__stdout__, flush=True)
    os._exit(0)


sys.argv = sys.argv[:1]
Worker(app, loglevel="error").execute_from_commandline()
