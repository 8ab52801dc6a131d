"""All topics are assigned, or the group joins again: never a part of them, in silence."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chatpulse.worker import group
from chatpulse.worker.assignor import Assignor
from chatpulse.worker.settings import Settings
from tests.worker.lab import Lab, feed, until, workers

TOPICS = {"chat.messages", "shop.orders"}


class Cluster:
    """The metadata of the group's leader."""

    def __init__(self, known: set[str]) -> None:
        self._known = known

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return {0, 1} if topic in self._known else None


@pytest.fixture
def looks() -> list[bool]:
    return []


@pytest.fixture
def assignor(looks: list[bool]) -> Assignor:
    app: Any = group._application(Settings(), "http://127.0.0.1:1")
    made = app.assignor
    assert type(made) is Assignor
    client = SimpleNamespace(force_metadata_update=lambda: looks.append(True))
    consumer = SimpleNamespace(_consumer=SimpleNamespace(_client=client))
    made.app = SimpleNamespace(
        consumer=SimpleNamespace(_thread=consumer), conf=app.conf, sensors=app.sensors, tracer=None
    )
    return made


@pytest.mark.parametrize("known", [set(), {"chat.messages"}, {"shop.orders"}])
def test_without_metadata_of_a_topic_nothing_is_assigned_and_they_are_asked_for(
    assignor: Assignor, looks: list[bool], known: set[str]
) -> None:
    members: Any = {"m1": assignor.metadata(TOPICS)}
    with pytest.raises(LookupError, match="no metadata of "):
        assignor.assign(Cluster(known), members)  # type: ignore[arg-type]
    assert looks == [True]


def test_with_all_metadata_all_is_assigned(assignor: Assignor, looks: list[bool]) -> None:
    members: Any = {"m1": assignor.metadata(TOPICS)}
    assigned = assignor.assign(Cluster(TOPICS), members)["m1"]  # type: ignore[arg-type]
    assert sorted(assigned.assignment) == [("chat.messages", [0, 1]), ("shop.orders", [0, 1])]
    assert looks == []


def test_a_worker_whose_metadata_come_late_gets_its_partitions(lab: Lab) -> None:
    lab.module = "tests.worker.forgetful"
    feed(lab, [b"{}"] * 3)
    with workers(lab) as start:
        worker = start("a")
        until(lambda: worker.ready, "the worker is ready")
        lag = b"\nchatpulse_consumer_lag_records{"
        until(lambda: lag in worker.get("/metrics")[1], "it has partitions", 15)
        assert "no metadata of " in worker.output()
