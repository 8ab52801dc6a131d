"""The rights a worker needs in Kafka, and which of them its user lacks: asked before it joins.

Brokers tell what the asking user may do with a topic or group (KIP-430, Kafka 2.3; `wire.py`).
Brokers that do not tell are not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    IncompatibleBrokerVersion,
    NotCoordinatorForGroupError,
    TopicAuthorizationFailedError,
)

from .broker import Broker
from .errors import RefusedError
from .settings import Security, Settings, Topics
from .wire import GroupRights, TopicRights

CODES: Final = {"Read": 3, "Write": 4, "Delete": 6, "Describe": 8}
"""Kafka's codes of operations: the numbers of their bits in what brokers tell."""

GROUP: Final = ("Read",)

Rights = frozenset[str]
"""Names of operations, as kafka-acls has them."""

NONE: Final[Rights] = frozenset()


def needed(topics: Topics) -> dict[str, tuple[str, ...]]:
    """Return what a worker must be allowed to do, per topic. Describe comes with each of them."""
    return {
        topics.messages: ("Read",),
        topics.orders: ("Read",),
        topics.checkpoints: ("Read", "Write", "Delete"),
        topics.daily: ("Write",),
        topics.dead_letters: ("Write",),
    }


def lacking(needs: Mapping[str, tuple[str, ...]], has: Mapping[str, Rights]) -> dict[str, str]:
    """Return the rights that are missing, per name, as `Read, Write`. Pure; unknown is not judged.

    Who has none at all does not even see the topic or group, so Describe is named as well.
    """
    found = {}
    for name, rights in needs.items():
        if name not in has:
            continue
        missing = [right for right in rights if right not in has[name]]
        if missing:
            found[name] = ", ".join(missing if has[name] else ["Describe", *missing])
    return found


async def on_topics(broker: Broker, names: Iterable[str]) -> dict[str, Rights]:
    """Return what the user may do with topics; nothing of those that are missing, or not told."""
    try:
        response = await broker.ask(TopicRights(list(names)))
    except (IncompatibleBrokerVersion, NotImplementedError):
        return {}
    found = {}
    for code, name, _, _, operations in response.topics:
        if code == TopicAuthorizationFailedError.errno:
            found[name] = NONE
        elif not code and (rights := _rights(operations)):
            found[name] = rights
    return found


async def on_group(broker: Broker, settings: Settings) -> dict[str, Rights]:
    """Return what the user may do with the worker's group, nothing if that is not told."""
    group = settings.group
    try:
        response = await broker.ask(GroupRights([group]), coordinator_of=group)
    except GroupAuthorizationFailedError:
        return {group: NONE}
    except (
        GroupCoordinatorNotAvailableError,  # the very first group of a cluster: made by asking
        GroupLoadInProgressError,
        NotCoordinatorForGroupError,
        IncompatibleBrokerVersion,
        NotImplementedError,
    ):
        return {}
    [(code, *_, operations)] = response.groups
    if code == GroupAuthorizationFailedError.errno:
        return {group: NONE}
    return {group: rights} if not code and (rights := _rights(operations)) else {}


def refuse(
    settings: Settings, on_topics: Mapping[str, Rights], on_group: Mapping[str, Rights]
) -> None:
    """Raise RefusedError if the worker lacks a right: one line with all of them and the remedy."""
    topics = lacking(needed(settings.topics), on_topics)
    group = lacking({settings.group: GROUP}, on_group)
    missing = [("topic", *item) for item in topics.items()]
    missing += [("group", *item) for item in group.items()]
    if not missing:
        return
    kind, name, rights = missing[0]
    operations = " ".join(f"--operation {right}" for right in rights.split(", "))
    what = ", ".join(f"{rights} on {kind} {name}" for kind, name, rights in missing)
    raise RefusedError(
        f"{_user(settings.security)} lacks rights in Kafka: {what}; an administrator gives the "
        f"first by kafka-acls --bootstrap-server {settings.brokers} --add --allow-principal "
        f"{_principal(settings.security)} {operations} --{kind} {name} (all of them: "
        "docs/operations.md, Rights in Kafka)"
    )


def _user(security: Security) -> str:
    if security.protocol.startswith("SASL"):
        return f"user {security.username}"
    return "the client certificate's user" if security.cert else "the anonymous user"


def _principal(security: Security) -> str:
    if security.protocol.startswith("SASL"):
        return f"User:{security.username}"
    return "User:..." if security.cert else "User:ANONYMOUS"


def _rights(operations: int) -> Rights:
    """Return the operations of a bit field; none if brokers left it out (a negative number)."""
    if operations < 0:
        return NONE
    return frozenset(right for right, code in CODES.items() if operations >> code & 1)
