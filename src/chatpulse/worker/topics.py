"""The topics a worker needs: what they should be, what is wrong with them, creating the missing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from .broker import BROKER_ERRORS, Broker
from .errors import RefusedError
from .reasons import DENIED
from .rights import NONE, Rights, on_topics
from .settings import Settings

KEEP: Final = {"cleanup.policy": "delete", "retention.ms": "-1"}
COMPACT: Final = {"cleanup.policy": "compact"}
SETTLE_LOOKS: Final = 25
SETTLE_SECONDS: Final = 0.2
MOST_COPIES: Final = 3
CHECKED: Final = ("cleanup.policy", "retention.ms")


@dataclass(frozen=True)
class Wanted:
    """A topic as it should be; `partitioned` topics have all the same number of partitions."""

    name: str
    config: Mapping[str, str]
    partitioned: bool


@dataclass
class Report:
    """What the brokers have of what is wanted."""

    partitions: dict[str, int] = field(default_factory=dict)
    """Number of partitions of every wanted topic that exists."""
    missing: list[Wanted] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What is wrong with existing topics, one clear line each."""
    rights: Mapping[str, Rights] = field(default_factory=dict)
    """What our user may do, per topic, as far as brokers tell."""

    @property
    def hidden(self) -> list[str]:
        """The topics that our user may not even see: they may exist or not."""
        return [topic.name for topic in self.missing if self.rights.get(topic.name) == NONE]

    def refuse(self) -> None:
        """Raise RefusedError unless everything is as it should be."""
        if self.wrong:
            raise RefusedError(self.wrong[0])
        if self.hidden:
            raise RefusedError(
                f"topics that may not be seen: {', '.join(self.hidden)}; the right Describe is "
                "missing on them (docs/operations.md, Rights in Kafka)"
            )
        if self.missing:
            names = ", ".join(topic.name for topic in self.missing)
            raise RefusedError(
                f"missing topics: {names}; create them with `chatpulse topics --create`"
            )


def wanted(settings: Settings) -> list[Wanted]:
    """Return all topics a worker reads and writes."""
    topics = settings.topics
    return [
        *(Wanted(name, {}, partitioned=True) for name in topics.inputs),
        Wanted(topics.checkpoints, KEEP, partitioned=True),
        Wanted(topics.daily, COMPACT, partitioned=False),
        Wanted(topics.dead_letters, {}, partitioned=False),
    ]


def judge(
    topics: list[Wanted],
    partitions: Mapping[str, int],
    configs: Mapping[str, Mapping[str, str]],
) -> Report:
    """Compare what is wanted with what exists. Pure; configs that are unknown are not judged."""
    report = Report()
    for topic in topics:
        if topic.name not in partitions:
            report.missing.append(topic)
            continue
        report.partitions[topic.name] = partitions[topic.name]
        found = configs.get(topic.name, {})
        for key, value in topic.config.items():
            if key in found and found[key] != value:
                report.wrong.append(
                    f"topic {topic.name} has {key}={found[key]}, it must be {value}: set it with "
                    f"kafka-configs --alter --topic {topic.name} --add-config {key}={value}"
                )
    counts = {t.name: partitions[t.name] for t in topics if t.partitioned and t.name in partitions}
    if len(set(counts.values())) > 1:
        numbers = ", ".join(f"{name} has {count}" for name, count in counts.items())
        report.wrong.append(
            f"topics must have the same number of partitions, but {numbers}: create those that "
            "differ anew, or name others under `topics` in the configuration"
        )
    return report


async def look(broker: Broker, settings: Settings) -> Report:
    """Ask the brokers what is there."""
    admin = await broker.admin()
    topics = wanted(settings)
    described = await admin.describe_topics()  # all: asking for one by name may create it
    partitions = {t["topic"]: len(t["partitions"]) for t in described if not t["error_code"]}
    names = [topic.name for topic in topics if topic.name in partitions]
    report = judge(topics, partitions, await _configs(admin, names))
    report.rights = await on_topics(broker, [topic.name for topic in topics])
    return report


async def settled(broker: Broker, settings: Settings) -> Report:
    """Look again while topics are missing, for at most a few seconds.

    The broker that is asked may not know new ones yet, or have just come back.
    """
    report = await look(broker, settings)
    for _ in range(SETTLE_LOOKS):
        if not report.missing:
            break
        await asyncio.sleep(SETTLE_SECONDS)
        report = await look(broker, settings)
    return report


async def create(broker: Broker, settings: Settings, report: Report) -> list[str]:
    """Create what `report` misses; return the names. Existing topics are never changed."""
    shared = {
        report.partitions[t.name]
        for t in wanted(settings)
        if t.partitioned and t.name in report.partitions
    }
    count = shared.pop() if len(shared) == 1 else settings.partitions
    if not report.missing:
        return []
    admin = await broker.admin()
    brokers = len((await admin.describe_cluster())["brokers"])
    copies = settings.replication_factor or min(MOST_COPIES, brokers)
    new = [
        NewTopic(topic.name, count, copies, topic_configs=dict(topic.config))
        for topic in report.missing
    ]
    try:
        response = await admin.create_topics(new)
    except BROKER_ERRORS as error:
        raise RefusedError(
            f"the brokers did not create topics: {error!r}; create them with Kafka's own tools"
        ) from None
    denied = [name for name, code, *_ in response.topic_errors if for_code(code) in DENIED]
    if denied:
        raise RefusedError(
            f"topics {', '.join(sorted(denied))} were not created: the right Create is missing on "
            "them, and on the cluster; an administrator creates them, or gives the right "
            "(docs/operations.md, Rights in Kafka)"
        )
    for name, code, *detail in response.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            reason = next((text for text in detail if text), for_code(code).__name__)
            raise RefusedError(f"topic {name} was not created: {reason}")
    return [topic.name for topic in report.missing]


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    """Return the configs that are checked; what the brokers do not tell is left out."""
    found: dict[str, dict[str, str]] = {}
    if not names:
        return found
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    try:
        responses = await admin.describe_configs(resources)
    except (KafkaError, OSError, NotImplementedError):  # the embedded broker cannot tell
        return found
    for response in responses:
        for code, _, _, name, entries in response.resources:
            if not code:
                found[name] = {entry[0]: entry[1] for entry in entries if entry[0] in CHECKED}
    return found
