"""Direct work with the brokers, beside the consumer group: bounds, ranges, producing, deleting.

A private consumer without a group reads what the stage asks for, independent of the framework's
fetcher. One caller at a time: hold `lock`.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
)

from .denials import Denials
from .errors import RefusedError
from .settings import Security, Settings

BROKER_ERRORS: Final = (KafkaError, OSError, TimeoutError)
"""What a broker that is away or busy raises: try again. Everything else is our bug."""

REQUEST_MS: Final = 10_000
READ_STALL_SECONDS: Final = 10.0
MAX_REQUEST_BYTES: Final = 1 << 20


class Tp(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


def tls(security: Security) -> ssl.SSLContext | None:
    """Return the TLS context of the settings, None without TLS; RefusedError if a file is wrong."""
    if not security.protocol.endswith("SSL"):
        return None
    named = f"security.ca {security.ca}"
    try:
        context = ssl.create_default_context(cafile=security.ca)
        if security.cert is not None:
            named = f"security.cert {security.cert} and security.key {security.key}"
            # An empty password, lest OpenSSL ask the terminal for that of an encrypted key.
            context.load_cert_chain(security.cert, security.key, password="")
    except (OSError, ValueError) as error:
        raise RefusedError(
            f"TLS files cannot be used: {named}: {error}; they must be PEM, the key not encrypted"
        ) from None
    return context


def connection(settings: Settings) -> dict[str, Any]:
    """Return what every aiokafka client needs to connect."""
    security = settings.security
    options: dict[str, Any] = {
        "bootstrap_servers": [address.strip() for address in settings.brokers.split(",")],
        "security_protocol": security.protocol,
        "ssl_context": tls(security),
    }
    if security.protocol.startswith("SASL"):
        assert security.password is not None  # noqa: S101  # SASL has one: see Security
        options |= {
            "sasl_mechanism": security.sasl_mechanism,
            "sasl_plain_username": security.username,
            "sasl_plain_password": security.password.get_secret_value(),
        }
    return options


class Broker:
    """Private clients of the brokers, made when first needed."""

    def __init__(self, settings: Settings) -> None:
        self._connection = connection(settings)
        self._consumer: AIOKafkaConsumer | None = None
        self._producer: AIOKafkaProducer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self.lock = asyncio.Lock()
        self.denials = Denials()
        """What the brokers refuse to let this worker read."""

    async def consumer(self) -> AIOKafkaConsumer:
        """Return the private consumer, started."""
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                **self._connection,
                enable_auto_commit=False,
                auto_offset_reset="none",
                request_timeout_ms=REQUEST_MS,
                max_partition_fetch_bytes=4 << 20,
                fetch_max_wait_ms=50,  # with more, looking at an empty partition takes that long
            )
            await _started(consumer)
            self._consumer = consumer
        return self._consumer

    async def producer(self) -> AIOKafkaProducer:
        """Return the producer, started; what it sent is durable once acknowledged."""
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._connection,
                acks="all",
                linger_ms=0,
                max_batch_size=1 << 19,
                max_request_size=MAX_REQUEST_BYTES,
                request_timeout_ms=REQUEST_MS,
            )
            await _started(producer)
            self._producer = producer
        return self._producer

    async def admin(self) -> AIOKafkaAdminClient:
        """Return the admin client, started."""
        if self._admin is None:
            admin = AIOKafkaAdminClient(**self._connection, request_timeout_ms=REQUEST_MS)
            try:
                await admin.start()
            except ValueError as error:  # SCRAM proves both sides; this is the broker's proof
                await admin.close()
                raise AuthenticationFailedError(str(error)) from error
            except BaseException:
                await admin.close()
                raise
            self._admin = admin
        return self._admin

    async def ask(self, request: Any, *, coordinator_of: str | None = None) -> Any:
        """Return the answer to a request that aiokafka does not have, by a group's coordinator.

        IncompatibleBrokerVersion or NotImplementedError if the broker does not know it.
        """
        admin = await self.admin()
        node = None if coordinator_of is None else await admin.find_coordinator(coordinator_of)
        return await admin._send_request(request, node)

    async def reset(self) -> None:
        """Forget the private consumer; the next call makes a new one."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await asyncio.wait_for(consumer.stop(), 5)

    async def close(self) -> None:
        """Stop all clients."""
        await self.reset()
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()

    async def begins(self, tps: Iterable[Tp]) -> dict[Tp, int]:
        """Return the offset of the oldest record that still exists, per partition."""
        consumer, asked = await self.consumer(), [TopicPartition(*tp) for tp in tps]
        with self._noting("Describe", asked):
            found = await consumer.beginning_offsets(asked)
        return {Tp(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def ends(self, tps: Iterable[Tp]) -> dict[Tp, int]:
        """Return the offset of the next record to come, per partition."""
        consumer, asked = await self.consumer(), [TopicPartition(*tp) for tp in tps]
        with self._noting("Describe", asked):
            found = await consumer.end_offsets(asked)
        return {Tp(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def read(self, tp: Tp, start: int, end: int) -> AsyncIterator[ConsumerRecord]:
        """Give all records with `start <= offset < end`."""
        if start >= end:  # assign() and at once another assign() kills aiokafka's fetch task
            return
        consumer = await self._seek(tp, start)
        partition, alive = TopicPartition(*tp), time.monotonic()
        while (position := await consumer.position(partition)) < end:
            with self._noting("Read", [partition]):
                batches = await consumer.getmany(partition, timeout_ms=500)
            for record in batches.get(partition, ()):
                if record.offset < end:
                    yield record
            if await consumer.position(partition) > position:
                alive = time.monotonic()
            elif time.monotonic() - alive > READ_STALL_SECONDS:
                raise TimeoutError(f"{tp.topic} {tp.partition}: nothing at {position} before {end}")

    async def first(self, tp: Tp, start: int) -> int:
        """Return the offset of the first existing record at or after `start`; there is one."""
        consumer = await self._seek(tp, start)
        with self._noting("Read", [TopicPartition(*tp)]):
            getting = consumer.getone(TopicPartition(*tp))
            record = await asyncio.wait_for(getting, READ_STALL_SECONDS)
        return int(record.offset)

    async def delete_before(self, tp: Tp, offset: int) -> None:
        """Delete the records before `offset`."""
        admin = await self.admin()
        records = {TopicPartition(*tp): RecordsToDelete(before_offset=offset)}
        await admin.delete_records(records, timeout_ms=5000)

    @contextmanager
    def _noting(self, right: str, asked: list[TopicPartition]) -> Iterator[None]:
        """Take note if the brokers refuse a request about `asked`, which needs `right`."""
        try:
            yield
        except TopicAuthorizationFailedError as error:
            self.denials.note(error, right)
            raise
        except KafkaTimeoutError:  # no leader is found of what may not be seen at all
            hidden = {tp.topic for tp in asked} & self._hidden()
            if not hidden:
                raise
            refusal = TopicAuthorizationFailedError(hidden)
            self.denials.note(refusal, "Describe")
            raise refusal from None

    def _hidden(self) -> set[str]:
        consumer = self._consumer
        return set() if consumer is None else set(consumer._client.cluster.unauthorized_topics)

    async def _seek(self, tp: Tp, offset: int) -> AIOKafkaConsumer:
        consumer = await self.consumer()
        partition = TopicPartition(*tp)
        consumer.assign([partition])
        consumer.seek(partition, offset)
        return consumer


async def _started(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    try:
        await client.start()
    except BaseException:
        await client.stop()
        raise
