"""Nobody learns from a worker who its buyers are, what they say, or its secrets.

A marked word stands in everything that a buyer, a producer or an operator would not want to be
shown, and is looked for in everything that a worker shows.
"""

from __future__ import annotations

import asyncio
import base64
import datetime
import gzip
import json
import re
import traceback
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import bcrypt
import click
import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, inspect
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from chatpulse.cli import COMMANDS, chatpulse
from chatpulse.contract.codec import MAX_BYTES, Rejected, decode, encode
from chatpulse.contract.events import EventBase, Message
from chatpulse.contract.topics import TYPE_NAMES
from chatpulse.demo.broker import ensure_topics
from chatpulse.failure import Failure
from chatpulse.logs import set_up
from chatpulse.notify.alerts import parse_group
from chatpulse.notify.message import Notice, compose
from chatpulse.notify.vendors import VENDORS
from chatpulse.telemetry.agent_labels import by_digest
from chatpulse.telemetry.samples import AGENT, SHOP, Table
from chatpulse.web.config import load_web_config
from chatpulse.web.tokens import read_tokens
from chatpulse.worker.broker import Broker, Tp
from chatpulse.worker.configuration import SettingsError, load
from chatpulse.worker.deadletters import dead_letter
from chatpulse.worker.exposition import exposition
from chatpulse.worker.records import place
from chatpulse.worker.wall import WallPage
from chatpulse.worker.web import Web
from tests.contract.records import ALL
from tests.log_state import logging_kept
from tests.notify.webhooks import alert, webhook
from tests.telemetry.test_catalogue import LABELS
from tests.wall.sources import Sources, application
from tests.worker.exactness import now_ms
from tests.worker.lab import ROLES, Lab, Worker, feed, producer, until, workers
from tests.worker.test_owned import Raw

MARK = "hushhush"
"""Stands in everything that must not be shown."""
SHOWN = frozenset({"shop_id", "agent_id", "from_agent_id", "to_agent_id"})
"""The strings of an event that may be: who works where."""
PASSWORD = f"password-{MARK}"
TOKEN = f"token-of-a-client-{MARK}"
KEY = f"key-of-the-labels-{MARK}"
EVENTS: list[EventBase] = [
    *ALL,
    Message(
        event_id="e", shop_id="s", at=0, buyer_id="b", sender="buyer", text="?", agent_id="a-1"
    ),
    Message(
        event_id="e", shop_id="s", at=0, buyer_id="b", sender="agent", text="!", agent_id="a-1"
    ),
]
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def marks(text: str | bytes) -> list[str]:
    """Return the marked words in a text, with what stands around them."""
    shown = text.decode(errors="replace") if isinstance(text, bytes) else text
    return re.findall(rf".{{0,40}}{MARK}.{{0,20}}", shown)


# What a worker is given.


def personal(event_type: type[EventBase]) -> list[str]:
    """Return the fields of an event with words that are not the shop's or its agents'."""
    info = inspect.type_info(event_type)
    assert isinstance(info, inspect.StructType)
    return [f.name for f in info.fields if _is_text(f.type) and f.name not in SHOWN]


def _is_text(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(map(_is_text, kind.types))
    if isinstance(kind, inspect.Metadata):
        return _is_text(kind.type)
    return isinstance(kind, inspect.StrType)


def marked(event: EventBase, number: int, at: int) -> EventBase:
    """Return the event at another time, with a marked word in every personal field."""
    words = {name: f"{name}-{number}-{MARK}" for name in personal(type(event))}
    words["event_id"] += f"-{at}"
    if getattr(event, "day", UNSET) is not UNSET:
        words["day"] = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).date()  # type: ignore[assignment]
    return msgspec.structs.replace(event, at=at, shop_id="shop-1", **words)


