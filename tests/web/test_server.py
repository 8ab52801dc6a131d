"""A web server among clients that ask too much, too slowly, or do not read: with real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from chatpulse.failure import CANNOT_GO_ON, Failure
from chatpulse.notify.settings import Settings as RelaySettings
from chatpulse.notify.web import MAX_BODY
from chatpulse.web import admission as web_admission
from chatpulse.web import connection as web_connection
from chatpulse.web import door as web_door
from chatpulse.web import server as web_server
from chatpulse.web.answers import HEADERS
from chatpulse.web.config import WebConfig, load_web_config
from chatpulse.web.refusals import REASONS
from chatpulse.web.server import WebServer, is_loopback, read_body
from chatpulse.worker.settings import Settings as WorkerSettings
from tests.certificates import Authority

HOST, OTHER = "127.0.0.1", "127.0.0.2"
LARGE = bytes(range(256)) * 4096 * 8
"""8 MiB: more than the system takes for a client that does not read."""
GET = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Served:
    """A server, and what it has refused."""

    url: str
    port: int
    tls: ssl.SSLContext | None
    refused: Counter[str] = field(default_factory=Counter)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, reason: str, times: int = 1) -> None:
        """Return when so many have been refused for this reason."""
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(lambda: self.refused[reason] >= times)

    async def connect(self, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection of the test's own, over TLS if the server has it."""
        name = None if self.tls is None else HOST
        return await asyncio.open_connection(
            HOST, self.port, ssl=self.tls, server_hostname=name, **options
        )

    async def answer(self, sent: bytes) -> bytes:
        """Send bytes and return all that comes back until the connection ends."""
        reader, writer = await self.connect()
        writer.write(sent)
        async with asyncio.timeout(20):
            found = await reader.read()
        writer.close()
        return found


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def large(request: web.Request) -> web.Response:
    return web.Response(body=LARGE, content_type="application/x-large")


async def narrow(request: web.Request) -> web.Response:
    """Answer what fits into asyncio's buffer, but not into the system's."""
    assert request.transport is not None
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return web.Response(body=LARGE[:60_000])


async def size(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await read_body(request))))


async def broken(request: web.Request) -> web.Response:
    raise KeyError("a buyer's name")


ROUTES = [
    web.get("/hello", hello),
    web.get("/large", large),
    web.get("/narrow", narrow),
    web.post("/size", size),
    web.get("/broken", broken),
    web.get("/-/healthy", hello),
]


@asynccontextmanager
async def served(
    config: WebConfig | None = None, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Served]:
    """Serve `ROUTES`; `tls` is what its clients trust."""
    loop = asyncio.get_running_loop()
    notices: set[asyncio.Task[None]] = set()

    async def notify() -> None:
        async with found.changed:
            found.changed.notify_all()

    def refused(reason: str) -> None:
        assert reason in REASONS
        found.refused[reason] += 1
        task = loop.create_task(notify())
        notices.add(task)
        task.add_done_callback(notices.discard)

    server = WebServer(ROUTES, config or WebConfig(), refused=refused, exposed="x", **options)
    found = Served("", 0, tls)
    found.port = await server.start(HOST, 0)
    found.url = f"{'http' if tls is None else 'https'}://{HOST}:{found.port}"
    try:
        yield found
    finally:
        async with asyncio.timeout(20):
            await server.stop()


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())


@contextmanager
def encrypted(folder: Path) -> Iterator[tuple[WebConfig, ssl.SSLContext]]:
    """Give a web-config with a certificate, and a context that trusts it."""
    authority = Authority(folder)
    authority.sign("own", HOST)
    file = folder / "web.yml"
    file.write_text("tls_server_config: {cert_file: own.pem, key_file: own.key}", encoding="utf-8")
    context = ssl.create_default_context(cafile=authority.file)
    yield load_web_config(file), context


