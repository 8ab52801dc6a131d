"""Who chooses a name chooses words of a message, and nothing else; the relay keeps its secrets."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatpulse.configuration import SettingsError
from chatpulse.notify.message import Notice, compose
from chatpulse.notify.post import Poster
from chatpulse.notify.settings import load
from chatpulse.notify.texts import Language
from chatpulse.notify.vendors import VENDORS
from tests.notify.lab import Client
from tests.notify.process import relay_process
from tests.notify.robots import PATHS, configuration, fake_robots
from tests.notify.webhooks import alert, group, webhook

NOW = 1_795_587_000_000  # 2026-11-25 14:10 in Shanghai
WALL = "https://wall.example/d/wall"
MARK = "hushhush"

HOSTILE = [
    "[x](http://evil.example)", "![x](http://evil.example/x.png)", "http://evil.example/",
    "https://evil.example", "www.evil.example", "evil.example", "me@evil.example", "dingtalk://x",
    "@all", "@所有人", "@13800000000", "<@all>", "<at id=all></at>", '<at user_id="all">x</at>',
    "<!channel>", "<!here>", "<@U123>", "<http://evil.example|x>", "&lt;at id=all&gt;", "&#60;at",
    '<font color="warning">x</font>', "</font>", "`x`", "```", "**x**", "*x*", "~~x~~", "# x",
    "> x", "| a | b |", "\\", "\\*", "\n\n# x", "\r\n", "\x1b[2J", "\0", "\u202e", "\u2066",
    "\u200e", "\u200b", "\ufeff", "\U000e0041", "客服 小美", "a_b", "旗舰店:小美", ".", "..", " ",
]  # fmt: skip
"""What would be a link, a mention, markup or another direction in one chat or the other."""

LINKS = r"://|www\.|\.example|\n"
"""What chats make links of wherever it stands."""
MARKUP = {
    "dingtalk": rf"[*\[\]<>`#@&~\\]|{LINKS}",
    "wecom": rf"[*\[\]<>`#@&~\\]|{LINKS}",
    "feishu": rf"[*\[\]<>`#@&~\\]|{LINKS}",
    "slack": rf"[*<>`@~]|&(?!lt;|gt;|amp;)|{LINKS}",
}
"""What means something to the vendor besides."""


def drawn(vendor: str, shop: str, agent: str, language: Language = "en") -> list[tuple[str, bool]]:
    """Return the texts of a message about an agent, as by the rules that come with chatpulse."""
    said = f"{shop} / {agent}: a buyer has waited 130 s, which is longer than anybody should wait"
    one = alert(
        shop=shop,
        agent=agent,
        summary=said,
        summary_zh=said,
        description=f"About {agent} of {shop}.",
        dashboard_url="https://wall.example/d/agent?var-agent=x",
    )
    notices = (Notice(group=group(one, alert("Other", shop=shop, agent=agent)), at_ms=NOW),)
    message = compose(notices, language, zone=ZoneInfo("Asia/Shanghai"), wall_url=WALL)
    return list(texts_of(VENDORS[vendor].render(message)))


def texts_of(body: Any, *, plain: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the texts of a body, and whether they are shown as they are, without any markup."""
    if isinstance(body, dict):
        plain = "plain_text" in (body.get("tag"), body.get("type"))
        body = list(body.values())
    if isinstance(body, list):
        for part in body:
            yield from texts_of(part, plain=plain)
    elif isinstance(body, str):
        yield body, plain


def skeleton(vendor: str, texts: list[tuple[str, bool]]) -> list[list[str]]:
    """Return what is no words in the texts."""
    return [re.findall(LINKS if plain else MARKUP[vendor], text) for text, plain in texts]


NAMES = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=3), max_size=3).map(
    lambda parts: "".join(parts)[:60]
)