def unusable(event: EventBase) -> Iterator[bytes]:
    """Yield what is no event, for every reason, and full of marked words."""
    raw = json.loads(encode(event))
    yield encode(event)[:-1]
    yield encode(event).replace(b'"', b'"\\x', 1)
    yield encode(event)[:-2] + b'\xff"}'
    for name in raw:
        yield json.dumps(raw | {name: {MARK: [MARK]}}).encode()
    for name in raw.keys() - SHOWN:
        yield json.dumps(raw | {name: f"other-{MARK}\n{MARK}"}).encode()
    yield json.dumps(raw | {"at": now_ms() + 10 * 86_400_000}).encode()


def with_contacts(event: EventBase) -> bytes:
    """Return the event with fields that a producer sends and nobody asked for."""
    names = ("buyer_nick", "phone", "receiver_address", "remark")
    raw = json.loads(encode(event)) | {name: f"{name}-{MARK}" for name in names}
    assert isinstance(decode(json.dumps(raw).encode(), now_ms=now_ms()), EventBase)
    return json.dumps(raw, ensure_ascii=False).encode()


def oversized(event: EventBase) -> bytes:
    return encode(event) + b" " * MAX_BYTES


def test_the_personal_fields_are_known() -> None:
    """Another one is to be thought about: may it be shown?"""
    found = {name for event_type in TYPE_NAMES for name in personal(event_type)}
    assert found == {"event_id", "buyer_id", "text", "order_id", "case_id", "by", "reason"}


def test_what_is_unusable_is_rejected_for_every_reason() -> None:
    events = [marked(event, n, now_ms()) for n, event in enumerate(EVENTS)]
    raws = [raw for event in events for raw in unusable(event)]
    found = [decode(raw, now_ms=now_ms()) for raw in [*raws, oversized(events[0])]]
    reasons = {one.reason for one in found if isinstance(one, Rejected)}
    assert reasons == {"too_large", "not_utf8", "not_json", "unknown_type", "invalid", "future"}
    assert any(marks(one.detail) for one in found if isinstance(one, Rejected))  # so it can leak


# What a worker shows.


@dataclass
class House:
    """A worker that was given marked words, and what it takes to ask it."""

    worker: Worker
    lab: Lab
    headers: dict[str, str]

    def get(self, path: str, **more: str) -> bytes:
        status, body = self.worker.get(path, **self.headers, **more)
        assert status in {200, 307, 400, 404}, (path, status, body)
        return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


@pytest.fixture(scope="module")
def house(embedded: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("privacy")
    lab = Lab(embedded, folder, module="tests.worker.failing")
    ensure_topics(embedded, [lab.topic(role) for role in ROLES])
    feed_marked(lab)
    (folder / "key").write_text(KEY, encoding="utf-8")
    (folder / "tokens").write_text(TOKEN, encoding="utf-8")
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, prefix=b"2b")).decode()
    (folder / "web.yml").write_text(f"basic_auth_users: {{me: '{hashed}'}}", encoding="utf-8")
    login = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    with workers(lab) as start:
        worker = start("json", **told(folder), CHATPULSE_LOG_FORMAT="json")
        until(lambda: worker.ready, "the worker is ready")
        yield House(worker, lab, {"Authorization": f"Basic {login}"})


def told(folder: Path) -> dict[str, str]:
    return {
        "CHATPULSE_LOG_LEVEL": "debug",
        "CHATPULSE_AGENT_LABEL": "hash",
        "CHATPULSE_AGENT_LABEL_KEY_FILE": str(folder / "key"),
        "CHATPULSE_WEB_CONFIG": str(folder / "web.yml"),
        "CHATPULSE_WEB_TOKEN_FILE": str(folder / "tokens"),
    }


