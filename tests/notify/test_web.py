"""Who may post to a relay: TLS, users, tokens, limits; and nobody is lost by them."""

from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import ssl
import tracemalloc
from pathlib import Path

import aiohttp
import bcrypt
import pytest

from chatpulse.configuration import SettingsError
from chatpulse.notify import web as webs
from chatpulse.notify.settings import load
from chatpulse.web import server as web_server
from chatpulse.web.admission import ATTEMPTS
from chatpulse.web.answers import HEADERS
from chatpulse.web.config import load_web_config
from tests.certificates import Authority
from tests.notify.lab import relay
from tests.notify.robots import configuration, fake_robots
from tests.notify.webhooks import alert, webhook

FIRING, RESOLVED = webhook(alert()), webhook(alert(firing=False))
OLD, NEW = "old-token-0123456789", "new-token-0123456789"
HASH = bcrypt.hashpw(b"geheim", bcrypt.gensalt(4)).decode()
USERS = f"basic_auth_users:\n  alertmanager: {HASH}\n"


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def web_config(folder: Path, text: str) -> str:
    """Write a web-config file; return the relay's setting."""
    file = folder / "web.yml"
    file.write_text(text, encoding="utf-8")
    return f'web_config = "{file}"'


def test_a_token_is_asked_for_and_may_change(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{OLD}\n", encoding="utf-8")

    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots, f'token_file = "{token}"')) as (client, _),
        ):
            for wrong in (None, "", NEW, f"{OLD}t", "f\u00efrst"):
                assert (await client.post(FIRING, token=wrong))[0] == 401
            assert (await client.post(FIRING, token=OLD))[0] == 200
            token.write_text(f"{OLD}\n{NEW}\n", encoding="utf-8")
            for right in (OLD, NEW):
                assert (await client.post(RESOLVED, token=right))[0] == 200
            token.write_text(NEW, encoding="utf-8")
            assert (await client.post(RESOLVED, token=OLD))[0] == 401
            token.unlink()
            assert (await client.post(RESOLVED, token=NEW))[0] == 401
            token.write_text(NEW, encoding="utf-8")
            client.token = NEW
            samples = await client.samples()
            assert samples["webhooks_total", "unauthorized"] == 7
            assert samples["webhooks_total", "accepted"] == 3
            assert samples["web_refused_total", "unauthenticated"] == 7

    asyncio.run(scenario())


def test_users_are_asked_for_everywhere_but_at_the_health(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots, web_config(tmp_path, USERS))) as (client, _),
            aiohttp.ClientSession() as session,
        ):
            assert (await client.post(FIRING))[0] == 401
            assert (await client.get("/metrics"))[0] == 401
            assert (await client.get("/nowhere"))[0] == 401
            assert await client.get("/-/healthy") == (200, "ok\n")
            assert await client.get("/-/ready") == (200, "ok\n")
            url = f"{client.url}/alertmanager"
            for password, status in (("falsch", 401), ("geheim", 200)):
                shown = basic("alertmanager", password)
                async with session.post(url, data=FIRING, headers=shown) as answer:
                    assert answer.status == status
            async with session.get(f"{client.url}/metrics", headers=shown) as answer:
                assert answer.status == 200
            await robots["wecom"].wait(1)

    asyncio.run(scenario())


def test_tls_and_headers_of_the_file(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.sign("relay", "127.0.0.1")
    setting = web_config(
        tmp_path,
        "tls_server_config: {cert_file: relay.pem, key_file: relay.key}\n"
        "http_server_config: {headers: {Strict-Transport-Security: max-age=9}}\n",
    )
    trusting = ssl.create_default_context(cafile=authority.file)

    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots, setting)) as (client, _),
            aiohttp.ClientSession() as session,
        ):
            url = client.url.replace("http:", "https:")
            async with session.post(f"{url}/alertmanager", data=FIRING, ssl=trusting) as answer:
                assert answer.status == 200
                assert answer.headers["Strict-Transport-Security"] == "max-age=9"
            await robots["wecom"].wait(1)
            for wrong in (client.url, url):  # no TLS, and an authority that nobody knows
                with pytest.raises(aiohttp.ClientError):
                    await session.get(f"{wrong}/-/ready")

    asyncio.run(scenario())


def test_every_answer_has_the_headers_of_a_careful_server(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots)) as (client, _),
            aiohttp.ClientSession() as session,
        ):
            for path in ("/metrics", "/-/healthy", "/nowhere", "/alertmanager"):
                async with session.get(client.url + path) as answer:
                    assert {name: answer.headers[name] for name in HEADERS} == HEADERS, path

    asyncio.run(scenario())


