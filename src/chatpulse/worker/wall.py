"""The wall page over HTTP: `/`, its files, the picture as JSON and as a stream of events."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
from dataclasses import dataclass
from importlib import resources
from typing import Final

import msgspec
from aiohttp import web

from .. import wall
from .pictures import Pictures
from .sources import Sources

TICK_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 5.0
SLOW_SECONDS: Final = 5.0
"""A reader who takes longer than this to take in a picture is let go."""
MAX_READERS: Final = 64
SEND_BUFFER: Final = 128 * 1024
"""What the system keeps for a reader; by itself it would keep megabytes, minutes of pictures."""
RETRY_MS: Final = 1000

LANGUAGES: Final = ("en", "zh")
HTML_LANGUAGES: Final = {"en": "en", "zh": "zh-Hans"}
TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Asset:
    """A file of the page."""

    body: bytes
    content_type: str
    etag: str


class WallPage:
    """Serves the page to browsers and pictures to its script."""

    def __init__(self, sources: Sources, *, topic: str, partitions: int) -> None:
        self._assets = read_assets()
        self._page = page_version(self._assets)
        self._pictures = Pictures(sources, topic=topic, partitions=partitions, page=self._page)
        self._readers = 0
        self._closing = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        return [
            web.get("/", self._index),
            web.get("/static/{name}", self._static),
            web.get("/api/v1/wall", self._wall),
            web.get("/api/v1/wall/stream", self._stream, allow_head=False),
        ]

    async def close(self, application: web.Application) -> None:
        """End all streams; they would hold up the server's stop."""
        self._closing.set()

    async def _index(self, request: web.Request) -> web.Response:
        language = request.query.get("lang", "")
        if language not in LANGUAGES:
            language = preferred(request.headers.get("Accept-Language", ""))
        text = self._assets["index.html"].body.decode()
        text = text.replace("{lang}", HTML_LANGUAGES[language]).replace("{page}", self._page)
        headers = {
            **SECURITY,
            "Cache-Control": "no-cache",
            "Content-Type": TYPES["html"],
            "Vary": "Accept-Language",
        }
        return web.Response(text=text, headers=headers)

    async def _static(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info["name"])
        if asset is None or asset.content_type == TYPES["html"]:
            raise web.HTTPNotFound
        headers = {**SECURITY, "Cache-Control": "no-cache", "ETag": f'"{asset.etag}"'}
        if any(tag.value in (asset.etag, "*") for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = asset.content_type
        return web.Response(body=asset.body, headers=headers)

    async def _wall(self, request: web.Request) -> web.Response:
        headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
        return web.Response(body=(await self._pictures.latest()).body, headers=headers)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._readers >= MAX_READERS:
            error = {"error": f"{MAX_READERS} pages are watching this worker already"}
            return web.json_response(error, status=503, headers={"Retry-After": "10"})
        headers = {
            "Cache-Control": "no-store",
            "Content-Type": "text/event-stream; charset=utf-8",
            "X-Accel-Buffering": "no",  # proxies must not collect what is meant for now
        }
        response = web.StreamResponse(headers=headers)
        self._readers += 1
        try:
            _keep_little(request)
            await response.prepare(request)
            await self._tell(response)
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # it does not read: nothing is flushed any more
        except ConnectionError:
            pass  # it has gone
        finally:
            self._readers -= 1
        return response

    async def _tell(self, response: web.StreamResponse) -> None:
        """Send a picture when it has changed, else now and then a sign of life."""
        loop = asyncio.get_running_loop()
        await response.write(f"retry: {RETRY_MS}\n\n".encode())
        shown, told_at = -1, 0.0
        while not self._closing.is_set():
            picture, now = await self._pictures.latest(), loop.time()
            event = b""
            if picture.number != shown:
                event = _event("wall", picture.body)
            elif now - told_at >= BEAT_SECONDS - TICK_SECONDS / 2:
                event = _event("beat", msgspec.json.encode({"now": picture.now}))
            if event:
                async with asyncio.timeout(SLOW_SECONDS):
                    await response.write(event)
                shown, told_at = picture.number, now
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._closing.wait()


def _keep_little(request: web.Request) -> None:
    connection = None if request.transport is None else request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def _event(name: str, body: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + body + b"\n\n"


def preferred(accept_language: str) -> str:
    """Return the language of ours that an Accept-Language header likes best."""
    best, best_quality = LANGUAGES[0], 0.0
    for entry in accept_language.split(","):
        tag, _, parameter = entry.partition(";")
        language = tag.strip().lower().split("-")[0]
        try:
            quality = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


def read_assets() -> dict[str, Asset]:
    """Return the files of the page by name."""
    assets = {}
    for file in (resources.files(wall) / "static").iterdir():
        kind = TYPES.get(file.name.rpartition(".")[2])
        if kind is not None:
            body = file.read_bytes()
            assets[file.name] = Asset(body, kind, hashlib.sha256(body).hexdigest()[:16])
    return assets


def page_version(assets: dict[str, Asset]) -> str:
    """Return what changes when any file of the page does."""
    tags = "".join(f"{name}{asset.etag}" for name, asset in sorted(assets.items()))
    return hashlib.sha256(tags.encode()).hexdigest()[:12]
