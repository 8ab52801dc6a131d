"""A worker in a process of its own, asked by schemathesis and by strangers: no error of its own.

What schemathesis asks and what it holds the answers against comes from the description that the
worker serves.
"""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import bcrypt
import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
)

from chatpulse.demo.broker import embedded_broker, ensure_topics
from chatpulse.web.server import OPEN_PATHS
from chatpulse.worker.openapi import description
from tests.conformance_cases import cases
from tests.fuzz.inputs import fuzzed, seeds
from tests.worker.exactness import now_ms
from tests.worker.lab import ROLES, Lab, Worker, feed, until, workers

STREAM = "/api/v1/wall/stream"
MODULE = "tests.fuzz.unhurried"
TOKEN = "a-token-of-a-test-0123"
RIGHT = (f"Bearer {TOKEN}", f"Basic {b64encode(b'wall:geheim').decode()}")
WRONG = (f"Basic {b64encode(b'wall:falsch').decode()}", f"Bearer {TOKEN}4", "Bearer", "x")
NOW_SHOP = 'now/shop "1"'
SHOPS = ("s1", NOW_SHOP, "nobody", "..", "%", "店")
DAYS = ("2025-03-05", "0001-01-01", "9999-12-31", "2025-02-30", "", "today")


def strict() -> dict[str, Any]:
    """Return the description, refusing fields that it does not name."""
    found = description()
    for schema in found["components"]["schemas"].values():
        schema["additionalProperties"] = False
    del found["paths"][STREAM]  # it does not end; it has a test of its own
    return found


API = schemathesis.openapi.from_dict(strict())
OPERATIONS = [found.ok() for found in API.get_all_operations()]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with embedded_broker() as address:
        yield address