@pytest.fixture(params=["plain", "tls"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Give a plain server's arguments, then those of one with TLS."""
    if request.param == "plain":
        yield {}
    else:
        with encrypted(tmp_path) as (config, context):
            yield {"config": config, "tls": context}


@asynccontextmanager
async def session_from(address: str) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


def need_two_addresses() -> None:
    """Skip the test where 127.0.0.2 is not loopback as well."""
    with socket.socket() as probe:
        try:
            probe.bind((OTHER, 0))
        except OSError:
            pytest.skip(f"this machine has no {OTHER}")


def test_the_page_tells_all_reasons_and_limits() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.split("## Who asks too much")[1].split("\n## ")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.M)) == sorted(REASONS)
    for limit in (
        f"{web_admission.ATTEMPTS} a minute",
        f"{web_server.BURST} at once, then {web_server.PER_SECOND:g} a second",
        f"{web_door.CONNECTIONS}, of one client {web_door.CONNECTIONS_OF_ONE}",
        f"{web_server.MAX_HEADERS} fields",
        f"{MAX_BODY // 2**20} MiB",
        f"{web_connection.MAX_UNSENT // 2**20} MiB",
        f"{web_server.IDLE_SECONDS:g} s each",
    ):
        assert limit in table, limit
    assert web_server.IDLE_SECONDS == web_connection.SEND_SECONDS


# --- how often -----------------------------------------------------------------------------------


def test_who_asks_too_often_waits_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    need_two_addresses()
    monkeypatch.setattr(web_server, "BURST", 5)
    monkeypatch.setattr(web_server, "PER_SECOND", 0.1)

    async def scenario() -> None:
        async with served() as one, session_from(HOST) as busy, session_from(OTHER) as calm:
            for _ in range(5):
                async with busy.get(f"{one.url}/hello") as answer:
                    assert answer.status == 200
            for path in ("/hello", "/nowhere"):
                async with busy.get(one.url + path) as answer:
                    assert answer.status == 429
                    assert answer.headers["Retry-After"] == "10"
                    assert "too many requests" in (await answer.json())["error"]
            for session, path in ((busy, "/-/healthy"), (calm, "/hello")):
                async with session.get(one.url + path) as answer:
                    assert answer.status == 200
            assert one.refused == {"rate": 2}

    run(scenario)


def test_prometheus_and_many_walls_behind_one_address_are_never_refused() -> None:
    """A worker was started again: 64 pages load anew at once, Prometheus scrapes every second."""
    pages, files_of_a_page, scrapes = 64, 6, 600
    buckets = web_server.Buckets(web_server.BURST, web_server.PER_SECOND)
    assert not any(buckets.take("proxy", 0.0) for _ in range(pages * files_of_a_page))
    assert not any(buckets.take("proxy", float(second)) for second in range(scrapes))


# --- how many ------------------------------------------------------------------------------------


async def gone(reader: asyncio.StreamReader) -> bool:
    """Tell whether the server has closed a connection without a word."""
    try:
        async with asyncio.timeout(20):
            return await reader.read() == b""
    except ConnectionError:
        return True


def test_only_so_many_connections_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_door, "CONNECTIONS", 3)

    async def scenario() -> None:
        async with served() as one:
            inside = [await one.connect() for _ in range(3)]
            for _ in range(5):
                reader, writer = await one.connect()
                assert await gone(reader)
                writer.close()
            assert one.refused == {"connections": 5}
            reader, writer = inside[0]
            writer.write(GET)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            for _, writer in inside:
                writer.close()
                await writer.wait_closed()
            assert b"hello" in await answered_when_there_is_room(one)

    run(scenario)


