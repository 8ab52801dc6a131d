"""One receiver at work: takes notices from its queue and posts them, as fast as it may.

While nothing holds it up, every notice becomes a message of its own. What was held back, by the
rate limit or by a vendor in trouble, goes out as one digest: the newest about each alert.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from .limiter import Limit, Limiter
from .message import Notice, compose
from .metrics import Depth, Metrics
from .settings import Receiver, Settings
from .vendors.vendor import Body, Refused, Retry, Sent, Verdict

log = logging.getLogger(__name__)

THROTTLED_MS: Final = 60_000
"""Least pause after a vendor said "too often" without saying for how long."""


class Robot:
    """The queue of one receiver and the task that empties it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        post: Callable[[Body], Awaitable[Verdict]],
        metrics: Metrics,
        now_ms: Callable[[], int],
        changed: Callable[[], None] = lambda: None,
        given_up: Callable[[Notice], None] = lambda notice: None,
        waiting: Iterable[Notice] = (),
    ) -> None:
        self.name = name
        self._settings = settings
        self._receiver: Receiver = settings.receivers[name]
        self._post = post
        self._metrics = metrics
        self._now_ms = now_ms
        self._changed = changed
        self._given_up = given_up
        self.queue = deque(waiting)
        self._limiter = Limiter(limits_of(self._receiver))
        self._wake = asyncio.Event()
        self._stopping = False
        self._held = len(self.queue) > 1  # what waited over a restart
        self._limited = 0  # notices at the head of the queue that are counted as rate-limited
        self._failures = 0
        self._not_before_ms = 0

    @property
    def depth(self) -> Depth:
        """How much waits, and since when."""
        return Depth(len(self.queue), self.queue[0].at_ms if self.queue else None)

    def tell(self, notice: Notice) -> None:
        """Queue a notice."""
        self.queue.append(notice)
        self._wake.set()

    def stop(self) -> None:
        """End `run` as soon as the queue is empty."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped; return when the queue is empty then."""
        while self.queue or not self._stopping:
            wait_ms = self._wait_ms()
            if wait_ms is None or wait_ms > 0:
                await self._sleep(wait_ms)
                continue
            batch = tuple(self.queue) if self._held else (self.queue[0],)
            message = compose(
                batch,
                self._receiver.language,
                zone=self._settings.zone,
                wall_url=self._settings.dashboard_url or "",
            )
            verdict = await self._post(self._receiver.kind.render(message))
            self._limiter.posted(self._now_ms())
            self._conclude(batch, verdict)
            self._changed()

    def _wait_ms(self) -> int | None:
        """Return how long to wait before the next post; None for "until there is one"."""
        if not self.queue:
            return None
        now_ms = self._now_ms()
        free_ms = self._limiter.free_at(now_ms) - now_ms
        if free_ms > 0:
            self._held = True
            self._metrics.rate_limited.labels(self.name).inc(len(self.queue) - self._limited)
            self._limited = len(self.queue)
        return max(free_ms, self._not_before_ms - now_ms)

    async def _sleep(self, wait_ms: int | None) -> None:
        self._wake.clear()
        wait_s = None if wait_ms is None else max(wait_ms, 1) / 1000
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait_s)

    def _conclude(self, batch: tuple[Notice, ...], verdict: Verdict) -> None:
        match verdict:
            case Sent():
                self._done(len(batch))
                self._metrics.posted.labels(self.name, _kind(batch)).inc()
                log.info("%s: posted %s", self.name, _kind(batch))
            case Retry(reason=reason, detail=detail):
                self._failures += 1
                self._held = True
                pause_ms = self._pause_ms(verdict)
                self._not_before_ms = self._now_ms() + pause_ms
                self._metrics.retried.labels(self.name, reason).inc()
                log.warning(
                    "%s: %s (%s); again in %.1f s", self.name, reason, detail, pause_ms / 1000
                )
                self._drop_old()
            case Refused(detail=detail):
                log.error("%s: refused (%s), %d messages lost", self.name, detail, len(batch))
                self._done(len(batch))
                for notice in batch:
                    self._give_up(notice, "refused")

    def _done(self, count: int) -> None:
        for _ in range(count):
            self.queue.popleft()
        # What was counted as rate-limited was held, and what was held went out just now.
        self._held, self._limited, self._failures, self._not_before_ms = False, 0, 0, 0

    def _pause_ms(self, verdict: Retry) -> int:
        first, longest = (
            span.total_seconds() * 1000
            for span in (self._settings.retry_first, self._settings.retry_longest)
        )
        pause = min(first * 2.0 ** min(self._failures - 1, 30), longest)
        # so that several do not come back at the same moment
        pause *= random.uniform(0.5, 1.0)  # noqa: S311  # guards nothing
        if verdict.after_ms is not None:
            return max(round(pause), verdict.after_ms)
        return max(round(pause), THROTTLED_MS) if verdict.reason == "throttled" else round(pause)

    def _drop_old(self) -> None:
        deadline = self._now_ms() - self._settings.retry_for.total_seconds() * 1000
        while self.queue and self.queue[0].at_ms < deadline:
            self._limited = max(self._limited - 1, 0)
            log.error("%s: a message could not be delivered in time and is lost", self.name)
            self._give_up(self.queue.popleft(), "too_old")

    def _give_up(self, notice: Notice, reason: str) -> None:
        self._metrics.failed.labels(self.name, reason).inc()
        self._given_up(notice)


def limits_of(receiver: Receiver) -> tuple[Limit, ...]:
    """Return the vendor's limits, the one by the minute lowered to the receiver's own."""
    per_minute = receiver.per_minute
    if per_minute is None:
        return receiver.kind.limits
    return (*receiver.kind.limits, Limit(per_minute, 60_000))


def _kind(batch: tuple[Notice, ...]) -> str:
    if len(batch) > 1:
        return "digest"
    if batch[0].escalated_ms is not None:
        return "escalation"
    return "alert" if batch[0].group.firing else "resolved"