@pytest.fixture(scope="module")
def worker(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Give a worker that knows some shops."""
    lab = Lab(address, tmp_path_factory.mktemp("fuzzed"), module=MODULE)
    ensure_topics(address, [lab.topic(role) for role in ROLES])
    feed(lab, [line for case in cases() if not case.rules for line in case.lines])
    feed(lab, seeds("engine")[0].splitlines() + [_written(n) for n in range(20)])
    with watched(lab) as worker:
        yield worker


@pytest.fixture(scope="module")
def guarded(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Give a worker that answers one user and whoever has a token."""
    lab = Lab(address, tmp_path_factory.mktemp("guarded"), module=MODULE)
    ensure_topics(address, [lab.topic(role) for role in ROLES])
    feed(lab, [_written(n) for n in range(3)])
    users, tokens = lab.folder / "web.yml", lab.folder / "tokens"
    hashed = bcrypt.hashpw(b"geheim", bcrypt.gensalt(4)).decode()
    users.write_text(f"basic_auth_users: {{wall: {hashed}}}", encoding="utf-8")
    tokens.write_text(TOKEN, encoding="utf-8")
    files = {"CHATPULSE_WEB_CONFIG": str(users), "CHATPULSE_WEB_TOKEN_FILE": str(tokens)}
    with watched(lab, **files) as worker:
        yield worker


@contextmanager
def watched(lab: Lab, **environment: str) -> Iterator[Worker]:
    """Run a worker; at the end it must be as well as at the beginning."""
    with workers(lab) as start:
        worker = start("fuzzed", **environment)
        until(lambda: worker.ready, "the worker is ready")
        yield worker
        assert worker.get("/-/healthy") == (200, b"ok\n")
        assert worker.get("/-/ready") == (200, b"ok\n")
        assert worker.stop() == 0
        assert "Traceback" not in worker.output()


def _written(number: int) -> bytes:
    event = {
        "type": "message", "event_id": f"n{number}", "shop_id": NOW_SHOP, "buyer_id": f"b{number}",
        "at": now_ms() - number, "sender": "buyer", "agent_id": f"a{number % 3}", "text": "在吗",
    }  # fmt: skip
    return json.dumps(event).encode()


@st.composite
def questions(draw: st.DrawFn) -> schemathesis.Case:
    """Draw a question that the description allows, or one that it does not."""
    operation = draw(st.sampled_from(OPERATIONS))
    case: schemathesis.Case = draw(operation.as_strategy(draw(st.sampled_from(MODES))))
    if "{shop}" in operation.path and draw(st.booleans()):
        case.path_parameters = {"shop": quote(draw(st.sampled_from(SHOPS)), safe="")}
    if "scorecards" in operation.path and draw(st.booleans()):
        case.query = {"day": draw(st.sampled_from(DAYS))}
    return case


@given(case=questions())
def test_api(worker: Worker, case: schemathesis.Case) -> None:
    case.call_and_validate(
        base_url=worker.url,
        allow_redirects=False,
        excluded_checks=[negative_data_rejection],  # what nobody asked for is passed over
    )


@given(case=questions(), shown=st.sampled_from((*RIGHT, *WRONG)))
def test_api_with_users(guarded: Worker, case: schemathesis.Case, shown: str) -> None:
    answer = case.call_and_validate(
        base_url=guarded.url,
        headers={"Authorization": shown},
        allow_redirects=False,
        excluded_checks=[negative_data_rejection, positive_data_acceptance, ignored_auth],
    )
    if shown in RIGHT or case.path in OPEN_PATHS:
        assert answer.status_code not in (401, 429)
    else:
        assert answer.status_code in (401, 429)  # the latter when there were enough guesses
        assert "s1" not in answer.text


def test_the_credentials_are_those_that_are_answered(guarded: Worker) -> None:
    for shown, status in [(s, 200) for s in RIGHT] + [(s, 401) for s in WRONG[1:]]:
        assert guarded.get("/api/v1/shops", Authorization=shown)[0] == status, shown
    assert guarded.get("/api/v1/shops")[0] == 401
    shops = guarded.get("/api/v1/shops", Authorization=RIGHT[0])[1]
    assert NOW_SHOP in json.loads(shops)["shops"]


def test_what_there_is_to_answer_is_as_described(worker: Worker) -> None:
    shops = worker.json("/api/v1/shops")["shops"]
    assert NOW_SHOP in shops
    operation = API["/api/v1/shops/{shop}/scorecards"]["GET"]
    questions: list[tuple[str, dict[str, str]]] = [(shop, {"day": "2025-03-05"}) for shop in shops]
    for shop, query in [*questions, (NOW_SHOP, {})]:
        case = operation.Case(path_parameters={"shop": quote(shop, safe="")}, query=query)
        answer = case.call_and_validate(base_url=worker.url)
        assert answer.status_code == 200, (shop, answer.text)
    assert [card["agent_id"] for card in answer.json()] == ["", "a0", "a1", "a2"]


def test_the_stream_sends_what_the_wall_answers(worker: Worker) -> None:
    with requests.get(worker.url + STREAM, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(line for line in lines if line.startswith(b"event:")) == b"event: wall"
        picture = next(lines).removeprefix(b"data: ")
    wall = API["/api/v1/wall"]["GET"]
    like = requests.get(worker.url + "/api/v1/wall", timeout=10)
    like._content = picture
    wall.Case().validate_response(like)


@fuzzed(words=("GET ", "HTTP/1.1", "\r\n\r\n", "Host: x", "Content-Length: ", "Range: bytes=0-"))
def test_connection(worker: Worker, raw: bytes) -> None:
    answer = exchanged(worker.url, raw)
    assert b" 500 " not in answer.split(b"\r\n", 1)[0]
    assert b"Traceback" not in answer


def exchanged(url: str, raw: bytes) -> bytes:
    """Send bytes on a connection, say that these are all, and return what comes back."""
    host, _, port = url.removeprefix("http://").partition(":")
    found = b""
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while len(found) < 1_000_000 and (part := connection.recv(65536)):
                found += part
        except ConnectionError:
            pass  # it has heard enough
    return found
