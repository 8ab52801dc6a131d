"""A robot under any traffic and any trouble, in a time that only exists here."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatpulse.notify import robot as robot_module
from chatpulse.notify.limiter import Limit
from chatpulse.notify.message import Notice
from chatpulse.notify.metrics import Metrics
from chatpulse.notify.robot import Robot
from chatpulse.notify.settings import Receiver, Settings
from chatpulse.notify.vendors.vendor import Body, Refused, Retry, Sent, Verdict
from tests.notify.webhooks import alert, group

EPOCH_MS = 1_795_587_000_000


class _Selector(selectors.SelectSelector):
    """Waits by moving the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += max(timeout or 0, 0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.clock = _Selector()
        super().__init__(self.clock)
        self._clock_resolution = 1e-6  # else a timer may be due a rounding error from now, for ever

    def time(self) -> float:
        return self.clock.now


def run(main: Coroutine[Any, Any, None]) -> None:
    loop = _Loop()
    try:
        loop.run_until_complete(main)
    finally:
        loop.close()


def now_ms() -> int:
    return EPOCH_MS + round(asyncio.get_running_loop().time() * 1000)


LIMIT = Limit(3, 10_000)
SETTINGS = Settings(
    receivers={"r": Receiver(vendor="wecom", url_file=Path("/none"), per_minute=20)},
    retry_for=timedelta(days=1),
)
ANSWERS: dict[str, Verdict] = {
    "sent": Sent(),
    "retry": Retry("server", "HTTP 500"),
    "later": Retry("throttled", "HTTP 429", 4000),
    "never": Refused("HTTP 404"),
}


@dataclass
class Run:
    """What a vendor saw, and what became of every notice."""

    answers: list[tuple[str, int, int]]
    """What to answer, how late a post arrives, how late the answer does; then always `sent`."""
    arrivals: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    delivered: list[list[str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    metrics: Metrics = field(default_factory=lambda: Metrics(["r"]))

    async def play(self, pauses: list[int]) -> None:
        robot = Robot(
            "r",
            SETTINGS,
            post=self._post,
            metrics=self.metrics,
            now_ms=now_ms,
            given_up=lambda notice: self.lost.append(notice.group.alerts[0].name),
        )
        running = asyncio.ensure_future(robot.run())
        for number, pause in enumerate(pauses):
            await asyncio.sleep(pause / 1000)
            one = group(alert(f"A{number}", summary_zh=f"<A{number}>"), key=str(number))
            robot.tell(Notice(group=one, at_ms=now_ms()))
        robot.stop()
        await running
        assert not robot.queue

    async def _post(self, body: Body) -> Verdict:
        what, there, back = self.answers.pop(0) if self.answers else ("sent", 0, 0)
        self.starts.append(now_ms())
        await asyncio.sleep(there / 1000)
        self.arrivals.append(now_ms())
        await asyncio.sleep(back / 1000)
        content = body["markdown"]["content"]
        if what == "sent":
            names = [part.split("＞")[0] for part in content.split("＜")[1:]]
            self.delivered.append(sorted(set(names), key=lambda name: int(name[1:])))
        return ANSWERS[what]

    def count(self, name: str) -> float:
        """Return the sum over a counter of the robot."""
        families = {family.name: family for family in self.metrics.registry.collect()}
        samples = families[f"chatpulse_notify_{name}"].samples
        return sum(s.value for s in samples if s.name.endswith("_total"))


PAUSES = st.lists(st.integers(0, 6000), min_size=1, max_size=15)
TROUBLE = st.lists(
    st.tuples(st.sampled_from(list(ANSWERS)), st.integers(0, 3000), st.integers(0, 3000)),
    max_size=12,
)


def played(pauses: list[int], answers: list[tuple[str, int, int]]) -> Run:
    found, kept = Run(list(answers)), robot_module.limits_of
    robot_module.limits_of = lambda receiver: (LIMIT,)
    try:
        run(found.play(pauses))
    finally:
        robot_module.limits_of = kept
    return found


@given(PAUSES, TROUBLE)
def test_every_notice_is_delivered_once_or_given_up(
    pauses: list[int], answers: list[tuple[str, int, int]]
) -> None:
    found = played(pauses, answers)
    delivered = [name for names in found.delivered for name in names]
    assert sorted(delivered + found.lost) == sorted(f"A{i}" for i in range(len(pauses)))
    assert delivered == sorted(delivered, key=lambda name: int(name[1:]))
    assert found.count("posted") == len(found.delivered)
    assert found.count("failed") == len(found.lost)


@given(PAUSES, TROUBLE)
def test_the_vendor_never_sees_more_posts_than_it_allows(
    pauses: list[int], answers: list[tuple[str, int, int]]
) -> None:
    found = played(pauses, answers)
    for first, over in zip(found.arrivals, found.arrivals[LIMIT.posts :], strict=False):
        assert over - first >= LIMIT.span_ms
    assert found.count("rate_limited") <= len(pauses)


@given(PAUSES, TROUBLE)
def test_it_waits_as_it_was_asked_to(
    pauses: list[int], answers: list[tuple[str, int, int]]
) -> None:
    found = played(pauses, answers)
    for (what, there, back), (before, after) in zip(answers, pairwise(found.starts), strict=False):
        answered = before + there + back
        assert after >= answered + {"later": 4000, "retry": 500}.get(what, 0)


def test_without_trouble_every_notice_is_a_message_of_its_own() -> None:
    found = played([0, 0, 0], [])
    assert found.delivered == [["A0"], ["A1"], ["A2"]]
    assert found.count("rate_limited") == 0


def test_what_waits_behind_trouble_comes_as_a_digest() -> None:
    found = played([0, 100, 100], [("retry", 0, 0)])
    assert found.delivered == [["A0", "A1", "A2"]]


def test_the_limit_makes_a_digest_of_the_rest() -> None:
    found = played([0] * 8, [])
    assert found.delivered == [["A0"], ["A1"], ["A2"], ["A3", "A4", "A5", "A6", "A7"]]
    assert found.count("rate_limited") == 5
    assert found.arrivals[3] - found.arrivals[0] == LIMIT.span_ms