@pytest.mark.parametrize("vendor", VENDORS)
@given(NAMES, NAMES)
def test_a_name_changes_the_words_of_a_message_only(vendor: str, shop: str, agent: str) -> None:
    shown, plain = drawn(vendor, f"s{shop}", f"a{agent}"), drawn(vendor, "shop", "agent")
    assert skeleton(vendor, shown) == skeleton(vendor, plain)
    for text, _ in shown:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("vendor", VENDORS)
def test_no_name_is_more_than_a_name(vendor: str, name: str) -> None:
    plain = skeleton(vendor, drawn(vendor, "shop", "agent"))
    assert skeleton(vendor, drawn(vendor, f"s{name}", "agent")) == plain
    assert skeleton(vendor, drawn(vendor, "shop", f"a{name}", "zh")) == plain


def test_names_without_a_link_in_them_are_shown_as_they_are() -> None:
    for name in ("客服 小美", "a_b", "旗舰店:小美", "Li (2)", "agent_02"):
        assert name in words("feishu", "shop", name)
        assert "waited 130 s" in words("feishu", "shop", name)


def test_the_words_of_a_name_with_a_link_can_still_be_read() -> None:
    assert "me＠evil．example" in words("wecom", "shop", "me@evil.example")
    assert "http：//evil．example" in words("slack", "http://evil.example", "agent")


def words(vendor: str, shop: str, agent: str) -> str:
    return "".join(text for text, _ in drawn(vendor, shop, agent))


@given(st.text(max_size=30))
@example("x\u202ey")
def test_slack_makes_no_links_of_words(name: str) -> None:
    body = VENDORS["slack"].render(
        compose(
            (Notice(group=group(alert(agent=f"a{name}", summary="x" * 99)), at_ms=NOW),),
            "en",
            zone=ZoneInfo("UTC"),
            wall_url=WALL,
        )
    )
    assert [b["text"]["verbatim"] for b in body["blocks"] if b["type"] == "section"] == [True]


# Secrets.


def marks(text: str | bytes) -> list[str]:
    shown = text.decode(errors="replace") if isinstance(text, bytes) else text
    return re.findall(rf".{{0,40}}{MARK}.{{0,20}}", shown)


def command_line(pid: int) -> bytes:
    shown = Path(f"/proc/{pid}/cmdline")
    return shown.read_bytes() if shown.exists() else b""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_relay_shows_no_secret(log_format: str, tmp_path: Path) -> None:
    """Whatever goes wrong with its robots, and however much it logs."""

    async def scenario() -> None:
        async with fake_robots() as robots:
            lines = [f'token_file = "{tmp_path}/token"', 'log_level = "debug"']
            lines += [f'log_format = "{log_format}"', f'state_file = "{tmp_path}/state.json"']
            file = configuration(tmp_path, robots, "\n".join(lines))
            (tmp_path / "token").write_text(f"token-of-alertmanager-{MARK}", encoding="utf-8")
            (tmp_path / "secret").write_text(f"SEC{MARK}", encoding="utf-8")
            for vendor, robot in robots.items():
                address = robot.url.removesuffix(PATHS[vendor])
                (tmp_path / f"{vendor}.url").write_text(f"{address}/{MARK}?key={MARK}", "utf-8")
            headers = {"Authorization": f"Bearer token-of-alertmanager-{MARK}"}
            async with (
                relay_process(file) as (stranger, process, log),
                aiohttp.ClientSession(headers=headers) as session,
            ):
                client = Client(stranger.url, session)
                status, answer = await stranger.post(webhook(alert()), token=f"wrong-{MARK}")
                assert (status, marks(json.dumps(answer))) == (401, [])
                status, answer = await client.post(webhook(alert()))
                assert (status, answer["queued"]) == (200, 4)
                for vendor in robots:  # nobody is at that address: 404
                    await asyncio.wait_for(client.until("failed_total", vendor, "refused"), 20)
                assert marks(command_line(process.pid)) == []
                for path in ("/metrics", "/-/ready", "/-/healthy", "/nowhere"):
                    assert marks((await client.get(path))[1]) == []
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 20) == 0
                text = await log
            assert "refused" in text
            assert marks(text) == []
            assert marks((tmp_path / "state.json").read_bytes()) == []

    asyncio.run(scenario())