def feed_marked(lab: Lab) -> None:
    """Write events, what is none, late ones and tombstones; keys and headers are marked too."""
    made, now = producer(lab.address), now_ms()
    events = [marked(event, n, now - 60_000 + n) for n, event in enumerate(EVENTS)]
    late = [marked(event, n, now - 900_000) for n, event in enumerate(EVENTS)]
    values: list[bytes | None] = [with_contacts(event) for event in (*events, *events, *late)]
    values += [raw for event in events for raw in unusable(event)]
    values += [None, b"", MARK.encode(), oversized(events[0])]
    for value in values:
        for role in ("messages", "orders"):
            header = [(f"header-{MARK}", MARK.encode())]
            made.produce(lab.topic(role), value, f"key-{MARK}", headers=header)
            made.poll(0)
    assert made.flush(30) == 0


def pages(house: House) -> dict[str, bytes]:
    """Return every answer that a worker gives, by what was asked."""
    listed = json.loads(house.get("/api/v1/shops"))["shops"]
    shops = [urllib.parse.quote(shop, safe="") for shop in listed]
    days = [(datetime.datetime.now(datetime.UTC) - datetime.timedelta(n)).date() for n in range(3)]
    paths = [
        "/", "/?lang=zh", "/metrics", "/-/healthy", "/-/ready", "/api/v1/shops", "/api/v1/wall",
        "/api/v1/openapi.json", "/static/wall.js", "/nowhere",
        *(f"/api/v1/shops/{shop}/waiting" for shop in [*shops, "nowhere"]),
        *(f"/api/v1/shops/{shop}/scorecards?day={day}" for shop in shops for day in days),
    ]  # fmt: skip
    found = {path: house.get(path) for path in paths}
    found["openmetrics"] = house.get("/metrics", Accept=OPEN_METRICS)
    found["packed"] = house.get("/metrics", **{"Accept-Encoding": "gzip"})
    return found


def test_a_worker_shows_no_buyer_and_no_secret(house: House) -> None:
    found = pages(house)
    assert b'"shop-1"' in found["/api/v1/shops"]
    assert b'"agent_id":"a-1"' in found["/api/v1/shops/shop-1/waiting"]
    assert b'reason="invalid"' in found["/metrics"]
    assert re.search(rb"chatpulse_late_total [1-9]", found["/metrics"])
    assert {path: marks(text) for path, text in found.items() if marks(text)} == {}
    assert marks(house.worker.output()) == []


def test_agents_are_hidden_where_a_digest_is_asked_for(house: House) -> None:
    label = by_digest(KEY.encode())("shop-1", ["a-1"])["a-1"]
    for path in ("/metrics", "/api/v1/wall"):
        text = house.get(path).decode()
        assert f'"{label}"' in text
        assert '"a-1"' not in text
    assert b'"agent_id":"a-1"' in house.get("/api/v1/shops/shop-1/scorecards")


def test_the_process_list_shows_no_secret(house: House) -> None:
    shown = Path(f"/proc/{house.worker.process.pid}/cmdline")
    if not shown.exists():
        pytest.skip("there is no /proc")
    assert b"worker" in shown.read_bytes()
    assert marks(shown.read_bytes()) == []


def test_who_has_a_wrong_password_is_not_quoted(house: House) -> None:
    for login in (f"me:wrong-{MARK}", f"you-{MARK}:{PASSWORD}", f"{MARK}"):
        header = "Basic " + base64.b64encode(login.encode()).decode()
        status, body = house.worker.get("/metrics", Authorization=header)
        assert (status, marks(body)) == (401, [])
        assert header.encode() not in body
    status, body = house.worker.get("/metrics", Authorization=f"Bearer {TOKEN}x")
    assert (status, marks(body)) == (401, [])
    status, body = house.worker.get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert (status, marks(body)) == (200, [])
    assert marks(house.worker.output()) == []


