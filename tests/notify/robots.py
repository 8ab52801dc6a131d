"""Fake robots on loopback that check what they get as the vendors document it, and can fail."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

SECRET = "SECfor-tests-only"
HOUR_S = 3600
PATHS = {
    "dingtalk": "/robot/send?access_token=t0ken",
    "wecom": "/cgi-bin/webhook/send?key=t0ken",
    "feishu": "/open-apis/bot/v2/hook/t0ken",
    "slack": "/services/T0/B0/t0ken",
}


class FakeRobot:
    """One robot. `plan` holds what becomes of the next posts: an int is an HTTP status, a str is
    `code`, `hang` or `drop`; when it is empty the post is checked and taken."""

    def __init__(self, vendor: str, *, limit: int = 20) -> None:
        self.vendor = vendor
        self.limit = limit
        self.plan: deque[int | str] = deque()
        self.retry_after: str | None = None
        self.seen: list[float] = []
        """When each post arrived."""
        self.taken: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        """What was wrong with posts that were not taken and not planned to fail."""
        self.url = ""
        self._arrived = asyncio.Condition()
        self._counted: deque[float] = deque()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.seen.append(time.monotonic())
        answer = await self._answer(request, raw)
        async with self._arrived:
            self._arrived.notify_all()
        return answer

    async def _answer(self, request: web.Request, raw: bytes) -> web.StreamResponse:
        if self.plan:
            return await self._fail(self.plan.popleft(), request)
        now = time.monotonic()
        while self._counted and now - self._counted[0] >= 60:
            self._counted.popleft()
        if len(self._counted) >= self.limit:
            self.complaints.append("too often")
            return self._code(self.too_often)
        self._counted.append(now)
        try:
            body = json.loads(raw.decode("utf-8"))
            assert "application/json" in request.headers["Content-Type"]
            check(self.vendor, request, raw, body)
        except (AssertionError, KeyError, ValueError) as problem:
            self.complaints.append(repr(problem))
            return self._code(1, status=400 if self.vendor == "slack" else 200)
        self.taken.append(body)
        return self._code(0)

    @property
    def too_often(self) -> int:
        return {"dingtalk": 130101, "wecom": 45009, "feishu": 11232, "slack": 429}[self.vendor]

    async def _fail(self, how: int | str, request: web.Request) -> web.StreamResponse:
        if how == "hang":
            await asyncio.sleep(60)
        if how == "drop":
            assert request.transport is not None
            request.transport.abort()
        if how == "code":
            return self._code(-1)
        if how == "throttle":
            return self._code(self.too_often)
        if how == "chunks":
            return await self._in_chunks(request)
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return web.Response(status=int(how) if isinstance(how, int) else 500, headers=headers)

    async def _in_chunks(self, request: web.Request) -> web.StreamResponse:
        """Take the post, and say so in two pieces."""
        self.taken.append(await request.json())
        answer = web.StreamResponse()
        await answer.prepare(request)
        text = self._code(0).body
        assert isinstance(text, bytes)
        await answer.write(text[:1])
        await asyncio.sleep(0.05)
        await answer.write(text[1:])
        return answer

    def _code(self, code: int, status: int = 200) -> web.Response:
        if self.vendor == "slack":
            text = "ok" if code == 0 else "invalid_payload"
            return web.Response(text=text, status=429 if code == self.too_often else status)
        if self.vendor == "feishu":
            return web.json_response({"code": code, "msg": "x", "data": {}}, status=status)
        return web.json_response({"errcode": code, "errmsg": "x"}, status=status)

    async def wait(self, count: int, seconds: float = 10) -> None:
        """Return when `count` posts have been taken."""
        async with self._arrived:
            await asyncio.wait_for(
                self._arrived.wait_for(lambda: len(self.taken) >= count), seconds
            )

    async def wait_seen(self, count: int, seconds: float = 10) -> None:
        """Return when `count` posts have arrived, taken or not."""
        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: len(self.seen) >= count), seconds)


def check(vendor: str, request: web.Request, raw: bytes, body: dict[str, Any]) -> None:
    """Check a post as the vendor's pages say (links in `chatpulse.notify.vendors`)."""
    {"dingtalk": _dingtalk, "wecom": _wecom, "feishu": _feishu, "slack": _slack}[vendor](
        request, raw, body
    )