def test_a_robot_that_cannot_be_reached_is_not_named(tmp_path: Path) -> None:
    """Errors of the HTTP client quote the address; what the poster returns goes into log lines."""

    async def told(url: str) -> str:
        (tmp_path / "slack.url").write_text(url, encoding="utf-8")
        settings = load(file, environment={})
        async with aiohttp.ClientSession() as session:
            poster = Poster(settings.receivers["slack"], settings, session, lambda: NOW)
            return repr(poster) + repr(await poster.post({"text": "x"}))

    async def scenario() -> None:
        for url in (
            f"http://127.0.0.1:9/{MARK}",
            f"https://127.0.0.1:9/{MARK}",
            f"https://me:{MARK}@127.0.0.1:9/",
            f"https://127.0.0.1:{MARK}/",
            f"https://[{MARK}/",
            f"https://{MARK}.invalid/",
        ):
            text = await told(url)
            assert "Retry" in text, url
            assert marks(text) == [], url

    file = configuration(tmp_path, {}, '[receivers.slack]\nvendor = "slack"\n'
                         f'url_file = "{tmp_path}/slack.url"')  # fmt: skip
    asyncio.run(scenario())


def test_a_proxy_is_shown_its_password_and_nobody_else(tmp_path: Path) -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        (tmp_path / "proxy").write_text(f"http://me:{MARK}@127.0.0.1:{port}\n", encoding="utf-8")
        settings = load(file, environment={})
        async with server, aiohttp.ClientSession() as session:
            poster = Poster(settings.receivers["slack"], settings, session, lambda: NOW)
            assert repr(await poster.post({"text": "x"})) == "Sent()"
        assert marks(repr(settings) + settings.model_dump_json()) == []

    lines = [f'proxy_file = "{tmp_path}/proxy"', "[receivers.slack]", 'vendor = "slack"']
    file = configuration(tmp_path, {}, "\n".join([*lines, f'url_file = "{tmp_path}/slack.url"']))
    (tmp_path / "slack.url").write_text("http://127.0.0.1:9/robot", encoding="utf-8")
    asyncio.run(scenario())
    (head,) = heads
    assert head.startswith(b"POST http://127.0.0.1:9/robot HTTP/1.1\r\n")
    login = base64.b64encode(f"me:{MARK}".encode())
    assert b"Proxy-Authorization: Basic " + login in head


WRONG = [
    ("a proxy that is none", "proxy", f"me:{MARK}@proxy", "wrong form"),
    ("a URL without TLS", "slack.url", f"http://example.com/{MARK}", "https://"),
    ("a URL of two lines", "slack.url", f"https://example.com/{MARK}\n{MARK}", "one line"),
    ("a URL that is none", "slack.url", MARK, "https://"),
    ("a token of two words", "token", f"{MARK * 3} {MARK}", "token"),
    ("a token that is short", "token", MARK, "token"),
]


@pytest.mark.parametrize(
    ("name", "text", "reason"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_a_wrong_secret_is_not_repeated(name: str, text: str, reason: str, tmp_path: Path) -> None:
    lines = [f'token_file = "{tmp_path}/token"', f'proxy_file = "{tmp_path}/proxy"']
    lines += ["[receivers.slack]", 'vendor = "slack"']
    file = configuration(tmp_path, {}, "\n".join([*lines, f'url_file = "{tmp_path}/slack.url"']))
    (tmp_path / "token").write_text("token-of-alertmanager", encoding="utf-8")
    (tmp_path / "proxy").write_text(f"http://me:{MARK}@proxy:3128", encoding="utf-8")
    (tmp_path / "slack.url").write_text("https://example.com/x", encoding="utf-8")
    assert marks(repr(load(file, environment={}))) == []
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=reason) as refused:
        load(file, environment={})
    assert marks(str(refused.value) + json.dumps([*refused.value.problems])) == []
