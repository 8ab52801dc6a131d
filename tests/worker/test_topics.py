"""What is wrong with topics, as a table."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from chatpulse.worker import topics
from chatpulse.worker.errors import RefusedError
from chatpulse.worker.settings import Settings
from chatpulse.worker.topics import judge, settled, wanted

TOPICS = wanted(Settings())
RIGHT = {topic.name: 8 for topic in TOPICS}
CONFIGS: dict[str, dict[str, str]] = {topic.name: dict(topic.config) for topic in TOPICS}
CHECKPOINTS, DAILY = "chatpulse.checkpoints", "chatpulse.daily"


def test_topics_as_they_should_be() -> None:
    report = judge(TOPICS, RIGHT, CONFIGS)
    assert (report.missing, report.wrong, report.partitions) == ([], [], RIGHT)
    report.refuse()


WRONG = [
    ("a missing topic", {**RIGHT, DAILY: None}, CONFIGS, f"missing topics: {DAILY}; create"),
    ("other counts", {**RIGHT, "shop.orders": 4}, CONFIGS, "same number of partitions"),
    ("checkpoints too", {**RIGHT, CHECKPOINTS: 4}, CONFIGS, f"{CHECKPOINTS} has 4"),
    (
        "checkpoints that expire",
        RIGHT,
        {CHECKPOINTS: {"cleanup.policy": "delete", "retention.ms": "604800000"}},
        "--add-config retention.ms=-1",
    ),
    (
        "checkpoints that are compacted",
        RIGHT,
        {CHECKPOINTS: {"cleanup.policy": "compact", "retention.ms": "-1"}},
        "must be delete",
    ),
    ("a daily topic that forgets", RIGHT, {DAILY: {"cleanup.policy": "delete"}}, "must be compact"),
]


@pytest.mark.parametrize(("name", "partitions", "configs", "line"), WRONG)
def test_what_is_wrong_is_one_clear_line(
    name: str,
    partitions: Mapping[str, int | None],
    configs: Mapping[str, Mapping[str, str]],
    line: str,
) -> None:
    existing = {topic: count for topic, count in partitions.items() if count is not None}
    with pytest.raises(RefusedError) as refused:
        judge(TOPICS, existing, configs).refuse()
    assert line in str(refused.value)


def test_daily_and_dead_letters_have_any_number_of_partitions() -> None:
    judge(TOPICS, {**RIGHT, DAILY: 1, "chatpulse.dead-letters": 3}, CONFIGS).refuse()


def test_configs_nobody_tells_are_not_judged() -> None:
    judge(TOPICS, RIGHT, {}).refuse()


@pytest.mark.parametrize(("looks", "is_whole"), [(1, True), (3, True), (99, False)])
def test_a_broker_that_has_just_come_back_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, looks: int, is_whole: bool
) -> None:
    asked = 0

    async def look(*_: Any) -> topics.Report:
        nonlocal asked
        asked += 1
        return judge(TOPICS, RIGHT if asked >= looks else {}, CONFIGS)

    monkeypatch.setattr(topics, "look", look)
    monkeypatch.setattr(topics, "SETTLE_SECONDS", 0.0)
    report = asyncio.run(settled(cast(Any, None), Settings()))
    assert (not report.missing) is is_whole
    assert asked == (looks if is_whole else topics.SETTLE_LOOKS + 1)
