"""The relay's web server: Alertmanager's webhook, metrics, health."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from .alerts import PayloadError, parse_group
from .metrics import Metrics
from .relay import BusyError, Relay
from .secret import SecretError, read_secret
from .settings import Settings

MAX_BODY: Final = 4 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ListenError(Exception):
    """The address cannot be listened on; `str()` is one clear line with the remedy."""


class Web:
    """Serves one relay."""

    def __init__(
        self,
        relay: Relay,
        metrics: Metrics,
        settings: Settings,
        *,
        unhealthy: Callable[[], str | None],
    ) -> None:
        self._relay = relay
        self._metrics = metrics
        self._settings = settings
        self._unhealthy = unhealthy
        application = web.Application(middlewares=[_json_errors], client_max_size=MAX_BODY)
        application.add_routes(
            [
                web.post("/alertmanager", self._alertmanager),
                web.post("/alertmanager/{receiver}", self._alertmanager),
                web.get("/metrics", self._exposition),
                web.get("/-/healthy", self._healthy),
                web.get("/-/ready", self._ready),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=5)

    async def start(self) -> int:
        """Listen; return the port, which differs from the setting if that was 0."""
        host, port = self._settings.web_host, self._settings.web_port
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            raise ListenError(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another web_host or "
                "web_port (0 takes a free port)"
            ) from None
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _alertmanager(self, request: web.Request) -> web.Response:
        if not _authorized(request.headers.get("Authorization", ""), self._settings.token_file):
            return self._answer("unauthorized", {"error": "a bearer token is needed"}, 401)
        name = request.match_info.get("receiver")
        known = self._settings.receivers
        if name is not None and name not in known:
            error = f"there is no receiver {name[:80]!r}; there are {', '.join(sorted(known))}"
            return self._answer("rejected", {"error": error}, 404)
        try:
            group = parse_group(await request.read())
            queued, repeated = self._relay.accept(
                group, self._settings.defaults if name is None else (name,)
            )
        except PayloadError as problem:
            return self._answer("rejected", {"error": str(problem)}, 400)
        except BusyError as problem:
            return self._answer("busy", {"error": str(problem)}, 503)
        return self._answer("accepted", {"queued": queued, "repeated": repeated})

    def _answer(self, result: str, value: dict[str, Any], status: int = 200) -> web.Response:
        self._metrics.webhooks.labels(result).inc()
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        return web.json_response(value, status=status, headers=headers)

    async def _exposition(self, request: web.Request) -> web.Response:
        body, content_type = self._metrics.render(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type, "Vary": "Accept"})

    async def _healthy(self, request: web.Request) -> web.Response:
        return _state(self._unhealthy())

    async def _ready(self, request: web.Request) -> web.Response:
        return _state(self._unhealthy() or ("stopping" if self._relay.stopping else None))


def _authorized(header: str, token_file: Path | None) -> bool:
    if token_file is None:
        return True
    try:
        expected = f"Bearer {read_secret(token_file)}"
    except SecretError:
        return False
    return hmac.compare_digest(header.encode(errors="surrogateescape"), expected.encode())


def _state(trouble: str | None) -> web.Response:
    return web.Response(text=f"{trouble or 'ok'}\n", status=503 if trouble else 200)


@web.middleware
async def _json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what the router refuses as JSON, like everything else."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        text = json.dumps({"error": error.reason})
        return web.Response(
            text=text, status=error.status, headers=headers, content_type="application/json"
        )
