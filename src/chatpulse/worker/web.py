"""The worker's web server: metrics, health, the read-only API of outputs.md and the wall page."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from ..web.answers import JSON, json_answer, state_answer
from ..web.config import WebConfig
from ..web.server import WebServer
from .api import Answer, Api, NotHere, Unusable
from .collector import Exposition
from .openapi import route as description_route
from .sources import Sources
from .wall import WallPage

KEEP_UP_SECONDS: Final = 20.0
"""How long an answer may wait for the boards while a worker is far behind."""
EXPOSED: Final = (
    "agents' numbers are read without a password; see web_config and web_token_file in "
    "docs/configuration.md"
)


class Web:
    """Serves one worker; listens from `start` on, before any partition is owned."""

    def __init__(
        self, sources: Sources, api: Api, wall: WallPage, config: WebConfig | None = None
    ) -> None:
        self._sources = sources
        self._api = api
        self._exposition = Exposition(sources)
        routes = [
            web.get("/metrics", self._metrics),
            web.get("/-/healthy", self._healthy),
            web.get("/-/ready", self._ready),
            web.get("/api/v1/shops", self._shops),
            web.get("/api/v1/shops/{shop}/scorecards", self._scorecards),
            web.get("/api/v1/shops/{shop}/waiting", self._waiting),
            description_route(),
            *wall.routes(),
        ]
        self.server = WebServer(
            routes, config or WebConfig(), refused=self._refused, exposed=EXPOSED
        )
        self.server.application.on_shutdown.append(wall.close)

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port, which differs from `port` if that was 0."""
        return await self.server.start(host, port)

    async def stop(self) -> None:
        """Stop listening."""
        await self.server.stop()

    def _refused(self, reason: str) -> None:
        self._sources.counters.web_refused[reason] += 1

    async def _metrics(self, request: web.Request) -> web.Response:
        accept = request.headers.get("Accept", "")
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        body, content_type = await self._exposition.render(accept, packed=packed)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    async def _healthy(self, request: web.Request) -> web.Response:
        return state_answer(self._sources.unhealthy)

    async def _ready(self, request: web.Request) -> web.Response:
        return state_answer(self._sources.unhealthy or self._sources.unready)

    async def _shops(self, request: web.Request) -> web.Response:
        return json_answer({"shops": self._api.shops()})

    async def _scorecards(self, request: web.Request) -> web.StreamResponse:
        day = request.query.get("day")
        await self._sources.keep_up(KEEP_UP_SECONDS, request.match_info["shop"])
        return _answer(request, await self._api.scorecards(request.match_info["shop"], day))

    async def _waiting(self, request: web.Request) -> web.StreamResponse:
        await self._sources.keep_up(KEEP_UP_SECONDS, request.match_info["shop"])
        return _answer(request, self._api.waiting(request.match_info["shop"]))


def _answer(request: web.Request, answer: Answer) -> web.StreamResponse:
    match answer:
        case NotHere(url=str(url)):
            return web.Response(
                status=307, headers={"Location": f"{url}{request.rel_url}", "Content-Type": JSON}
            )
        case NotHere(reason=reason):
            return json_answer({"error": reason}, 404)
        case Unusable(reason=reason):
            return json_answer({"error": reason}, 400)
        case rows:
            return json_answer(rows)
