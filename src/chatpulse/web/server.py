"""A web server as the worker and the relay have it: who may ask, how much, and how slowly.

Every request passes the same gate: health is for everybody, a GET brings no body, a client asks
only so often, and has to be known if the web-config file or a token file says so.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ..failure import CANNOT_GO_ON, Failure
from .answers import HEADERS, json_answer, refusal_answer
from .config import WebConfig
from .connection import Connection, Sending
from .door import Guests, open_doors
from .limits import Buckets, client_of
from .refusals import Refusal

IDLE_SECONDS: Final = 30.0
"""How long a client may take for a handshake, a head or a body, or stay between two requests."""
LINGER_SECONDS: Final = 2.0
"""How long the body of a refused request is read away, so that its sender sees the answer."""
SHUTDOWN_SECONDS: Final = 5.0
"""How long a stop waits for requests that are being answered."""
MAX_HEADERS: Final = 64
"""Fields of a request's head; each, and the request line, has at most 8190 bytes (aiohttp's)."""
BURST: Final = 2000
PER_SECOND: Final = 50.0
"""Requests of one client: a report may ask for every day of every shop, a flood may not."""
OPEN_PATHS: Final = frozenset({"/-/healthy", "/-/ready"})
"""Answered to everybody: probes keep no secrets."""

log = logging.getLogger(__name__)


class WebServer:
    """Listens from `start` on; `refused` is told the reason of everything that is refused."""

    def __init__(
        self,
        routes: Iterable[web.AbstractRouteDef],
        config: WebConfig,
        *,
        refused: Callable[[str], None],
        exposed: str,
        too_often: int = 429,
        max_body: int = 1024,
        middleware: Middleware | None = None,
    ) -> None:
        """`exposed` says what everybody may do where nobody is asked who they are.

        `too_often` is the status for a client that asks too often, `max_body` the largest body in
        bytes; `middleware`, decorated as such, sees all requests, refused or not.
        """
        self._config = config
        self._refused = refused
        self._exposed = exposed
        self._too_often = too_often
        self._requests = Buckets(BURST, PER_SECOND)
        self._headers = HEADERS | config.headers
        self._listening: list[asyncio.Server] = []
        gate: list[Middleware] = [self._json_errors, self._gate]
        self.application = web.Application(
            middlewares=gate if middleware is None else [middleware, *gate],
            client_max_size=max_body,
        )
        self.application.add_routes(routes)
        self.application.on_response_prepare.append(self._add_headers)
        self._runner = web.AppRunner(self.application, shutdown_timeout=SHUTDOWN_SECONDS)

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port, which differs from `port` if that was 0. Raise `Failure`."""
        await self._runner.setup()
        server = self._runner.server
        assert server is not None  # noqa: S101  # made by setup
        loop = asyncio.get_running_loop()
        connection = partial(
            Connection, server, Sending(), self._headers, self._refused,
            loop=loop, access_log=None, keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGER_SECONDS, max_headers=MAX_HEADERS,
        )  # fmt: skip
        tls = self._config.tls
        patience = IDLE_SECONDS if tls is not None else None
        try:
            doors = await open_doors(host, port, Guests(partial(self._refused, "connections")))
            port = int(doors[0].getsockname()[1])
            for door in doors:
                listening = await loop.create_server(
                    connection, sock=door, ssl=tls,
                    ssl_handshake_timeout=patience, ssl_shutdown_timeout=patience,
                )  # fmt: skip
                self._listening.append(listening)
        except OSError as error:
            raise Failure(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another web_host or "
                "web_port (0 takes a free port)",
                status=CANNOT_GO_ON,
            ) from None
        if not (is_loopback(host) or self._config.asks):
            log.warning("listening on %s for everybody: %s", host, self._exposed)
        return port

    async def stop(self) -> None:
        """Stop listening, and end what is open."""
        for listening in self._listening:
            listening.close()
        await self._runner.cleanup()

    @web.middleware
    async def _gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = await self._refusal(request)
        if refusal is None:
            return await handler(request)
        self._refused(refusal.reason)
        return refusal_answer(refusal)

    async def _refusal(self, request: web.Request) -> Refusal | None:
        if request.method in ("GET", "HEAD") and request.body_exists:
            return Refusal("body", 413, f"a {request.method} brings no body")
        if request.path in OPEN_PATHS:
            return None
        client = client_of(request.remote)
        wait = self._requests.take(client, time.monotonic())
        if wait:
            error = "too many requests from your address; come again later"
            return Refusal("rate", self._too_often, error, wait)
        shown = request.headers.get("Authorization", "")
        refusal = await self._config.admission.refusal(shown, client)
        if refusal is not None and refusal.wait_seconds:
            return refusal._replace(status=self._too_often)
        return refusal

    @web.middleware
    async def _json_errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer what router and handlers refuse as JSON, like everything else."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            response = json_answer({"error": error.reason}, error.status)
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
            reason = {408: "slow", 413: "body"}.get(error.status)
            if reason is not None:
                self._refused(reason)
                response.force_close()
            return response

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)


async def read_body(request: web.Request) -> bytes:
    """Return the body; raise what answers 413 if it is too large, 408 if it comes too slowly."""
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
