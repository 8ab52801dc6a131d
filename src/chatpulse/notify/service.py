"""The relay as a process: starts its parts, stops them in order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import aiohttp

from ..stopping import stopped_by_signals
from ..web.config import load_web_config
from .metrics import Metrics
from .post import Poster
from .relay import Relay
from .robot import Robot
from .settings import Settings
from .state import StateFile
from .web import Web

log = logging.getLogger(__name__)

UNHEALTHY: Final = 70


class Service:
    """One relay. `run` returns the exit status."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0
        """The port it listens on, once it does."""

    def stop(self) -> None:
        """Deliver what waits, within the deadline, and return from `run`."""
        self._stop.set()

    async def run(self, listening: Callable[[int], None] = lambda port: None) -> int:
        """Relay until stopped; raise StateError or Failure if that cannot begin."""
        settings = self._settings
        metrics = Metrics(settings.receivers)
        relay = Relay(settings, StateFile(settings.state_file), metrics, now_ms=now_ms)
        config = load_web_config(settings.web_config, settings.token_file)
        web = Web(relay, metrics, settings, config, unhealthy=self._unhealthy)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            for name in settings.receivers:
                relay.robots[name] = _robot(name, settings, relay, metrics, session)
            relay.begin()
            self.port = await web.start()
            log.info("listening on %s://%s:%d", config.scheme, settings.web_host, self.port)
            listening(self.port)
            robots = [asyncio.create_task(robot.run()) for robot in relay.robots.values()]
            escalating = asyncio.create_task(relay.escalate())
            self._tasks = [*robots, escalating]
            stopping = asyncio.create_task(self._stop.wait())
            try:
                await asyncio.wait((*self._tasks, stopping), return_when=asyncio.FIRST_COMPLETED)
                return await self._wind_up(relay, metrics, robots)
            finally:
                for task in (*self._tasks, stopping):
                    task.cancel()
                await asyncio.gather(*self._tasks, stopping, return_exceptions=True)
                relay.save()
                await web.stop()

    async def _wind_up(
        self, relay: Relay, metrics: Metrics, robots: list[asyncio.Task[None]]
    ) -> int:
        for task in self._tasks:
            if task.done() and (error := task.exception()) is not None:
                log.critical("a task has ended: %r", error, exc_info=error)
                return UNHEALTHY
        relay.drain()
        await asyncio.wait(robots, timeout=self._settings.stop_timeout.total_seconds())
        for name, robot in relay.robots.items():
            if robot.queue and self._settings.state_file is not None:
                log.warning("%s: %d messages wait for the next start", name, len(robot.queue))
            elif robot.queue:
                log.error("%s: %d messages lost at the stop", name, len(robot.queue))
                metrics.failed.labels(name, "stopped").inc(len(robot.queue))
        return 0

    def _unhealthy(self) -> str | None:
        dead = not self._stop.is_set() and any(task.done() for task in self._tasks)
        return "a task has ended" if dead else None


def _robot(
    name: str,
    settings: Settings,
    relay: Relay,
    metrics: Metrics,
    session: aiohttp.ClientSession,
) -> Robot:
    return Robot(
        name,
        settings,
        post=Poster(settings.receivers[name], settings, session, now_ms).post,
        metrics=metrics,
        now_ms=now_ms,
        changed=relay.save,
        given_up=partial(relay.given_up, name),
        waiting=relay.waiting.get(name, ()),
    )


async def run_notify(settings: Settings) -> int:
    """Run the relay until SIGTERM or SIGINT; a second signal ends it at once."""
    service = Service(settings)
    async with stopped_by_signals(service.stop):
        return await service.run()


def now_ms() -> int:
    """Return the wall clock."""
    return time.time_ns() // 1_000_000
