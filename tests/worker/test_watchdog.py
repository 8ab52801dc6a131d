"""What the watchdog sees, and what it does about it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import GroupAuthorizationFailedError

from chatpulse.worker.denials import Denials
from chatpulse.worker.watchdog import Watchdog


class Task:
    def __init__(self, *, done: bool) -> None:
        self._done = done

    def done(self) -> bool:
        return self._done


class Loop:
    def __init__(self) -> None:
        self.called = 0

    def call_soon_threadsafe(self, act: Callable[..., None], *arguments: Any) -> None:
        self.called += 1
        act(*arguments)


class Coordinator:
    def __init__(self, *, error: Exception | None = None, done: bool = False) -> None:
        self._pending_exception = error
        self._coordination_task = Task(done=done)
        self._heartbeat_task = Task(done=False)
        self.rejoins = 0

    def request_rejoin(self) -> None:
        self.rejoins += 1

    def check_errors(self) -> None:
        error, self._pending_exception = self._pending_exception, None
        assert error is not None
        raise error


def app(coordinator: Coordinator, loop: Loop | None = None, *, fetching: bool = True) -> Any:
    consumer = SimpleNamespace(
        _coordinator=coordinator, _fetcher=SimpleNamespace(_fetch_task=Task(done=not fetching))
    )
    thread = SimpleNamespace(_consumer=consumer, thread_loop=loop or Loop())
    return SimpleNamespace(_consumer=SimpleNamespace(_thread=thread))


def test_parked_errors_are_consumed_on_the_consumers_loop() -> None:
    loop, coordinator = Loop(), Coordinator(error=RuntimeError("parked"))
    assert Watchdog(app(coordinator, loop)).look() is None
    assert loop.called == 1
    assert coordinator._pending_exception is None


def test_a_group_that_refuses_is_told_and_joined_again_once_its_heartbeat_is_dead() -> None:
    denials = Denials()
    coordinator = Coordinator(error=GroupAuthorizationFailedError("g"))
    watchdog = Watchdog(app(coordinator), denials=denials)
    assert watchdog.look() is None
    assert denials.recent == "the brokers refuse: Read is missing on group g"
    assert coordinator.rejoins == 0
    coordinator._pending_exception = GroupAuthorizationFailedError("g")
    coordinator._heartbeat_task = Task(done=True)
    assert watchdog.look() is None
    assert coordinator.rejoins == 1


def test_dead_tasks_are_named() -> None:
    assert "coordination" in (Watchdog(app(Coordinator(done=True))).look() or "")
    assert "fetch" in (Watchdog(app(Coordinator(), fetching=False)).look() or "")


def test_an_app_that_has_not_started_is_left_alone() -> None:
    assert Watchdog(SimpleNamespace(_consumer=None)).look() is None


def leaving(watched: Any) -> tuple[Watchdog, threading.Event, list[str]]:
    left, reasons = threading.Event(), list[str]()

    def leave(reason: str) -> None:
        reasons.append(reason)
        left.set()

    return Watchdog(watched, leave=leave), left, reasons


def test_the_process_is_ended_when_a_task_is_dead() -> None:
    watchdog, left, reasons = leaving(app(Coordinator(done=True)))
    watchdog.start()
    assert left.wait(5)
    assert "has ended" in reasons[0]


def test_a_stop_that_takes_too_long_ends_the_process() -> None:
    watchdog, left, reasons = leaving(app(Coordinator()))
    watchdog.start()
    watchdog.stop_within(0.1)
    assert left.wait(5)
    assert reasons == ["the stop took too long"]


def test_while_it_stops_dead_tasks_are_in_order() -> None:
    watchdog, left, _ = leaving(app(Coordinator(done=True)))
    watchdog.stop_within(60)
    watchdog.start()
    assert not left.wait(1.2)
    watchdog.over()
