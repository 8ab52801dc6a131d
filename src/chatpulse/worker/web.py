"""The worker's web server: metrics, health, the read-only API of outputs.md and the wall page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web

from ..web_config import WebConfig
from .api import Answer, Api, NotHere, Unusable
from .collector import Exposition
from .errors import RefusedError
from .openapi import OPEN_PATHS
from .openapi import route as description_route
from .sources import Sources
from .wall import WallPage

KEEP_UP_SECONDS: Final = 20.0
"""How long an answer may wait for the boards while a worker is far behind."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
IDLE_SECONDS: Final = 30.0
"""How long a connection may take to bring a whole head, or stay between two requests."""
JSON: Final = "application/json; charset=utf-8"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Web:
    """Serves one worker; listens from `start` on, before any partition is owned."""

    def __init__(
        self, sources: Sources, api: Api, wall: WallPage, config: WebConfig | None = None
    ) -> None:
        self._sources = sources
        self._config = config or WebConfig()
        self._headers = HEADERS | self._config.headers
        self._api = api
        self._exposition = Exposition(sources)
        application = web.Application(middlewares=[_json_errors, self._only_known])
        application.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/-/healthy", self._healthy),
                web.get("/-/ready", self._ready),
                web.get("/api/v1/shops", self._shops),
                web.get("/api/v1/shops/{shop}/scorecards", self._scorecards),
                web.get("/api/v1/shops/{shop}/waiting", self._waiting),
                description_route(),
                *wall.routes(),
            ]
        )
        application.on_response_prepare.append(self._add_headers)
        application.on_shutdown.append(wall.close)
        self._runner = web.AppRunner(application, access_log=None, keepalive_timeout=IDLE_SECONDS)

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port, which differs from `port` if that was 0."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port, ssl_context=self._config.tls).start()
        except OSError as error:
            raise RefusedError(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another web_host or "
                "web_port (0 takes a free port)"
            ) from None
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @web.middleware
    async def _only_known(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Ask who it is from; not for health, of which probes ask that keep no secrets."""
        known = request.path in OPEN_PATHS or await self._config.admits(
            request.headers.get("Authorization", "")
        )
        if known:
            return await handler(request)
        response = _json({"error": "who are you? basic authentication is required"}, 401)
        response.headers["WWW-Authenticate"] = 'Basic realm="chatpulse", charset="UTF-8"'
        return response

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)

    async def _metrics(self, request: web.Request) -> web.Response:
        accept = request.headers.get("Accept", "")
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        body, content_type = await self._exposition.render(accept, packed=packed)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    async def _healthy(self, request: web.Request) -> web.Response:
        return _state(self._sources.unhealthy)

    async def _ready(self, request: web.Request) -> web.Response:
        return _state(self._sources.unhealthy or self._sources.unready)

    async def _shops(self, request: web.Request) -> web.Response:
        return _json({"shops": self._api.shops()})

    async def _scorecards(self, request: web.Request) -> web.StreamResponse:
        day = request.query.get("day")
        await self._sources.keep_up(KEEP_UP_SECONDS)
        return _answer(request, await self._api.scorecards(request.match_info["shop"], day))

    async def _waiting(self, request: web.Request) -> web.StreamResponse:
        await self._sources.keep_up(KEEP_UP_SECONDS)
        return _answer(request, self._api.waiting(request.match_info["shop"]))


def _state(trouble: str | None) -> web.Response:
    return web.Response(text=f"{trouble or 'ok'}\n", status=503 if trouble else 200)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers={"Content-Type": JSON}
    )


def _answer(request: web.Request, answer: Answer) -> web.StreamResponse:
    match answer:
        case NotHere(url=str(url)):
            return web.Response(
                status=307, headers={"Location": f"{url}{request.rel_url}", "Content-Type": JSON}
            )
        case NotHere(reason=reason):
            return _json({"error": reason}, 404)
        case Unusable(reason=reason):
            return _json({"error": reason}, 400)
        case rows:
            return _json(rows)


@web.middleware
async def _json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what the router refuses as JSON, like everything else."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = _json({"error": error.reason}, error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
