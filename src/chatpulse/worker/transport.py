"""Faust's Kafka transport by whole fetches: past its per-message machinery, without its waits.

Faust hands over every message through four tasks, a queue and an event object of its own, 50
microseconds each; the records of a fetch are a list already. Nothing is tracked or acknowledged:
which record counts is the stage's decision, by its generation and offset.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver

from .broker import Tp
from .denials import Denials
from .intake import Intake
from .reasons import DENIED
from .records import Batch

FETCH_WAIT_MS: Final = 100
"""How long brokers may hold back a fetch for which they have nothing.

One fetch at a time goes to a broker, for the partitions that were read to the end when it was sent:
while it waits, none of the others can be fetched. Faust asks for 1.5 s.
"""


class _Thread(driver.AIOKafkaConsumerThread):
    logger = driver.logger

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    async def _fetch_records(self, consumer: Any, *args: Any, **kwargs: Any) -> Any:
        for fetched in list(consumer._fetcher._records.values()):
            if type(fetched) is FetchResult and fetched.has_more():
                fetched._partition_records._consumer_record = _as_parsed
        try:
            return await super()._fetch_records(consumer, *args, **kwargs)
        except DENIED as error:  # the fetcher asks again by itself
            cast("Transport", self.transport).denials.note(error, "Read")
            return {}
        except KafkaError as error:
            if type(error) is KafkaError:  # the coordinator's: the watchdog sees to it
                return {}
            raise

    async def _commit(self, offsets: Any) -> bool:
        """Commit what is still assigned; tell whether brokers took it. Faust's own would crash."""
        assigned = self.assignment()
        try:
            await self._ensure_consumer().commit(
                {
                    TopicPartition(*tp): OffsetAndMetadata(offset, "")
                    for tp, offset in offsets.items()
                    if tp in assigned
                }
            )
        except DENIED as error:
            cast("Transport", self.transport).denials.note(error, "Read")
            return False
        except KafkaError as error:
            self.log.info("not committed: %s", error)
            return False
        return True

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
        """Print nothing: the crash is logged, and here an error would have its own words."""


def _as_parsed(tp: Any, record: Any) -> Any:
    """Return the parser's own record: it has offset, key and value, and costs no second object."""
    return record


class _Consumer(driver.Consumer):
    logger = driver.logger

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetch until consumer or fetcher stop."""
        app, intake = self.app, cast("Transport", self.transport).intake
        try:
            while not (self.should_stop or fetcher.should_stop):
                generation = app.consumer_generation_id  # records are never newer than this
                fetched, _ = await self._wait_next_records(1.0)
                for tp, records in (fetched or {}).items():
                    intake.put(Batch(Tp(tp.topic, tp.partition), generation, records))
                await asyncio.sleep(0)
                if intake.is_full:
                    await self.wait_first(intake.room(), self.suspend_flow.wait())
        except self.consumer_stopped_errors:
            if not app.should_stop:
                raise


class Transport(driver.Transport):
    """The transport of one app; what it fetches waits in `intake`, what it may not in `denials`."""

    Consumer = _Consumer
    logger = driver.logger

    def __init__(self, *args: Any, denials: Denials, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.intake = Intake()
        self.denials = denials
