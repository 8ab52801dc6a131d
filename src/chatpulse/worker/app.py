"""`run_worker`: everything of the shell put together, started, watched and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from ..conversations.policy import Rules
from ..stopping import stopped_by_signals
from ..telemetry.agent_labels import AgentLabels
from ..web.config import WebConfig, load_web_config
from . import rights, topics
from .agents import agent_labels
from .api import Api
from .broker import BROKER_ERRORS, Broker
from .checkpointer import Checkpointer
from .checkpoints import Checkpoints
from .counters import Counters
from .errors import RefusedError
from .group import Group
from .loader import Loader
from .reasons import explain, overheard
from .settings import Settings
from .sources import Sources
from .stage import Stage
from .wall import WallPage
from .watchdog import Watchdog
from .web import Web

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)


def run_worker(settings: Settings, rules: Rules) -> int:
    """Run a worker until a signal stops it; return 0, or raise RefusedError."""
    spare_collector()
    return asyncio.run(_run(settings, rules))


def spare_collector() -> None:
    """Keep the cycle collector from walking the state, which is trees, again and again.

    Young objects are looked at as ever, but in small portions: at 20,000 and ten times as many, a
    look took 60 ms. A full collection of millions of rows would stand still for a second. None of
    them finds anything.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 10, 1_000_000)


async def _run(settings: Settings, rules: Rules) -> int:
    web_config = load_web_config(settings.web_config, settings.web_token_file)
    labels = agent_labels(settings)
    broker = Broker(settings)
    try:
        report = await reach(broker, settings, topics.settled)
        on_group = await reach(broker, settings, rights.on_group)
        rights.refuse(settings, report.rights, on_group)
        report.refuse()
        partitions = report.partitions[settings.topics.messages]
        worker = Worker(settings, rules, broker, partitions, web_config, agent_labels=labels)
        async with stopped_by_signals(worker.stop):
            await worker.run()
    finally:
        with contextlib.suppress(*BROKER_ERRORS):
            await broker.close()
    log.info("stopped")
    return 0


async def reach(
    broker: Broker, settings: Settings, look: Callable[[Broker, Settings], Awaitable[T]]
) -> T:
    """Return what `look` finds, trying for `startup_timeout`; RefusedError names the reason."""
    deadline = time.monotonic() + settings.startup_timeout.total_seconds()
    attempt, refusal = 0, None
    while True:
        with overheard("aiokafka") as heard:
            try:
                async with asyncio.timeout(max(1.0, deadline - time.monotonic())):
                    return await look(broker, settings)
            except BROKER_ERRORS as error:
                reason = explain(error, *heard)
        if reason.refused:
            refusal = reason
        pause = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
        attempt += 1
        if time.monotonic() + pause > deadline:
            verb = "used" if refusal else "reached"
            told = refusal or reason  # the last try may have had no time to be refused
            raise RefusedError(
                f"brokers {settings.brokers} cannot be {verb}: {told.text}; {told.remedy}"
            )
        if attempt == 1:
            log.warning("brokers %s: %s; trying again", settings.brokers, reason.text)
        await asyncio.sleep(pause)


class Worker:
    """One worker process: web server, group membership, stage, checkpoints, watchdog."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        broker: Broker,
        partitions: int,
        web_config: WebConfig,
        *,
        agent_labels: AgentLabels | None = None,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._broker = broker
        self._partitions = partitions
        self._web_config = web_config
        self._agent_labels = agent_labels
        self._stop = asyncio.Event()
        self._watchdog: Watchdog | None = None

    def stop(self) -> None:
        """Stop gracefully: one last checkpoint, then leave the group."""
        if self._watchdog is not None:
            self._watchdog.stop_within(self._settings.stop_timeout.total_seconds())
        self._stop.set()

    async def run(self) -> None:
        """Run until `stop`; raise what makes going on impossible."""
        settings, topic_names = self._settings, self._settings.topics
        counters = Counters(topic_names)
        sources = Sources(counters, now_ms=now_ms, agent_labels=self._agent_labels)
        api = Api(sources, topic=topic_names.messages, partitions=self._partitions)
        wall = WallPage(sources, topic=topic_names.messages, partitions=self._partitions)
        config = self._web_config
        web = Web(sources, api, wall, config)
        port = await web.start(settings.web_host, settings.web_port)
        own_url = f"{config.scheme}://{settings.web_host}:{port}"
        url = settings.advertised_url or own_url
        print(f"listening on {own_url}", flush=True)
        try:
            group = Group(settings, url=url, denials=self._broker.denials)
            checkpoints = Checkpoints(
                self._broker, topic_names.checkpoints, writer=url, accept_gap=settings.accept_gap
            )
            loader = Loader(self._broker, checkpoints, counters, settings, self._rules)
            stage = Stage(group, self._broker, loader, counters, now_ms=now_ms)
            checkpointer = Checkpointer(
                stage,
                group,
                checkpoints,
                counters,
                interval_seconds=settings.checkpoint_interval.total_seconds(),
                rules=self._rules.fingerprint,
            )
            sources.attach(stage, group)
            group.on_revoked(checkpointer.revoked)
            await self._work(group, stage, checkpointer)
        finally:
            await web.stop()

    async def _work(self, group: Group, stage: Stage, checkpointer: Checkpointer) -> None:
        watchdog = self._watchdog = Watchdog(group.app, denials=self._broker.denials)
        watchdog.start()
        folding = asyncio.create_task(stage.run())
        writing = asyncio.create_task(checkpointer.run())
        membership = asyncio.create_task(group.run())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait(
                (folding, writing, membership, stopping), return_when=asyncio.FIRST_COMPLETED
            )
            for task in (folding, writing, membership):
                if task.done():
                    task.result()  # raises what ended it
        finally:
            watchdog.stop_within(self._settings.stop_timeout.total_seconds())
            stage.stop()
            checkpointer.stop()
            await asyncio.wait((folding, writing))
            if not folding.exception():
                await checkpointer.last(self._settings.stop_timeout.total_seconds() / 2)
            stage.revoked()
            await group.leave()
            membership.cancel()
            stopping.cancel()
            await asyncio.gather(membership, stopping, return_exceptions=True)
            watchdog.over()


def now_ms() -> int:
    """Return the wall clock."""
    return time.time_ns() // 1_000_000