def test_too_many_webhooks_are_asked_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alertmanager gives an alert up after 429, and tries 503 again: nothing is lost."""
    monkeypatch.setattr(web_server, "BURST", 3)
    monkeypatch.setattr(web_server, "PER_SECOND", 0.5)

    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots)) as (client, _),
            aiohttp.ClientSession() as session,
        ):
            for number in range(3):
                assert (await client.post(webhook(alert(f"A{number}"), key=f"g{number}")))[0] == 200
            async with session.post(f"{client.url}/alertmanager", data=FIRING) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "2")

    asyncio.run(scenario())


def test_a_neighbour_who_guesses_makes_alertmanager_come_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots, web_config(tmp_path, USERS))) as (client, _),
            aiohttp.ClientSession() as session,
        ):
            url, statuses = f"{client.url}/alertmanager", []
            for password in [*map(str, range(ATTEMPTS)), "geheim"]:
                shown = basic("alertmanager", password)
                async with session.post(url, data=FIRING, headers=shown) as answer:
                    statuses.append(answer.status)
            assert statuses == [401] * ATTEMPTS + [503]
            assert "Retry-After" in answer.headers

    asyncio.run(scenario())


@pytest.mark.parametrize("size", ["1000", "chunked"])
def test_who_is_slow_to_post_is_let_go(
    size: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(web_server, "LINGER_SECONDS", 0.1)
    length = "Transfer-Encoding: chunked" if size == "chunked" else f"Content-Length: {size}"

    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots)) as (client, service),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            writer.write(
                f"POST /alertmanager HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n3e8\r".encode()
            )
            async with asyncio.timeout(10):
                assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            writer.close()
            samples = await client.samples()
            assert samples["web_refused_total", "slow"] == 1
            assert samples["webhooks_total", "rejected"] == 1

    asyncio.run(scenario())


def test_who_brings_no_whole_head_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "IDLE_SECONDS", 0.2)

    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots)) as (_, service),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            writer.write(b"POST /alertmanager HTTP/1.1\r\nHost: a\r\nX-Slow")
            async with asyncio.timeout(10):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(scenario())


def test_a_body_that_is_too_large_is_read_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webs, "MAX_BODY", len(FIRING))

    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots)) as (client, _),
        ):
            assert (await client.post(FIRING))[0] == 200
            assert (await client.post(RESOLVED + b" " * len(FIRING)))[0] == 413
            samples = await client.samples()
            assert samples["web_refused_total", "body"] == 1
            assert samples["webhooks_total", "rejected"] == 1

    asyncio.run(scenario())


def test_a_packed_body_is_unpacked_no_further_than_it_may_be_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webs, "MAX_BODY", 2**20)
    packed = gzip.compress(b" " * 40 * webs.MAX_BODY)
    assert len(packed) < webs.MAX_BODY / 2

    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots)) as (client, _),
            aiohttp.ClientSession() as session,
        ):
            url, form = f"{client.url}/alertmanager", {"Content-Encoding": "gzip"}
            tracemalloc.start()
            async with session.post(url, data=packed, headers=form) as answer:
                assert answer.status == 413
            assert tracemalloc.get_traced_memory()[1] < 15 * webs.MAX_BODY
            tracemalloc.stop()
            async with session.post(url, data=gzip.compress(FIRING), headers=form) as answer:
                assert answer.status == 200
            await robots["wecom"].wait(1)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("setting", "warned"),
    [("", True), ('token_file = "{dir}/token"', False), (USERS, False)],
    ids=["nothing", "a token", "users"],
)
def test_who_posts_without_a_password_is_warned_of(
    setting: str, warned: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "token").write_text(OLD, encoding="utf-8")
    setting = web_config(tmp_path, USERS) if setting == USERS else setting
    extra = f'web_host = "0.0.0.0"\n{setting}'.replace("{dir}", str(tmp_path))

    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots, extra)) as (client, _),
        ):
            assert (await client.get("/-/healthy"))[0] == 200

    asyncio.run(scenario())
    assert ("for everybody: alerts are posted without a password" in caplog.text) == warned


WRONG = [
    ("web_config", 'web_config = "{dir}/none.yml"', "No such file"),
    ("web_config", 'web_config = "{dir}/wrong.yml"', "no bcrypt hash"),
    ("token_file", 'token_file = "{dir}/short"', "16 to 512 characters"),
    ("token_file", 'token_file = "{dir}/none"', "No such file"),
]


@pytest.mark.parametrize(("key", "setting", "reason"), WRONG)
def test_wrong_files_are_refused_with_key_and_reason(
    key: str, setting: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "wrong.yml").write_text("basic_auth_users: {a: geheim}", encoding="utf-8")
    (tmp_path / "short").write_text("geheim", encoding="utf-8")
    (tmp_path / "url").write_text("https://robot.example/x", encoding="utf-8")
    file = tmp_path / "notify.toml"
    robot = f'[receivers.wecom]\nvendor = "wecom"\nurl_file = "{tmp_path}/url"\n'
    file.write_text(f"{setting.replace('{dir}', str(tmp_path))}\n{robot}", encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load(file, environment={})
    line = str(refused.value)
    assert line.startswith(f"setting {key}: ")
    assert str(tmp_path) in line
    assert reason in line
    assert "geheim" not in line


def test_the_example_of_the_page_is_a_web_config(tmp_path: Path) -> None:
    """Who follows docs/notify.md has a file that is taken."""
    page = (Path(__file__).parents[2] / "docs" / "notify.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n# web.yml\n")[1].split("```")[0]
    authority = Authority(tmp_path)
    authority.sign("relay", "127.0.0.1")
    file = tmp_path / "web.yml"
    file.write_text(example.replace("$2y$10$...", HASH), encoding="utf-8")
    config = load_web_config(file)
    assert (config.scheme, config.asks) == ("https", True)