def _dingtalk(request: web.Request, raw: bytes, body: dict[str, Any]) -> None:
    assert request.query["access_token"] == "t0ken"
    stamp = request.query["timestamp"]
    assert abs(int(stamp) / 1000 - time.time()) < HOUR_S, "timestamp"
    text = f"{stamp}\n{SECRET}".encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest())
    assert request.query["sign"] == expected.decode(), "sign"
    assert len(raw) <= 20_000, "size"
    kind = body["msgtype"]
    assert kind in {"actionCard", "markdown"}
    card = body[kind]
    assert card["title"]
    assert card["text"]
    if kind == "actionCard":
        assert card["singleTitle"]
        assert card["singleURL"].startswith("http")


def _wecom(request: web.Request, raw: bytes, body: dict[str, Any]) -> None:
    assert request.query["key"] == "t0ken"
    assert body["msgtype"] == "markdown"
    assert 0 < len(body["markdown"]["content"].encode()) <= 4096, "size"


def _feishu(request: web.Request, raw: bytes, body: dict[str, Any]) -> None:
    stamp = body["timestamp"]
    assert abs(int(stamp) - time.time()) < HOUR_S, "timestamp"
    key = f"{stamp}\n{SECRET}".encode()
    expected = base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
    assert body["sign"] == expected, "sign"
    assert len(raw) <= 20 * 1024, "size"
    assert body["msg_type"] == "interactive"
    card = body["card"]
    assert card["header"]["title"]["tag"] == "plain_text"
    assert card["header"]["template"] in {"red", "orange", "blue", "green"}
    assert {element["tag"] for element in card["elements"]} <= {"markdown", "action"}


def _slack(request: web.Request, raw: bytes, body: dict[str, Any]) -> None:
    assert body["text"]
    assert 0 < len(body["blocks"]) <= 50
    for block in body["blocks"]:
        match block["type"]:
            case "header":
                assert block["text"]["type"] == "plain_text"
                assert 0 < len(block["text"]["text"]) <= 150
            case "section":
                assert 0 < len(block["text"]["text"]) <= 3000
            case "actions":
                button = block["elements"][0]
                assert len(button["text"]["text"]) <= 75
                assert len(button["url"]) <= 3000
            case other:
                raise AssertionError(other)


@asynccontextmanager
async def fake_robots(*vendors: str) -> AsyncIterator[dict[str, FakeRobot]]:
    """Start one robot per vendor; each listens on a port of its own."""
    robots = {vendor: FakeRobot(vendor) for vendor in vendors or PATHS}
    runners = []
    try:
        for vendor, robot in robots.items():
            application = web.Application()
            application.router.add_post(PATHS[vendor].split("?")[0], robot.handle)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            runners.append(runner)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            robot.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATHS[vendor]}"
        yield robots
    finally:
        for runner in runners:
            await runner.cleanup()


def configuration(tmp_path: Path, robots: dict[str, FakeRobot], extra: str = "") -> Path:
    """Write a configuration for the robots, with their secrets beside it."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    lines = ["web_port = 0", 'retry_first = "20ms"', 'retry_longest = "100ms"', extra]
    for name, robot in robots.items():
        (tmp_path / f"{name}.url").write_text(f"{robot.url}\n", encoding="utf-8")
        lines += [f"[receivers.{name}]", f'vendor = "{robot.vendor}"']
        lines.append(f'url_file = "{tmp_path / name}.url"')
        if robot.vendor in {"dingtalk", "feishu"}:
            lines.append(f'secret_file = "{tmp_path / "secret"}"')
    file = tmp_path / "notify.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file
