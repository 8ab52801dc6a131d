"""The relay's web server: Alertmanager's webhook, metrics, health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from ..web.answers import json_answer, state_answer
from ..web.config import WebConfig
from ..web.server import WebServer, read_body
from .alerts import PayloadError, parse_group
from .metrics import Metrics
from .relay import BusyError, Relay
from .settings import Settings

MAX_BODY: Final = 4 * 1024 * 1024
BUSY: Final = 503
"""Alertmanager comes again after this, and gives an alert up after 429."""
RESULTS: Final = {200: "accepted", 401: "unauthorized", BUSY: "busy"}
"""What became of a webhook, by the status; of all others it is `rejected`."""
EXPOSED: Final = (
    "alerts are posted without a password; see token_file and web_config in docs/notify.md"
)


class Web:
    """Serves one relay."""

    def __init__(
        self,
        relay: Relay,
        metrics: Metrics,
        settings: Settings,
        config: WebConfig,
        *,
        unhealthy: Callable[[], str | None],
    ) -> None:
        self._relay = relay
        self._metrics = metrics
        self._settings = settings
        self._unhealthy = unhealthy
        routes = [
            web.post("/alertmanager", self._alertmanager),
            web.post("/alertmanager/{receiver}", self._alertmanager),
            web.get("/metrics", self._exposition),
            web.get("/-/healthy", self._healthy),
            web.get("/-/ready", self._ready),
        ]
        self._server = WebServer(
            routes,
            config,
            refused=lambda reason: metrics.web_refused.labels(reason).inc(),
            exposed=EXPOSED,
            too_often=BUSY,
            max_body=MAX_BODY,
            middleware=self._count,
        )

    async def start(self) -> int:
        """Listen; return the port, which differs from the setting if that was 0."""
        return await self._server.start(self._settings.web_host, self._settings.web_port)

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.stop()

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count what became of each webhook, refused ones too."""
        response = await handler(request)
        if request.method == "POST" and request.path.startswith("/alertmanager"):
            self._metrics.webhooks.labels(RESULTS.get(response.status, "rejected")).inc()
        return response

    async def _alertmanager(self, request: web.Request) -> web.Response:
        name = request.match_info.get("receiver")
        known = self._settings.receivers
        if name is not None and name not in known:
            error = f"there is no receiver {name[:80]!r}; there are {', '.join(sorted(known))}"
            return json_answer({"error": error}, 404)
        try:
            group = parse_group(await read_body(request))
            queued, repeated = self._relay.accept(
                group, self._settings.defaults if name is None else (name,)
            )
        except PayloadError as problem:
            return json_answer({"error": str(problem)}, 400)
        except BusyError as problem:
            return json_answer({"error": str(problem)}, BUSY)
        return json_answer({"queued": queued, "repeated": repeated})

    async def _exposition(self, request: web.Request) -> web.Response:
        body, content_type = self._metrics.render(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type, "Vary": "Accept"})

    async def _healthy(self, request: web.Request) -> web.Response:
        return state_answer(self._unhealthy())

    async def _ready(self, request: web.Request) -> web.Response:
        return state_answer(self._unhealthy() or ("stopping" if self._relay.stopping else None))
