"""The worker and an Apache Kafka that asks who is there, and what they may do."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from tests.kafka.secured import (
    BY_CERTIFICATE,
    BY_PASSWORD,
    NEEDED,
    SECRETS,
    TLS,
    WAYS,
    Right,
    Secured,
)
from tests.worker.exactness import (
    every_checkpoint_is_right,
    nothing_is_missing_from_the_outputs,
    room,
    show_equal,
)
from tests.worker.lab import ROLES, Lab, Worker, api_cards, days_of, feed, replay, until, workers

pytestmark = pytest.mark.kafka

Done: TypeAlias = subprocess.CompletedProcess[str]

SCRAM = WAYS["scram256"][1]
NOBODY = {"username": "nobody"}
IN_THE_CLEAR = {"protocol": "SASL_PLAINTEXT", "username": "plain", "password_file": "password"}
PASSWORD_REFUSED = "the broker refused the user or the password (Authentication failed"
CERTIFICATE = "the broker's certificate is not accepted: "
CLIENT_REFUSED = "the broker refused the client's certificate, or that there is none ("
NO_WORD = "the broker closed the connection without a word"


@pytest.fixture(scope="module")
def lab(secured: Secured, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Topics that no test fills."""
    return secured.lab(tmp_path_factory.mktemp("security"))


@pytest.fixture
def own(secured: Secured, tmp_path: Path) -> Lab:
    """Topics of the test's own."""
    return secured.lab(tmp_path)


