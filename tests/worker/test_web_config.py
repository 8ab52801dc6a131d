"""Who may read a worker: the web-config file, and a server that keeps to it."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import bcrypt
import pytest
import trustme

from chatpulse.failure import Failure
from chatpulse.web import server as web_server
from chatpulse.web.admission import ATTEMPTS
from chatpulse.web.config import WebConfig, load_web_config
from chatpulse.worker.counters import Counters
from chatpulse.worker.settings import Topics
from chatpulse.worker.sources import Sources
from chatpulse.worker.wall import WallPage
from chatpulse.worker.web import Web
from tests.certificates import Authority

HASH = bcrypt.hashpw(b"geheim", bcrypt.gensalt(4)).decode()
USERS = f"basic_auth_users:\n  wall: {HASH}\n"


TOKEN = "a-token-of-a-test-0123"


def config(folder: Path, text: str, token: str | None = None) -> WebConfig:
    path, tokens = folder / "web.yml", folder / "tokens"
    path.write_text(text, encoding="utf-8")
    tokens.write_text(token or "", encoding="utf-8")
    return load_web_config(path, None if token is None else tokens)


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


def served(
    config: WebConfig, ask: Callable[[aiohttp.ClientSession, str], Awaitable[None]]
) -> Counter[str]:
    """Ask a worker's web server; return why it has refused something, and how often."""

    async def run() -> Counter[str]:
        sources: Any = SimpleNamespace(unhealthy=None, unready=None, counters=Counters(Topics()))
        api: Any = SimpleNamespace(shops=lambda: ["s1"])
        wall = WallPage(cast(Sources, sources), topic="m", partitions=1)
        web = Web(sources, api, wall, config)
        port = await web.start("127.0.0.1", 0)
        try:
            async with aiohttp.ClientSession() as session:
                await ask(session, f"{config.scheme}://127.0.0.1:{port}")
        finally:
            await web.stop()
        return cast(Counters, sources.counters).web_refused

    return asyncio.run(run())


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


REFUSED: list[dict[str, str]] = [
    {}, basic("wall", "falsch"), basic("nobody", "geheim"), basic("", ""), basic("wall", "a\0b"),
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


@pytest.mark.parametrize(
    ("text", "token", "challenges"),
    [
        (USERS, None, ["Basic"]),
        (USERS, TOKEN, ["Basic", "Bearer"]),
        ("", TOKEN, ["Bearer"]),
    ],
    ids=["users", "users and a token", "a token"],
)
def test_users_and_tokens_each_open_the_door(
    tmp_path: Path, text: str, token: str | None, challenges: list[str]
) -> None:
    shown = {"Basic": basic("wall", "geheim"), "Bearer": {"Authorization": f"Bearer {TOKEN}"}}

    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(f"{url}/api/v1/shops") as answer:
            assert answer.status == 401
            offered = answer.headers.getall("WWW-Authenticate")
            assert [challenge.split()[0] for challenge in offered] == challenges
        for scheme, headers in shown.items():
            async with session.get(f"{url}/api/v1/shops", headers=headers) as answer:
                assert answer.status == (200 if scheme in challenges else 401), scheme

    served(config(tmp_path, text, token), ask)


def test_guesses_are_limited_and_counted(tmp_path: Path) -> None:
    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        statuses = []
        for number in range(ATTEMPTS + 2):
            headers = basic("wall", f"guess {number}")
            async with session.get(f"{url}/api/v1/shops", headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [401] * ATTEMPTS + [429] * 2
        assert int(answer.headers["Retry-After"]) in range(1, 7)

    refused = served(config(tmp_path, USERS), ask)
    assert +refused == {"unauthenticated": ATTEMPTS, "attempts": 2}


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
    own, foreign = Authority(tmp_path), Authority(tmp_path, "foreign")
    authority, stranger = own.ca, foreign.ca
    own.sign("worker", "127.0.0.1")
    text = (
        "tls_server_config:\n  cert_file: worker.pem\n  key_file: worker.key\n"
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


def test_who_brings_no_whole_head_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(session: aiohttp.ClientSession, url: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow")
        async with asyncio.timeout(10):
            assert await reader.read() == b""

    monkeypatch.setattr(web_server, "IDLE_SECONDS", 0.2)
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
