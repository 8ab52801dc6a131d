"""The wall over HTTP: the page and its files, the picture, the stream and its limits."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from chatpulse.worker import pictures
from chatpulse.worker import wall as page
from chatpulse.worker.wall import preferred
from tests.wall.desk import SECOND, T
from tests.wall.sources import Sources, application

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


Test = Callable[[TestClient[Any, Any], Sources], Awaitable[None]]


def run(test: Test) -> None:
    async def go() -> None:
        sources = Sources()
        async with TestClient(TestServer(application(sources))) as client:
            await test(client, sources)

    asyncio.run(go())


async def events(client: TestClient[Any, Any], count: int) -> list[tuple[str, dict[str, Any]]]:
    """Return the first events of a stream, names and data."""
    found: list[tuple[str, dict[str, Any]]] = []
    async with client.get("/api/v1/wall/stream") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        while len(found) < count:
            block = (await response.content.readuntil(b"\n\n")).decode()
            if block.startswith("retry: "):
                continue
            match = re.fullmatch(r"event: (\w+)\ndata: (.+)\n\n", block)
            assert match is not None, block
            found.append((match[1], json.loads(match[2])))
    return found


def test_the_page_and_its_files_come_with_a_strict_policy() -> None:
    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        for path in ("/", "/static/wall.js", "/static/wall.css", "/static/icon.svg"):
            async with client.get(path) as response:
                assert response.status == 200
                assert response.headers["Content-Security-Policy"] == POLICY
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Cache-Control"] == "no-cache"

    run(test)


def test_a_file_that_has_not_changed_is_not_sent_again() -> None:
    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        async with client.get("/static/wall.js") as first:
            tag = first.headers["ETag"]
        for sent, status in [(tag, 304), (f'"x", {tag}', 304), ('"x"', 200)]:
            async with client.get("/static/wall.js", headers={"If-None-Match": sent}) as response:
                assert (response.status, bool(await response.read())) == (status, status == 200)

    run(test)


@pytest.mark.parametrize(
    "path", ["/static/", "/static/none.js", "/static/index.html", "/static/..%2fview.py"]
)
def test_nothing_else_is_a_file(path: str) -> None:
    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        async with client.get(path) as response:
            assert response.status == 404

    run(test)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("de-DE,de;q=0.9,zh-TW;q=0.4", "zh"),
        ("en;q=0.1,zh;q=0.7", "zh"),
        ("fr", "en"),
        ("zh;q=0", "en"),
        ("zh;q=best, *", "en"),
    ],
)
def test_the_language_is_the_one_the_browser_likes_best(header: str, language: str) -> None:
    assert preferred(header) == language


@pytest.mark.parametrize(
    ("query", "header", "lang"),
    [
        ("", "zh-CN", "zh-Hans"),
        ("?lang=en", "zh-CN", "en"),
        ("?lang=zh", "en", "zh-Hans"),
        ("?lang=%22%3E", "en", "en"),
    ],
)
def test_the_page_is_in_the_language_that_is_asked_for(query: str, header: str, lang: str) -> None:
    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        async with client.get(f"/{query}", headers={"Accept-Language": header}) as response:
            text = await response.text()
            assert f'<html lang="{lang}">' in text
            assert response.headers["Vary"] == "Accept-Language"
            assert "{" not in text

    run(test)


def test_the_picture_says_what_this_worker_serves_and_where_the_rest_is() -> None:
    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        sources.desk.wrote(T - 5, "b", "a")
        async with client.get("/api/v1/wall") as response:
            assert response.headers["Cache-Control"] == "no-store"
            wall = await response.json()
        async with client.get("/") as response:
            found = re.search('name="page" content="(.+)"', await response.text())
            assert found is not None
        served = wall["served"]
        assert served["page"] == found[1]
        assert (served["partitions_owned"], served["partitions"]) == (2, 3)
        assert served["elsewhere"] == ["http://other:2"]
        assert served["unready"] == sources.unready
        assert (wall["now"], wall["newest_event_at"]) == (T, T - 5)
        assert wall["total"]["waiting"] == 1

    run(test)


def test_a_stream_begins_with_a_picture_and_tells_what_changes() -> None:
    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        stream = asyncio.create_task(events(client, 2))
        await asyncio.sleep(0.3)  # the first picture is on its way
        sources.now += 2 * SECOND
        sources.desk.wrote(sources.now, "b", "a")
        (first, before), (second, after) = await stream
        assert (first, second) == ("wall", "wall")
        assert (before["total"]["waiting"], after["total"]["waiting"]) == (0, 1)

    run(test)


def test_a_stream_without_news_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "BEAT_SECONDS", 1.0)

    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        assert [name for name, _ in await events(client, 3)] == ["wall", "beat", "beat"]

    run(test)


def test_only_so_many_may_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MAX_READERS", 1)

    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        async with client.get("/api/v1/wall/stream") as first:
            await first.content.readuntil(b"\n\n")
            async with client.get("/api/v1/wall/stream") as second:
                assert second.status == 503
                assert second.headers["Retry-After"] == "10"
            first.close()
        for _ in range(30):  # the one who has gone is missed when something is written to him
            async with client.get("/api/v1/wall/stream") as third:
                if third.status == 200:
                    return
            sources.now += SECOND
            sources.owned[0].newest["m"] = sources.now
            await asyncio.sleep(0.2)
        raise AssertionError("the place of a reader who has gone is never free")

    run(test)


def test_a_reader_who_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "SLOW_SECONDS", 0.2)
    monkeypatch.setattr(page, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(page, "MAX_READERS", 1)
    monkeypatch.setattr(pictures, "LEAST_SECONDS", 0.05)

    async def test(client: TestClient[Any, Any], sources: Sources) -> None:
        for number in range(100):  # a picture of some size
            sources.desk.wrote(T - 5, f"b{number}", f"{number:03}" * 40)
        loop = asyncio.get_running_loop()
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.setblocking(False)
            assert client.port is not None
            await loop.sock_connect(reader, ("127.0.0.1", client.port))
            await loop.sock_sendall(reader, b"GET /api/v1/wall/stream HTTP/1.1\r\nHost: x\r\n\r\n")
            for step in range(200):
                sources.owned[0].newest["m"] = T + step  # always something new
                await asyncio.sleep(0.05)
                async with client.get("/api/v1/wall/stream") as other:
                    if other.status == 200:
                        return
        raise AssertionError("the reader who does not read keeps his place")

    run(test)


def test_streams_do_not_hold_up_the_end_of_the_worker() -> None:
    async def go() -> float:
        async with TestClient(TestServer(application(Sources()))) as client:
            response = await client.get("/api/v1/wall/stream")
            await response.content.readuntil(b"\n\n")
            begun = time.monotonic()
            await client.server.close()
            return time.monotonic() - begun

    assert asyncio.run(go()) < 3