def test_alerts_made_of_the_metrics_show_no_buyer(house: House) -> None:
    samples = [s for family in text_format(house.get("/metrics").decode()) for s in family.samples]
    labels = {name: value for sample in samples for name, value in sample.labels.items()}
    assert {"shop", "agent", "topic", "reason"} <= labels.keys() <= LABELS | {"le"}
    texts = {
        "summary": " ".join(sorted(labels.values())),
        "description": f"a producer's own rule shows a buyer-{MARK}",
    }
    alerts = [alert(labels={**labels, "buyer": f"buyer-{MARK}"}, **texts)]
    group = parse_group(webhook(*alerts))
    for vendor in VENDORS.values():
        notices = (Notice(group=group, at_ms=now_ms()),)
        message = compose(notices, "zh", zone=datetime.UTC, wall_url="https://wall")
        assert marks(json.dumps(vendor.render(message), ensure_ascii=False)) == []


def test_an_engine_that_fails_does_not_quote_the_record(house: House) -> None:
    """Comes last of those in this house: the record stops every worker that reads it."""
    event = {
        "type": "transfer", "event_id": f"e-{MARK}", "shop_id": "shop-1", "at": now_ms(),
        "buyer_id": f"buyer-{MARK}", "to_agent_id": "nobody",
    }  # fmt: skip
    feed(house.lab, [json.dumps(event).encode()])
    failed = rf"the engine failed at {house.lab.topic('messages')} partition \d+ offset \d+"
    with workers(house.lab) as start:
        assert house.worker.process.wait(30) == 1
        other = start("text", **told(house.lab.folder))
        assert other.process.wait(30) == 1
    for worker in (house.worker, other):
        output = worker.output()
        assert re.search(failed, output)
        assert "return {}[event.buyer_id]" in output
        assert "KeyError (what it says is left out" in output
        assert marks(output) == []
    for line in house.worker.output().splitlines():
        assert json.loads(line)["logger"]
    for line in other.output().splitlines():
        assert line.isprintable()
        assert re.match(r"\d{4}-\d\d-\d\dT\S+ [a-z]+ [\w.]+: |    ", line), line


def test_an_answer_that_fails_does_not_quote_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail(_: float) -> None:
        raise KeyError(MARK)

    def fail_too() -> list[str]:
        raise KeyError(MARK)

    async def ask() -> list[tuple[int, str]]:
        sources: Any = SimpleNamespace(keep_up=fail, agent_labels=None)
        wall = WallPage(sources, topic="m", partitions=1)
        web = Web(sources, SimpleNamespace(shops=fail_too), wall)  # type: ignore[arg-type]
        port = await web.start("127.0.0.1", 0)
        try:
            found = []
            async with aiohttp.ClientSession() as session:
                for path in ("metrics", "api/v1/wall", "api/v1/shops"):
                    async with session.get(f"http://127.0.0.1:{port}/{path}") as answer:
                        found.append((answer.status, await answer.text()))
            return found
        finally:
            await web.stop()

    with logging_kept():
        set_up("text", "debug")
        found = asyncio.run(ask())
    assert [status for status, _ in found] == [500, 500, 500]
    assert marks("".join(text for _, text in found)) == []
    logged = capsys.readouterr().err
    assert logged.count("KeyError (what it says is left out") == 3
    assert marks(logged) == []


# Secrets, wherever they are given.


def test_what_holds_a_secret_does_not_show_it(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
    (tmp_path / "key").write_text(KEY, encoding="utf-8")
    hashed = bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{me-{MARK}: '{hashed}'}}")
    settings = load(
        flags={
            "security.protocol": "SASL_PLAINTEXT",
            "security.username": "me",
            "security.password_file": tmp_path / "password",
            "agent_label": "hash",
            "agent_label_key_file": tmp_path / "key",
        }
    )
    assert settings.security.password is not None
    assert settings.security.password.get_secret_value() == PASSWORD
    assert settings.agent_label_key is not None
    assert settings.agent_label_key.get_secret_value() == KEY
    holders = [settings, settings.security, settings.model_dump(), settings.model_dump(mode="json")]
    web_config = load_web_config(tmp_path / "web.yml")
    for holder in (*holders, Broker(settings), by_digest(KEY.encode()), web_config):
        for text in (repr(holder), str(holder), f"{holder}"):
            assert marks(text) == []
            assert hashed not in text


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("a password of another type", {"security.password": [MARK]}, "string"),
    ("a password given twice", {"security.password": MARK, "security.password_file": "x"}, "two"),
    ("a key too short", {"agent_label": "hash", "agent_label_key": MARK}, "16 bytes"),
    ("a key for nothing", {"agent_label_key": KEY}, "no effect"),
    ("a key beside names", {"agent_label": "name", "agent_label_key": KEY}, "a file of names"),
    ("a key misspelt", {"agent_label_kee": KEY}, "no such setting"),
    ("a password in brokers", {"brokers": f"me:{PASSWORD}@kafka:9092"}, "host:port"),
    ("a password in a URL", {"advertised_url": f"http://me:{PASSWORD}@kafka:9092"}, "form"),
]


