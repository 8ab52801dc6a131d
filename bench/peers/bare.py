"""Peer: no framework at all. aiokafka's batches, msgspec, dicts; nothing of it survives a crash."""

import asyncio

from aiokafka import AIOKafkaConsumer

from bench.meter import Meter, specification, tune_gc
from bench.minimal import Job, check


async def main() -> None:
    wanted = specification()
    if wanted["tuned"]:
        tune_gc()
    events, most = wanted["events"], 500 if wanted["tuned"] else None
    consumer = AIOKafkaConsumer(
        wanted["topic"],
        bootstrap_servers=wanted["broker"],
        group_id=wanted["run"],
        auto_offset_reset="earliest",
    )
    await consumer.start()
    meter, job, count = Meter(events), Job(), 0
    while count < events:
        batches = await consumer.getmany(timeout_ms=1000, max_records=most)
        for records in batches.values():
            meter.begin()
            job.fold([record.value for record in records])
            count += len(records)
        meter.reached(count)
    await consumer.commit()
    meter.end(check(job.cells))
    await consumer.stop()


asyncio.run(main())
