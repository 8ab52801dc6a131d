"""Who may read a worker: the web-config file, and a server that keeps to it."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import bcrypt
import pytest
import trustme

from chatpulse.failure import Failure
from chatpulse.web_config import WebConfig, load_web_config
from chatpulse.worker import web as webs
from chatpulse.worker.app import is_loopback
from chatpulse.worker.sources import Sources
from chatpulse.worker.wall import WallPage
from chatpulse.worker.web import Web

HASH = bcrypt.hashpw(b"geheim", bcrypt.gensalt(4)).decode()
USERS = f"basic_auth_users:\n  wall: {HASH}\n"


def config(folder: Path, text: str) -> WebConfig:
    path = folder / "web.yml"
    path.write_text(text, encoding="utf-8")
    return load_web_config(path)


WRONG = [
    ("no YAML", "a: [", "no YAML at line 1"),
    ("not a mapping", "- a", "the file:"),
    ("an unknown key", "basic_auth_user: {}", "basic_auth_user:"),
    ("a password in the clear", "basic_auth_users: {wall: geheim}", "no bcrypt hash"),
    ("half of TLS", "tls_server_config: {cert_file: a}", "tls_server_config.key_file:"),
    (
        "a certificate that is not there",
        "tls_server_config: {cert_file: a.pem, key_file: b.pem}",
        "No such file",
    ),
    (
        "authorities nobody asks",
        "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}",
        "belong together",
    ),
    ("an unknown header", "http_server_config: {headers: {Server: x}}", "headers.Server"),
]


@pytest.mark.parametrize(("name", "text", "message"), WRONG, ids=[case[0] for case in WRONG])
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(Failure) as refused:
        config(tmp_path, text)
    assert refused.value.message.startswith(f"web_config {tmp_path / 'web.yml'}: ")
    assert message in refused.value.message
    assert "geheim" not in refused.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="No such file"):
        load_web_config(tmp_path / "none.yml")


def served(config: WebConfig, ask: Callable[[aiohttp.ClientSession, str], Awaitable[None]]) -> None:
    async def run() -> None:
        sources: Any = SimpleNamespace(unhealthy=None, unready=None)
        api: Any = SimpleNamespace(shops=lambda: ["s1"])
        wall = WallPage(cast(Sources, sources), topic="m", partitions=1)
        web = Web(sources, api, wall, config)
        port = await web.start("127.0.0.1", 0)
        try:
            async with aiohttp.ClientSession() as session:
                await ask(session, f"{config.scheme}://127.0.0.1:{port}")
        finally:
            await web.stop()

    asyncio.run(run())


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


REFUSED: list[dict[str, str]] = [
    {}, basic("wall", "falsch"), basic("nobody", "geheim"), basic("", ""),
    {"Authorization": "Basic !!"}, {"Authorization": "Basic"}, {"Authorization": "Bearer geheim"},
    {"Authorization": "Basic " + "A" * 4000},
]  # fmt: skip


def test_only_users_are_answered_and_probes(tmp_path: Path) -> None:
    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        for headers in REFUSED:
            async with session.get(f"{url}/api/v1/shops", headers=headers) as answer:
                assert answer.status == 401, headers
                assert answer.headers["WWW-Authenticate"].startswith("Basic")
                assert "s1" not in await answer.text()
        for path in ("/metrics", "/", "/api/v1/wall", "/static/x", "/nowhere"):
            async with session.get(url + path) as answer:
                assert answer.status == 401, path
        for _ in range(2):  # the second time without the slow hash
            async with session.get(f"{url}/api/v1/shops", headers=basic("wall", "geheim")) as right:
                assert (right.status, await right.json()) == (200, {"shops": ["s1"]})
        for path in ("/-/healthy", "/-/ready"):
            async with session.get(url + path) as answer:
                assert answer.status == 200

    served(config(tmp_path, USERS), ask)


def test_without_users_everybody_is_answered() -> None:
    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(f"{url}/api/v1/shops") as answer:
            assert answer.status == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
        async with session.post(f"{url}/api/v1/shops") as answer:
            assert answer.status == 405

    served(WebConfig(), ask)


def test_headers_of_the_file_are_on_every_answer(tmp_path: Path) -> None:
    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        for path in ("/api/v1/shops", "/nowhere", "/-/ready"):
            async with session.get(url + path) as answer:
                assert answer.headers["X-Frame-Options"] == "DENY", path

    served(config(tmp_path, "http_server_config: {headers: {X-Frame-Options: DENY}}"), ask)


def test_tls_and_client_certificates(tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    own = authority.issue_cert("127.0.0.1")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    for number, part in enumerate(own.cert_chain_pems):
        part.write_to_path(tmp_path / "cert.pem", append=number > 0)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    text = (
        "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"
        "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
    )

    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        async def status(trusted: trustme.CA, issued_by: trustme.CA | None) -> int:
            context = ssl.create_default_context()
            trusted.configure_trust(context)
            if issued_by is not None:
                issued_by.issue_cert("prometheus").configure_cert(context)
            async with session.get(f"{url}/-/ready", ssl=context) as answer:
                return answer.status

        assert await status(authority, authority) == 200
        for trusted, issued_by in ((stranger, authority), (authority, None), (authority, stranger)):
            with pytest.raises(aiohttp.ClientError):
                await status(trusted, issued_by)
        with pytest.raises(aiohttp.ClientError):
            await session.get(url.replace("https", "http"))

    served(config(tmp_path, text), ask)


def test_what_only_this_machine_reaches() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "127.1.2.3")] == [
        True
    ] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "10.0.0.1", "::", "desk")] == [False] * 4


def test_who_brings_no_whole_head_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow")
        async with asyncio.timeout(10):
            assert await reader.read() == b""

    monkeypatch.setattr(webs, "IDLE_SECONDS", 0.2)
    served(WebConfig(), ask)


def test_every_answer_may_be_framed_and_scripted_by_nobody() -> None:
    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        for path in ("/api/v1/shops", "/-/healthy", "/nowhere"):
            async with session.get(url + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert policy == "default-src 'none'; frame-ancestors 'none'"
        async with session.get(url + "/") as page:
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]

    served(WebConfig(), ask)