@pytest.mark.parametrize(
    ("flags", "reason"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_a_wrong_secret_is_not_repeated(flags: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as refused:
        load(flags=flags)
    assert marks("".join(traceback.format_exception(refused.value))) == []


FILES: list[tuple[str, str, Callable[[Path], object]]] = [
    ("a configuration without quotes", f"[security]\npassword = {MARK}", load),
    ("a configuration cut off", f'[security]\npassword = "{MARK}', load),
    ("a password twice", f'[security]\npassword = "{MARK}"\npassword = "{MARK}"', load),
    ("no bcrypt", f"basic_auth_users: {{me: {MARK}}}", load_web_config),
    ("no YAML", f"basic_auth_users: {{me: '{MARK}", load_web_config),
    ("a token with a space", f"{TOKEN} {TOKEN}", read_tokens),
    ("a token too short", MARK, read_tokens),
    ("users of another type", f"basic_auth_users: [{MARK}]", load_web_config),
]


@pytest.mark.parametrize(
    ("text", "read"), [case[1:] for case in FILES], ids=[case[0] for case in FILES]
)
def test_a_file_with_a_secret_that_is_wrong_is_not_quoted(
    text: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text(text, encoding="utf-8")
    with pytest.raises((SettingsError, Failure)) as refused:
        read(tmp_path / "file")
    assert str(tmp_path) in str(refused.value)
    assert marks("".join(traceback.format_exception(refused.value))) == []


def options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_secret_is_an_option(name: str) -> None:
    """What stands on a command line is read by everybody on the machine."""
    command = chatpulse.get_command(click.Context(chatpulse), name)
    assert command is not None
    secret = re.compile("password|secret|token|key|url|user|auth")
    assert [option for option in options(command) if secret.search(option)] == []
    help_text = CliRunner().invoke(chatpulse, [name, "--help"]).output
    assert "--help" in help_text
    mistaken = CliRunner().invoke(chatpulse, [name, f"--password={MARK}"])
    assert mistaken.exit_code == 2
    assert marks(mistaken.output) == []


@pytest.mark.parametrize("command", ["check", "worker", "topics"])
def test_commands_print_no_secret_of_the_environment(command: str) -> None:
    environment = {
        "CHATPULSE_SECURITY__PASSWORD": PASSWORD,
        "CHATPULSE_AGENT_LABEL_KEY": KEY,
        "CHATPULSE_AGENT_LABEL": "name",
    }
    done = CliRunner().invoke(chatpulse, [command], env=environment)
    assert done.exit_code == 2
    assert "agent_label" in done.output
    assert marks(done.output) == []


def test_a_broker_that_takes_no_password_is_told_it_by_nobody(lab: Lab) -> None:
    """Here the client logs in and fails; who is let in is in tests/kafka/test_security.py."""
    done = lab.command(
        "worker",
        "--log-level=debug",
        CHATPULSE_STARTUP_TIMEOUT="1s",
        CHATPULSE_SECURITY__PROTOCOL="SASL_PLAINTEXT",
        CHATPULSE_SECURITY__USERNAME="me",
        CHATPULSE_SECURITY__PASSWORD=PASSWORD,
    )
    assert done.returncode == 1
    assert f"brokers {lab.address} cannot be" in done.stderr
    assert marks(done.stdout + done.stderr) == []


# Names that would like to be more than names.

HOSTILE = [
    'a"b', "a\\", "a\nb", "\n# HELP x y", '"} 1\nb{c="', "# EOF", "{}", "a\r\nb", "\0", "\x1b[2J",
    "\u202egnp.exe", "\u2066x", "\u2028x", "</script><script>alert(1)</script>", "<!--", "&lt;",
    "event: beat\ndata: {}\n\n", "客服 一", " ", ",", "=",
]  # fmt: skip
NAMES = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=3), min_size=1, max_size=3).map(
    "".join
)


@given(NAMES.filter(bool), NAMES.filter(bool), st.sampled_from(["", OPEN_METRICS]))
def test_names_come_back_from_the_metrics_as_they_are(shop: str, agent: str, accept: str) -> None:
    row: list[float | None] = [1] * max(len(SHOP), len(AGENT))
    found = Table(shop, row[: len(SHOP)], {agent: row[: len(AGENT)]})
    text, _ = exposition([found], [], accept)
    parse = open_metrics if accept else text_format
    samples = [sample for family in parse(text.decode()) for sample in family.samples]
    assert len(samples) == len(SHOP) + len(AGENT)
    assert {sample.labels["shop"] for sample in samples} == {shop}
    assert {sample.labels.get("agent") for sample in samples} == {agent, None}


def test_names_are_data_on_the_wall() -> None:
    async def ask(names: list[str]) -> tuple[str, Any, list[bytes]]:
        sources = Sources()
        for name in names:
            sources.desk.wrote(sources.now - 5, f"buyer of {name}", name, shop=name)
        async with TestClient(TestServer(application(sources))) as client:
            page = await (await client.get("/")).text()
            wall = await (await client.get("/api/v1/wall")).json()
            stream = await client.get("/api/v1/wall/stream")
            lines = [await stream.content.readline() for _ in range(5)]
            stream.close()
            return page, wall, lines

    page, wall, lines = asyncio.run(ask(HOSTILE))
    assert page == asyncio.run(ask([]))[0]
    assert {line["agent_id"] for line in wall["agents"]} == set(HOSTILE)
    assert {line["shop_id"] for line in wall["shops"]} == set(HOSTILE)
    retry, nothing, event, told, end = lines
    assert (retry[:7], nothing, event, end) == (b"retry: ", b"\n", b"event: wall\n", b"\n")
    shown = json.loads(told.removeprefix(b"data: "))
    assert {line["agent_id"] for line in shown["agents"]} == set(HOSTILE)


def test_the_page_sets_texts_as_texts() -> None:
    """Its own sources, that is: the bundle has them, and the library that draws the trend."""
    sources = list((Path(__file__).parents[2] / "web" / "src").glob("*.ts"))
    assert sources
    unsafe = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|DOMParser")
    assert [file.name for file in sources if unsafe.search(file.read_text("utf-8"))] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_producer_writes_stays_in_its_header(name: str) -> None:
    raw = json.dumps({"type": name, "shop_id": name}, ensure_ascii=False).encode()
    rejected = decode(raw, now_ms=now_ms())
    assert isinstance(rejected, Rejected)
    record = Raw(7, name.encode(), raw)
    letter = dead_letter("dead", Tp("m", 3), record, reason=rejected.reason, detail=rejected.detail)
    headers = dict(letter.headers)
    assert headers["detail"].decode().isprintable()
    assert headers["source-offset"] == b"7"
    assert (letter.key, letter.value) == (record.key, raw)


@given(st.binary(max_size=30))
def test_a_place_says_nothing_of_the_record(key: bytes) -> None:
    assert place(Tp("m", 3), Raw(7, key, key)) == "m partition 3 offset 7"
