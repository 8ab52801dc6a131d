"""Decides who is told of a webhook, remembers it, and escalates what stays unresolved."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final

from .alerts import Group
from .escalation import Escalations, Step
from .ledger import Ledger
from .message import Notice
from .metrics import Depth, Metrics
from .robot import Robot
from .settings import Settings
from .state import State, StateError, StateFile

log = logging.getLogger(__name__)

HOUR_S: Final = 3600.0


class BusyError(Exception):
    """A queue is full, or the relay is stopping: Alertmanager has to come again."""


class Relay:
    """All receivers of one process."""

    def __init__(
        self, settings: Settings, file: StateFile, metrics: Metrics, *, now_ms: Callable[[], int]
    ) -> None:
        state = file.load()
        self._settings = settings
        self._file = file
        self._metrics = metrics
        self._now_ms = now_ms
        self._stopping = False
        self._ledger = Ledger(settings.repeat_window // timedelta(milliseconds=1), state.told)
        self._escalations = Escalations(_steps(settings), state.watches)
        self._heard = asyncio.Event()
        self.robots: dict[str, Robot] = {}
        self.waiting: Mapping[str, list[Notice]] = state.queues
        """What waited for each receiver when the state was written."""
        for name in set(state.queues) - set(settings.receivers):
            log.error(
                "%d messages for %s, which is no receiver any more", len(state.queues[name]), name
            )
            metrics.failed.labels(name, "unknown_receiver").inc(len(state.queues[name]))
        metrics.watch(self._depths, lambda: self._escalations.waiting)

    def accept(self, group: Group, receivers: Iterable[str]) -> tuple[int, int]:
        """Queue what is news; return how many messages it makes and how many it repeats.

        What is queued is on disk when this returns; raise BusyError if nothing was done.
        """
        receivers = tuple(receivers)
        if self._stopping:
            raise BusyError("stopping")
        for name in receivers:
            if len(self.robots[name].queue) >= self._settings.queue_limit:
                raise BusyError(f"{self._settings.queue_limit} messages wait for {name}")
        queued = sum(self._hear(name, group) for name in receivers)
        self.save()
        self._heard.set()
        return queued, len(receivers) - queued

    def begin(self) -> None:
        """Write the state once, when all robots are there; raise StateError if that fails."""
        self._file.save(self._state())

    def save(self) -> None:
        """Write the state; a disk in trouble is logged, and alerts go on."""
        try:
            self._file.save(self._state())
        except StateError as error:
            log.error("%s", error)

    def given_up(self, receiver: str, notice: Notice) -> None:
        """Forget that the receiver was told, so that a repeat of Alertmanager is news again."""
        self._ledger.forget(receiver, notice.group.key)

    async def escalate(self) -> None:
        """Tell the second receivers when it is time; runs until it is cancelled."""
        while True:
            now_ms = self._now_ms()
            for target, watch in list(self._escalations.due(now_ms)):
                self._escalate(watch.receiver, target, watch.group, now_ms - watch.since_ms)
            self._ledger.prune(now_ms)
            self._escalations.prune(now_ms)
            next_ms = self._escalations.next_ms
            wait_s = HOUR_S if next_ms is None else min((next_ms - now_ms) / 1000, HOUR_S)
            self._heard.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), max(wait_s, 0.001))

    def drain(self) -> None:
        """Take nothing more; the robots end when their queues are empty."""
        self._stopping = True
        for robot in self.robots.values():
            robot.stop()

    @property
    def stopping(self) -> bool:
        """Whether the relay takes nothing more."""
        return self._stopping

    def _hear(self, name: str, group: Group) -> bool:
        """Tell one receiver, and whoever follows the group since it was escalated."""
        now_ms = self._now_ms()
        follower = self._escalations.heard(name, group, now_ms)
        if follower is not None:
            self._hear(follower, group)
        if not self._ledger.is_news(name, group, now_ms):
            self._ledger.note(name, group)
            self._metrics.repeated.labels(name).inc()
            return False
        self._ledger.record(name, group, now_ms)
        self.robots[name].tell(Notice(group=group, at_ms=now_ms))
        log.info(
            "%s: group %s, %d firing, %d resolved",
            *(name, group.key, len(group.firing), len(group.resolved)),
        )
        return True

    def _escalate(self, name: str, target: str, group: Group, after_ms: int) -> None:
        now_ms = self._now_ms()
        self._metrics.escalated.labels(name).inc()
        self._ledger.record(target, group, now_ms)
        self._escalations.heard(target, group, now_ms)
        self.robots[target].tell(Notice(group=group, at_ms=now_ms, escalated_ms=after_ms))
        log.info("%s: group %s is not resolved; told %s", name, group.key, target)
        self.save()

    def _state(self) -> State:
        return State(
            queues={name: list(robot.queue) for name, robot in self.robots.items()},
            told=self._ledger.dump(),
            watches=self._escalations.dump(),
        )

    def _depths(self) -> dict[str, Depth]:
        return {name: robot.depth for name, robot in self.robots.items()}


def _steps(settings: Settings) -> dict[str, Step]:
    return {
        name: Step(receiver.escalate_to, receiver.escalate_after // timedelta(milliseconds=1))
        for name, receiver in settings.receivers.items()
        if receiver.escalate_to is not None and receiver.escalate_after is not None
    }
