"""Which rights are missing, and what is said about it."""

from __future__ import annotations

import argparse
import logging
import re
import shlex
from pathlib import Path

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from chatpulse.worker import denials as denying
from chatpulse.worker.denials import Denials
from chatpulse.worker.errors import RefusedError
from chatpulse.worker.rights import NONE, Rights, lacking, needed, refuse
from chatpulse.worker.settings import Security, Settings, Topics

ALL: Rights = frozenset({"Read", "Write", "Delete", "Describe"})
SEEN: Rights = frozenset({"Describe"})
NEEDS = {"a": ("Read",), "b": ("Read", "Write")}

LACKING: list[tuple[str, dict[str, Rights], dict[str, str]]] = [
    ("all rights", {"a": ALL, "b": ALL}, {}),
    ("brokers that do not tell", {}, {}),
    ("one that is missing", {"a": ALL, "b": ALL - {"Write"}}, {"b": "Write"}),
    ("what is only seen", {"a": SEEN, "b": SEEN}, {"a": "Read", "b": "Read, Write"}),
    ("what is not even seen", {"a": NONE, "b": ALL}, {"a": "Describe, Read"}),
]


@pytest.mark.parametrize(("name", "has", "missing"), LACKING, ids=[case[0] for case in LACKING])
def test_what_is_missing(name: str, has: dict[str, Rights], missing: dict[str, str]) -> None:
    assert lacking(NEEDS, has) == missing


def test_nobody_who_has_all_rights_is_refused() -> None:
    refuse(Settings(), dict.fromkeys(needed(Topics()), ALL), {"chatpulse": ALL})
    refuse(Settings(), {}, {})


PRINCIPALS = [
    (Security(protocol="SASL_SSL", username="u", password="p"), "user u", "User:u"),
    (
        Security(protocol="SSL", cert="c", key="k"),
        "the client certificate's user",
        "User:...",
    ),
    (Security(protocol="SSL"), "the anonymous user", "User:ANONYMOUS"),
]


@pytest.mark.parametrize(("security", "user", "principal"), PRINCIPALS)
def test_the_remedy_names_the_user(security: Security, user: str, principal: str) -> None:
    with pytest.raises(RefusedError) as refused:
        refuse(Settings(security=security), {"chat.messages": NONE}, {"chatpulse": SEEN})
    line = str(refused.value)
    assert line.startswith(
        f"{user} lacks rights in Kafka: Describe, Read on topic chat.messages, Read on group "
        "chatpulse; "
    )
    assert (
        f"--allow-principal {principal} --operation Describe --operation Read --topic chat.messages"
    ) in line


def test_a_denial_is_logged_once_and_forgotten_after_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    monkeypatch.setattr(denying.time, "monotonic", lambda: now)
    denials = Denials()
    assert denials.recent is None
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            denials.note(TopicAuthorizationFailedError("t"), "Read")
    assert denials.recent == "the brokers refuse: Read is missing on topic t"
    assert [record.getMessage() for record in caplog.records] == [
        "the brokers refuse: Read is missing on topic t; trying again"
    ]
    now = denying.RECENT_SECONDS
    assert denials.recent is not None
    denials.note(GroupAuthorizationFailedError("g"), "Read")
    now += denying.RECENT_SECONDS
    assert denials.recent == "the brokers refuse: Read is missing on group g"
    now += 0.1
    assert denials.recent is None


def test_the_commands_of_the_documentation_give_what_is_needed_and_no_more() -> None:
    page = Path(__file__).parents[2] / "docs/operations.md"
    section = page.read_text(encoding="utf-8").partition("## Rights in Kafka\n")[2]
    commands = re.findall(r"^kafka-acls .*", section.replace("\\\n", " "), re.M)
    given: dict[tuple[str, str], set[str]] = {}
    for command in commands:
        parser = argparse.ArgumentParser()
        for option in ("--bootstrap-server", "--allow-principal"):
            parser.add_argument(option, required=True)
        parser.add_argument("--add", action="store_true", required=True)
        for option in ("--operation", "--topic", "--group"):
            parser.add_argument(option, action="append", default=[])
        asked = parser.parse_args(shlex.split(command)[1:])
        names = [("topic", name) for name in asked.topic]
        for place in [*names, *(("group", name) for name in asked.group)]:
            given.setdefault(place, set()).update(asked.operation)
    wanted = {("topic", name): set(rights) for name, rights in needed(Topics()).items()}
    assert given == wanted | {("group", Settings().group): {"Read"}}
