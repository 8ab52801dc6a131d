"""The consumer group, through Faust: our partitions, their records, and whose the others are.

This is the contract with the framework, private attributes included; the exact versions are pinned
(docs/decisions/0002-pin-the-framework.md). What is used and why is in
docs/decisions/0006-own-stage-loop.md.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

import faust
from aiokafka.errors import KafkaError
from faust.types import TP

from .. import __version__
from .assignor import Assignor
from .broker import Tp, tls
from .denials import Denials
from .errors import RefusedError
from .intake import Intake
from .reasons import told
from .records import Batch
from .settings import Security, Settings
from .transport import Transport

log = logging.getLogger(__name__)

MAX_BATCH: Final = 500
"""Records that are folded at once."""
MAX_FETCH: Final = 2_000
"""Records that are taken over from the consumer's thread at once: so many stay in the core's cache,
and the event loop, which has to turn for each fetch, need not turn often."""
SEEK_SECONDS: Final = 5.0


class _App(faust.App):
    logger = logging.getLogger("faust.app")
    denials: Denials

    def _create_directories(self) -> None:
        """Make none: nothing is kept on disk."""

    def _new_transport(self) -> Any:
        return Transport(self.conf.broker_consumer, self, denials=self.denials)


class Group:
    """This worker's membership of the consumer group."""

    def __init__(self, settings: Settings, *, url: str, denials: Denials) -> None:
        self._app = _application(settings, f"{url}#{_identity()}")
        self._app.denials = denials
        self._topics = settings.topics.inputs
        topic = self._app.topic(
            *self._topics,
            key_type=bytes,
            key_serializer="raw",
            value_type=bytes,
            value_serializer="raw",  # value_type=bytes alone would still decode JSON
            acks=False,
        )
        aiter(topic)  # subscribes
        self._intake: Intake = cast(Transport, self._app.transport).intake

    @property
    def app(self) -> Any:
        """The Faust app, for whoever starts, watches and stops it."""
        return self._app

    async def run(self) -> None:
        """Be a member until `leave`; raise what crashed the app."""
        app = self._app
        app.in_worker = True
        starting = asyncio.ensure_future(app.start())
        crashed = asyncio.ensure_future(app._crashed.wait())
        stopped = asyncio.ensure_future(app._stopped.wait())
        try:
            await asyncio.wait((starting, crashed), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                _require_started(starting)
                await asyncio.wait((crashed, stopped), return_when=asyncio.FIRST_COMPLETED)
            if crashed.done():
                crash = app.crash_reason or RuntimeError("for no reason")
                raise RefusedError(
                    f"the consumer group client ended: {told(crash)}; start the worker again"
                ) from crash
        finally:
            for waiting in (starting, crashed, stopped):
                waiting.cancel()

    async def leave(self) -> None:
        """Leave the group and stop the app."""
        await self._app.stop()

    @property
    def generation(self) -> int:
        """The group's generation this worker was last told."""
        return int(self._app.consumer_generation_id)

    @property
    def denied(self) -> str | None:
        """Say what the brokers have refused for want of a right just now, None if nothing."""
        return self._app.denials.recent

    @property
    def settled(self) -> bool:
        """Tell whether records flow: no rebalance is going on."""
        return not self._app.rebalancing and bool(self._app.flow_control.is_active())

    def assignment(self) -> dict[int, set[str]]:
        """Return the partitions assigned to this worker, with their topics."""
        found: dict[int, set[str]] = {}
        for tp in self._app.consumer.assignment():
            if tp.topic in self._topics:
                found.setdefault(tp.partition, set()).add(tp.topic)
        return found

    def on_revoked(self, act: Callable[[], Awaitable[None]]) -> None:
        """Have `act` awaited whenever a rebalance takes the partitions away."""

        async def revoked(*_: object, **__: object) -> None:
            await act()

        self._app.on_partitions_revoked.connect(revoked, weak=False)

    async def batches(self, wait_seconds: float) -> list[Batch]:
        """Return what has arrived, at most `MAX_BATCH` records; nothing after `wait_seconds`."""
        return await self._intake.take(MAX_BATCH, wait_seconds)

    @property
    def has_arrived(self) -> bool:
        """Tell whether there is something that `batches` would return at once."""
        return not self._intake.is_empty

    def next_offset(self, tp: Tp) -> int | None:
        """Return the offset of the first record of `tp` that waits to be taken."""
        return self._intake.next_offset(tp, self.generation)

    async def seek(self, positions: Mapping[Tp, int]) -> None:
        """Have the next records come from `positions`."""
        # Consumer.seek() touches aiokafka's fetcher from the wrong thread and crashes the worker.
        target = {TP(*tp): offset for tp, offset in positions.items()}
        await asyncio.wait_for(self._app.consumer.seek_wait(target), SEEK_SECONDS)

    async def commit(self, positions: Mapping[Tp, int]) -> bool:
        """Commit for lag displays; False means that we are no member any more."""
        target = {TP(*tp): offset for tp, offset in positions.items()}
        consumer: Any = self._app.consumer
        return bool(await consumer._commit_offsets(target))

    def end(self, tp: Tp) -> int | None:
        """Return the end of an assigned partition as of its last fetch, None before it."""
        try:
            return self._app.consumer.highwater(TP(*tp))
        except Exception:  # noqa: BLE001  # not assigned (any more), not started: aiokafka raises several
            return None

    def owner(self, tp: Tp) -> str | None:
        """Return the URL of the worker that owns `tp`, if it can be reached from here."""
        assignor: Any = self._app.assignor
        url = assignor._external_tps_url.get(TP(*tp))
        base, _, identity = str(url or "").partition("#")
        if not base or "//0.0.0.0:" in base or "//[::]:" in base:
            return None
        local = "//127." in base or "//localhost:" in base
        here = identity.rpartition(".")[0] == _identity().rpartition(".")[0]
        return base.rstrip("/") if here or not local else None


def _identity() -> str:
    """Return a name that no other worker of the group has; a dot separates host and process."""
    return f"{socket.gethostname()}.{os.getpid()}"


def _application(settings: Settings, url: str) -> _App:
    session = settings.session_timeout.total_seconds()
    return _App(
        settings.group,
        broker=[f"kafka://{address.strip()}" for address in settings.brokers.split(",")],
        broker_client_id=f"chatpulse-{__version__}",
        broker_credentials=_credentials(settings.security),
        broker_session_timeout=session,
        broker_heartbeat_interval=min(3.0, session / 6),
        broker_request_timeout=max(40.0, session + 10),
        broker_max_poll_records=MAX_FETCH,
        canonical_url=url,
        consumer_auto_offset_reset="earliest",
        store="memory://",
        PartitionAssignor=Assignor,
        stream_buffer_maxsize=65536,  # with full buffers Faust sleeps a whole second
        stream_wait_empty=False,
        # 1, though there are no tables: with 0 and no tables Faust takes a round-robin assignor
        # that does not keep the same partition of all topics together.
        table_standby_replicas=1,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )


def _require_started(starting: asyncio.Future[Any]) -> None:
    try:
        starting.result()
    except KafkaError as error:  # brokers that were there a moment ago
        raise RefusedError(
            f"the consumer group client did not start: {told(error)}; start the worker again"
        ) from error


def _credentials(security: Security) -> Any:
    context = tls(security)
    if security.protocol == "PLAINTEXT":
        return None
    if security.protocol == "SSL":
        return faust.SSLCredentials(context)
    assert security.password is not None  # noqa: S101  # SASL has one: see Security
    return faust.SASLCredentials(
        username=security.username,
        password=security.password.get_secret_value(),
        mechanism=security.sasl_mechanism,
        ssl_context=context,
    )