async def answered_when_there_is_room(one: Served) -> bytes:
    """Ask until the server has noticed that others have gone."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(ConnectionError):
                found = await one.answer(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                if found:
                    return found


def test_one_client_does_not_take_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    need_two_addresses()
    monkeypatch.setattr(web_door, "CONNECTIONS", 4)
    monkeypatch.setattr(web_door, "CONNECTIONS_OF_ONE", 2)

    async def scenario() -> None:
        async with served() as one:
            greedy = [await one.connect() for _ in range(3)]
            assert await gone(greedy[2][0])
            async with session_from(OTHER) as other, other.get(f"{one.url}/hello") as answer:
                assert answer.status == 200
            for _, writer in greedy:
                writer.close()

    run(scenario)


def test_who_never_begins_the_handshake_takes_a_place_and_loses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_door, "CONNECTIONS", 1)
    monkeypatch.setattr(web_server, "IDLE_SECONDS", 0.5)

    async def scenario() -> None:
        with encrypted(tmp_path) as (config, context):
            async with served(config, context) as one:
                mute, mute_writer = await asyncio.open_connection(HOST, one.port)
                second, writer = await asyncio.open_connection(HOST, one.port)
                assert await gone(second)
                assert one.refused == {"connections": 1}
                assert await gone(mute)
                assert b"hello" in await answered_when_there_is_room(one)
                mute_writer.close()
                writer.close()

    run(scenario)


# --- how large -----------------------------------------------------------------------------------

HEADS: list[tuple[str, bytes, int]] = [
    ("a URL", b"GET /" + b"u" * 8192 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a long URL that is allowed", b"GET /" + b"u" * 8000 + b" HTTP/1.0\r\nHost: x\r\n\r\n", 404),
    ("a field", b"GET /hello HTTP/1.1\r\nHost: x\r\nX: " + b"f" * 8192 + b"\r\n\r\n", 400),
    ("fields", b"GET /hello HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 200 + b"\r\n", 400),
    ("no HTTP", b"<secret-of-a-stranger>\r\n\r\n", 400),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600, 400),
]


@pytest.mark.parametrize(("head", "status"), [h[1:] for h in HEADS], ids=[h[0] for h in HEADS])
def test_a_head_is_bounded_and_none_of_it_comes_back(head: bytes, status: int) -> None:
    async def scenario() -> None:
        async with served() as one:
            found = await one.answer(head)
            first, _, rest = found.partition(b"\r\n")
            assert first.split()[1] == str(status).encode()
            for name, value in HEADERS.items():
                assert f"{name}: {value}\r\n".encode() in rest
            assert list(json.loads(rest.partition(b"\r\n\r\n")[2])) == ["error"]
            assert not [part for part in (b"uuu", b"fff", b"stranger") if part in found]
            assert one.refused == ({"head": 1} if status == 400 else {})

    run(scenario)


BODIES = [
    b"GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"HEAD /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"GET /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\nhello",
    b"GET /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
]


@pytest.mark.parametrize("sent", BODIES, ids=lambda sent: sent.split(b" HTTP")[0].decode())
def test_a_get_brings_no_body(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "LINGER_SECONDS", 0.1)

    async def scenario() -> None:
        async with served() as one:
            found = await one.answer(sent)  # the connection ends
            assert found.startswith(b"HTTP/1.1 413 ")
            assert one.refused == {"body": 1}

    run(scenario)


def test_a_body_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "LINGER_SECONDS", 0.1)

    async def scenario() -> None:
        async with served(max_body=1000) as one, aiohttp.ClientSession() as session:
            for length, status in ((1000, 200), (1001, 413)):
                async with session.post(f"{one.url}/size", data=b"x" * length) as answer:
                    assert answer.status == status
            assert one.refused == {"body": 1}

    run(scenario)


# --- how slowly ----------------------------------------------------------------------------------

SLOW = [
    ("nothing", b"", None),
    ("half a head", b"GET /hello HTTP/1.1\r\nHost: a\r\nX-Slow", None),
    ("half a body", b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nslow", b"408"),
    ("half a chunk", b"POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nx",
     b"408"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "status"), [s[1:] for s in SLOW], ids=[s[0] for s in SLOW])
def test_who_is_slow_to_ask_is_let_go(
    sent: bytes, status: bytes | None, way: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(web_server, "LINGER_SECONDS", 0.1)

    async def scenario() -> None:
        async with served(**way) as one:
            found = await one.answer(sent)
            assert (found.split()[1] if found else None) == status
            assert one.refused == ({} if status is None else {"slow": 1})

    run(scenario)


def test_who_drips_is_let_go_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte must not begin the time anew."""
    monkeypatch.setattr(web_server, "IDLE_SECONDS", 0.5)
    monkeypatch.setattr(web_server, "LINGER_SECONDS", 0.1)

    async def drip(one: Served, sent: bytes) -> None:
        reader, writer = await one.connect()
        writer.write(sent)
        ended = asyncio.create_task(gone_or_refused(reader))
        async with asyncio.timeout(20):
            while not ended.done():
                writer.write(b"x")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(ended), 0.05)
        assert await ended
        writer.close()

    async def gone_or_refused(reader: asyncio.StreamReader) -> bool:
        try:
            found = await reader.read()
        except ConnectionError:
            return True
        return found == b"" or found.startswith(b"HTTP/1.1 408 ")

    async def scenario() -> None:
        async with served() as one:
            await drip(one, b"GET /hello HTTP/1.1\r\nX-")
            await drip(one, b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n")

    run(scenario)


async def unread(
    one: Served, tail: bytes = b"\r\n", path: bytes = b"/large"
) -> asyncio.StreamWriter:
    """Ask for an answer and read nothing of it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (HOST, one.port))
    name = None if one.tls is None else HOST
    _, writer = await asyncio.open_connection(
        sock=connection, ssl=one.tls, server_hostname=name, limit=1024
    )
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + tail)
    return writer


@pytest.mark.parametrize("tail", [b"\r\n", b"Connection: close\r\n\r\n"], ids=["stays", "closes"])
def test_who_does_not_read_is_let_go(
    tail: bytes, way: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_connection, "SEND_SECONDS", 0.3)
    monkeypatch.setattr(web_door, "CONNECTIONS", 1)

    async def scenario() -> None:
        async with served(**way) as one:
            writer = await unread(one, tail)
            await one.until("slow")
            assert b"hello" in await answered_when_there_is_room(one)  # its socket is closed
            assert one.refused["slow"] == 1
            writer.transport.abort()

    run(scenario)


@pytest.mark.parametrize("tail", [b"\r\n", b"Connection: close\r\n\r\n"], ids=["stays", "closes"])
def test_who_leaves_the_last_bytes_is_let_go(
    tail: bytes, way: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_connection, "SEND_SECONDS", 0.3)
    monkeypatch.setattr(web_server, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(web_door, "CONNECTIONS", 1)

    async def scenario() -> None:
        async with served(**way) as one:
            writer = await unread(one, tail, b"/narrow")
            assert b"hello" in await answered_when_there_is_room(one)
            writer.transport.abort()

    run(scenario)


def test_answers_that_nobody_reads_take_bounded_memory(
    way: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_connection, "MAX_UNSENT", 3 * len(LARGE))

    async def scenario() -> None:
        async with served(**way) as one, aiohttp.ClientSession() as session:
            writers = [await unread(one) for _ in range(8)]
            await one.until("slow", 8 - 3)
            async with session.get(f"{one.url}/large", ssl=one.tls or True) as answer:
                assert await answer.read() == LARGE  # whoever reads is not held up
            assert one.refused["slow"] == 8 - 2
            for writer in writers:
                writer.transport.abort()

    run(scenario)


def test_a_large_answer_comes_whole(way: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with served(**way) as one, aiohttp.ClientSession() as session:
            trusted = one.tls or True
            for _ in range(2):  # on one connection
                async with session.get(f"{one.url}/large", ssl=trusted) as answer:
                    assert answer.headers["Content-Type"] == "application/x-large"
                    assert answer.headers["Content-Length"] == str(len(LARGE))
                    assert await answer.read() == LARGE
            async with session.head(f"{one.url}/large", ssl=trusted) as answer:
                assert answer.headers["Content-Length"] == str(len(LARGE))
                assert await answer.read() == b""
            async with session.get(f"{one.url}/hello", ssl=trusted) as answer:
                assert await answer.text() == "hello"
            assert one.refused == {}

    run(scenario)


def test_who_does_not_read_does_not_hold_up_the_stop(
    way: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "SHUTDOWN_SECONDS", 0.2)

    async def scenario() -> None:
        async with served(**way) as one, aiohttp.ClientSession() as session:
            writer = await unread(one)
            async with session.get(f"{one.url}/hello", ssl=one.tls or True) as answer:
                assert answer.status == 200
        writer.transport.abort()

    run(scenario)


# --- what else -----------------------------------------------------------------------------------


def test_what_breaks_says_nothing_of_why() -> None:
    async def scenario() -> None:
        async with (
            served() as one,
            aiohttp.ClientSession() as session,
            session.get(f"{one.url}/broken") as answer,
        ):
            assert answer.status == 500
            assert await answer.json() == {"error": "Internal Server Error"}
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    run(scenario)


@pytest.mark.parametrize("settings", [WorkerSettings, RelaySettings])
def test_by_default_only_this_machine_is_answered(
    settings: type[WorkerSettings | RelaySettings],
) -> None:
    need_two_addresses()
    host = settings.model_fields["web_host"].default
    assert is_loopback(host)

    async def scenario() -> None:
        server = WebServer(ROUTES, WebConfig(), refused=print, exposed="x")
        port = await server.start(host, 0)
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        with pytest.raises(ConnectionRefusedError):  # bound to that very address, not to all
            await asyncio.open_connection(OTHER, port)
        await server.stop()

    run(scenario)


def test_what_only_this_machine_reaches() -> None:
    inside = ("127.0.0.1", "localhost", "::1", "127.1.2.3")
    outside = ("0.0.0.0", "10.0.0.1", "::", "desk", "", "127.0.0.1.example", "localhost.example")
    assert [is_loopback(host) for host in inside] == [True] * len(inside)
    assert [is_loopback(host) for host in outside] == [False] * len(outside)


TOKEN = "a-token-of-a-test-0123"
USERS = "basic_auth_users: {wall: $2b$04$abcdefghijklmnopqrstuuLHtJ0TWQP2gLHHXRmHyJyG0VFMfZb7O}"
CERTAIN = """
tls_server_config:
  {cert_file: own.pem, key_file: own.key, client_ca_file: ca.pem, client_auth_type: AUTH}
"""


@pytest.mark.parametrize(
    ("host", "file", "token", "warned"),
    [
        ("0.0.0.0", "", False, True),
        ("0.0.0.0", CERTAIN.replace("AUTH", "VerifyClientCertIfGiven"), False, True),
        ("127.0.0.1", "", False, False),
        ("0.0.0.0", USERS, False, False),
        ("0.0.0.0", "", True, False),
        ("0.0.0.0", CERTAIN.replace("AUTH", "RequireAndVerifyClientCert"), False, False),
    ],
)
def test_who_listens_for_everybody_without_asking_says_so(
    host: str,
    file: str,
    token: bool,
    warned: bool,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    with encrypted(tmp_path):
        (tmp_path / "web.yml").write_text(file, encoding="utf-8")
        config = load_web_config(tmp_path / "web.yml", tmp_path / "token" if token else None)

    async def scenario() -> None:
        server = WebServer(ROUTES, config, refused=print, exposed="alerts are posted")
        await server.start(host, 0)
        await server.stop()

    run(scenario)
    said = f"listening on {host} for everybody: alerts are posted" in caplog.text
    assert said == warned


def test_an_address_that_is_taken_is_one_clear_line() -> None:
    async def scenario() -> None:
        with socket.create_server((HOST, 0)) as taken:
            port = taken.getsockname()[1]
            server = WebServer(ROUTES, WebConfig(), refused=print, exposed="x")
            with pytest.raises(Failure) as refused:
                await server.start(HOST, port)
            await server.stop()
        assert refused.value.message.startswith(f"cannot listen on {HOST}:{port}: ")
        assert refused.value.exit_code == CANNOT_GO_ON

    run(scenario)


def test_a_name_is_listened_on_at_all_its_addresses() -> None:
    async def scenario() -> None:
        doors = await web_door.open_doors("localhost", 0, web_door.Guests(print))
        found = await asyncio.get_running_loop().getaddrinfo("localhost", 0)
        assert {door.getsockname()[0] for door in doors} == {entry[4][0] for entry in found}
        for door in doors:
            door.close()

    run(scenario)