def has_no_secret(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


def test_workers_come_in_by_passwords_and_certificates(secured: Secured, own: Lab) -> None:
    for user in WAYS:
        secured.give(user, own, NEEDED)
    lines = room(seed=21, events=1_000)
    feed(own, lines)
    expected = replay(own, lines)
    with workers(own) as start:
        live = {user: start(user, **secured.way(*way)) for user, way in WAYS.items()}
        until(
            lambda: all(w.ready and partitions(w) == 1 for w in live.values()), "each has its own"
        )
        show_equal(lambda: api_cards(live["plain"], live, days_of(expected)), expected)
        assert [worker.stop() for worker in live.values()] == [0] * len(WAYS)
        assert all(has_no_secret(worker.output()) for worker in live.values())
    assert every_checkpoint_is_right(own) >= len(WAYS)


def partitions(worker: Worker) -> int:
    """Return how many partitions the worker says are its own."""
    return len(samples(worker, "chatpulse_consumer_lag_records")) // 2  # of both inputs


class Wrong(NamedTuple):
    """A way that leads nowhere, and what is said about it."""

    name: str
    listener: str
    security: dict[str, str]
    said: str


WRONG = [
    Wrong(
        "a wrong password",
        "passwords",
        WAYS["plain"][1] | {"password_file": "wrong"},
        f"{PASSWORD_REFUSED}: Invalid username or password)",
    ),
    Wrong("a wrong password (SCRAM)", "passwords", SCRAM | {"password_file": "wrong"},
          PASSWORD_REFUSED),
    Wrong("an unknown user", "passwords", BY_PASSWORD | NOBODY, PASSWORD_REFUSED),
    Wrong("an unknown user (SCRAM)", "passwords", SCRAM | NOBODY, PASSWORD_REFUSED),
    Wrong("a mechanism that is not offered", "clear", IN_THE_CLEAR,
          "the broker does not offer this mechanism; see security.sasl_mechanism"),
    Wrong("an expired certificate", "expired", TLS, f"{CERTIFICATE}certificate has expired"),
    Wrong(
        "a certificate for another name",
        "elsewhere",
        TLS,
        f"{CERTIFICATE}IP address mismatch, certificate is not valid for '127.0.0.1'; `brokers`",
    ),
    Wrong(
        "a certificate of another authority",
        "certificates",
        BY_CERTIFICATE | {"ca": "stranger"},
        f"{CERTIFICATE}unable to get local issuer certificate; security.ca",
    ),
    Wrong(
        "a certificate of an authority the system does not know",
        "passwords",
        {key: value for key, value in WAYS["plain"][1].items() if key != "ca"},
        f"{CERTIFICATE}unable to get local issuer certificate; security.ca",
    ),
    Wrong("no client certificate", "certificates", TLS, CLIENT_REFUSED),
    Wrong(
        "a client certificate of another authority",
        "certificates",
        TLS | {"cert": "foreign.cert", "key": "foreign.key"},
        CLIENT_REFUSED,
    ),
    Wrong("no TLS where it is wanted", "certificates", {"protocol": "PLAINTEXT"}, NO_WORD),
    Wrong("TLS where there is none", "administrator", TLS, NO_WORD),
    Wrong("no password where one is wanted", "passwords", TLS, NO_WORD),
    Wrong("a password where none is wanted", "administrator", IN_THE_CLEAR,
          "the broker asks for no password at this port; see security.protocol"),
]  # fmt: skip


@pytest.fixture(scope="module")
def refusals(secured: Secured, lab: Lab) -> Iterator[dict[str, Future[Done]]]:
    """Workers that will not start, some at a time: all of them after one another take long."""

    def not_let_in(wrong: Wrong) -> Done:
        way = secured.way(wrong.listener, wrong.security)
        quickly = {"CHATPULSE_STARTUP_TIMEOUT": "4s"}
        return lab.command("worker", "--log-level", "error", **quickly, **way)

    def lacks(lacking: Lacking) -> Done:
        if rights := (set(NEEDED) - lacking.without) | lacking.instead:
            secured.give(lacking.user, lab, rights)
        return start_as(secured, lab, lacking.user, "worker", "--log-level", "error")

    with ThreadPoolExecutor(4) as pool:
        started = {wrong.name: pool.submit(not_let_in, wrong) for wrong in WRONG}
        yield started | {lacking.name: pool.submit(lacks, lacking) for lacking in LACKING}


@pytest.mark.parametrize("wrong", WRONG, ids=[wrong.name for wrong in WRONG])
def test_who_is_not_let_in_is_told_why_in_one_line(
    secured: Secured, refusals: dict[str, Future[Done]], wrong: Wrong
) -> None:
    done = refusals[wrong.name].result(60)
    assert done.returncode == 1
    address = secured.address(wrong.listener)
    assert done.stderr.startswith(f"chatpulse: brokers {address} cannot be used: {wrong.said}")
    assert done.stderr.count("\n") == 1
    assert has_no_secret(done.stdout + done.stderr)


def test_what_is_tried_again_is_told_at_once(secured: Secured, lab: Lab) -> None:
    way = secured.way("expired", TLS)
    done = lab.command("worker", CHATPULSE_STARTUP_TIMEOUT="4s", **way)
    _, first, last = done.stderr.splitlines()
    assert first.endswith(f"{CERTIFICATE}certificate has expired; trying again")
    assert last.startswith("chatpulse: ")


class Lacking(NamedTuple):
    """Rights that are not given, instead of which others are, and what is said."""

    name: str
    user: str
    without: set[Right]
    instead: set[Right]
    said: str
    remedy: str


ALL_ON_TOPICS = [
    "Describe, Read on topic {messages}", "Describe, Read on topic {orders}",
    "Describe, Read, Write, Delete on topic {checkpoints}", "Describe, Write on topic {daily}",
    "Describe, Write on topic {dead_letters}",
]  # fmt: skip
LACKING = [
    Lacking("read messages", "lacks1", {Right("messages", "READ")}, set(),
            "Describe, Read on topic {messages}",
            "--operation Describe --operation Read --topic {messages}"),
    Lacking("read orders that it sees", "lacks2", {Right("orders", "READ")},
            {Right("orders", "DESCRIBE")}, "Read on topic {orders}",
            "--operation Read --topic {orders}"),
    Lacking("read its memory", "lacks3", {Right("checkpoints", "READ")}, set(),
            "Read on topic {checkpoints}", "--operation Read --topic {checkpoints}"),
    Lacking("write its memory", "lacks4", {Right("checkpoints", "WRITE")}, set(),
            "Write on topic {checkpoints}", "--operation Write --topic {checkpoints}"),
    Lacking("delete old checkpoints", "lacks5", {Right("checkpoints", "DELETE")}, set(),
            "Delete on topic {checkpoints}", "--operation Delete --topic {checkpoints}"),
    Lacking("write scorecards and dead letters", "lacks6",
            {Right("daily", "WRITE"), Right("dead_letters", "WRITE")},
            {Right("dead_letters", "DESCRIBE")},
            "Describe, Write on topic {daily}, Write on topic {dead_letters}",
            "--operation Describe --operation Write --topic {daily}"),
    Lacking("see its group", "lacks7", {Right("group", "READ")}, set(),
            "Describe, Read on group {group}",
            "--operation Describe --operation Read --group {group}"),
    Lacking("join the group that it sees", "lacks8", {Right("group", "READ")},
            {Right("group", "DESCRIBE")}, "Read on group {group}",
            "--operation Read --group {group}"),
    Lacking("do anything", "lacks9", set(NEEDED), set(),
            ", ".join([*ALL_ON_TOPICS, "Describe, Read on group {group}"]),
            "--operation Describe --operation Read --topic {messages}"),
]  # fmt: skip


@pytest.mark.parametrize("lacking", LACKING, ids=[lacking.name for lacking in LACKING])
def test_rights_that_are_missing_are_told_in_one_line(
    secured: Secured, lab: Lab, refusals: dict[str, Future[Done]], lacking: Lacking
) -> None:
    done = refusals[lacking.name].result(60)
    assert done.returncode == 1
    names = {role: lab.topic(role) for role, _ in NEEDED} | {"group": lab.name}
    assert done.stderr == (
        f"chatpulse: user {lacking.user} lacks rights in Kafka: "
        f"{lacking.said.format(**names)}; an administrator gives the first by kafka-acls "
        f"--bootstrap-server {secured.address('passwords')} --add --allow-principal "
        f"User:{lacking.user} {lacking.remedy.format(**names)} (all of them: docs/operations.md, "
        "Rights in Kafka)\n"
    )


def start_as(secured: Secured, lab: Lab, user: str, *arguments: str) -> Done:
    way = secured.way("passwords", BY_PASSWORD | {"username": user})
    return lab.command(*arguments, **way)


def test_topics_that_may_not_be_seen_or_created_are_told(secured: Secured, own: Lab) -> None:
    done = start_as(secured, own, "creates", "topics", "--check")
    assert done.returncode == 1
    assert done.stderr.startswith("chatpulse: topics that may not be seen: ")
    assert "the right Describe is missing" in done.stderr
    done = start_as(secured, own, "creates", "topics", "--create")
    assert done.returncode == 1
    hidden = ", ".join(sorted(own.topic(role) for role in ROLES))
    assert done.stderr.startswith(f"chatpulse: topics {hidden} were not created: the right Create")
    assert done.stderr.count("\n") == 1


class Taken(NamedTuple):
    """Rights that are taken away, what is left instead, and what `/-/ready` says meanwhile."""

    rights: set[Right]
    left: set[Right]
    said: str


NOT_READ = [
    Taken({Right("messages", "READ")}, {Right("messages", "DESCRIBE")},
          "Read is missing on topic {messages}"),
    Taken({Right("orders", "READ")}, set(), "is missing on topic {orders}"),
    Taken({Right("group", "READ")}, set(), "Read is missing on group {group}"),
]  # fmt: skip
NOT_WRITTEN = {Right("dead_letters", "WRITE"), Right("checkpoints", "WRITE")}


@pytest.fixture
def portions() -> list[list[bytes]]:
    """A room's lines in as many portions as the test below takes."""
    lines = room(seed=22, events=2_500)
    size = len(lines) // (len(NOT_READ) + 2) + 1
    return [lines[begin : begin + size] for begin in range(0, len(lines), size)]


@pytest.fixture
def running(secured: Secured, own: Lab) -> Iterator[Worker]:
    secured.give("runs", own, NEEDED)
    with workers(own) as start:
        listener, security = WAYS["plain"]
        yield start("a", **secured.way(listener, security | {"username": "runs"}))


@pytest.mark.timeout(180)
def test_rights_taken_away_while_it_runs_lose_nothing(
    secured: Secured, own: Lab, running: Worker, portions: list[list[bytes]]
) -> None:
    names = {role: own.topic(role) for role, _ in NEEDED} | {"group": own.name}
    lines = [line for portion in portions for line in portion]
    until(lambda: running.ready, "the worker is ready")
    feed(own, portions.pop(0))
    for taken in NOT_READ:
        secured.take("runs", own, taken.rights)
        if taken.left:
            secured.give("runs", own, taken.left)
        feed(own, portions.pop(0))
        said = taken.said.format(**names)
        until(partial(says, running, said), f"it says: {said}")
        if taken.left:
            until(lambda: lag(running) > 0, "the lag tells what it may not read")
        if "group" in {right.role for right in taken.rights}:
            until(lambda: partitions(running) == 0, "it claims none: they may be another's by now")
        secured.give("runs", own, taken.rights)
        until(lambda: running.ready, f"it goes on after: {said}")

    secured.take("runs", own, NOT_WRITTEN)
    feed(own, portions.pop(0))
    expected = replay(own, lines)
    show_equal(lambda: api_cards(running, {"a": running}, days_of(expected)), expected)
    until(lambda: refused_writes(running) >= 4, "it says of each partition that it is not saved")
    before, saved = refused_writes(running), saved_at(running)
    until(lambda: refused_writes(running) >= before + 4, "it tries again")
    assert saved_at(running) == saved
    assert running.ready  # its numbers are right
    secured.give("runs", own, NOT_WRITTEN)
    assert running.stop() == 0
    assert has_no_secret(running.output())
    assert every_checkpoint_is_right(own) >= 1
    nothing_is_missing_from_the_outputs(own, lines, expected)


def lag(worker: Worker) -> float:
    """Return how many records the worker says it has yet to read."""
    return sum(samples(worker, "chatpulse_consumer_lag_records"))


def saved_at(worker: Worker) -> list[float]:
    """Return when the worker says its partitions were saved."""
    return samples(worker, "chatpulse_checkpoint_timestamp_seconds")


def samples(worker: Worker, family: str) -> list[float]:
    lines = worker.get("/metrics")[1].decode().splitlines()
    return [float(line.split()[-1]) for line in lines if line.startswith(f"{family}{{")]


def refused_writes(worker: Worker) -> int:
    return worker.output().count("no checkpoint: Write is missing on topic")


def says(worker: Worker, text: str) -> bool:
    """Tell whether the worker, alive, says so both as its state and in its log."""
    assert worker.process.poll() is None, worker.output()[-3000:]
    status, body = worker.get("/-/ready")
    return status == 503 and text in body.decode() and text in worker.output()
