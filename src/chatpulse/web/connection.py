"""One connection of a client: aiohttp's, but it waits for nobody and says everything in our form.

A client that does not take in its answer is let go, and the answers that wait for such clients take
bounded memory: what is sent goes out in pieces, and all that is not sent yet together is at most
`MAX_UNSENT`.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from aiohttp import web

from .answers import json_answer

SEND_SECONDS: Final = 30.0
"""How long a client may take to take in an answer."""
PIECE: Final = 64 * 1024
"""Answers that are larger are sent in pieces, each after the one before it has gone."""
MAX_UNSENT: Final = 64 * 1024 * 1024
"""Bytes of answers under way; beyond it the client that has been reading for longest is let go."""


class Sending:
    """The answers under way on all connections of a server, oldest first."""

    def __init__(self) -> None:
        self._sizes: dict[Connection, int] = {}

    def begin(self, connection: Connection, size: int) -> None:
        """Count an answer; let go whoever has been reading for longest while it is too much."""
        self._sizes[connection] = size
        while len(self._sizes) > 1 and sum(self._sizes.values()) > MAX_UNSENT:
            slowest = next(iter(self._sizes))
            del self._sizes[slowest]
            slowest.let_go()

    def end(self, connection: Connection) -> None:
        """Forget an answer that has gone out, or whose reader has gone."""
        self._sizes.pop(connection, None)


class Connection(web.RequestHandler):
    """Made for each client; `refused` is told `slow` or `head`, one of the reasons of a refusal."""

    __slots__ = ("_our_headers", "_refused", "_sending")

    def __init__(
        self,
        server: web.Server,
        sending: Sending,
        headers: Mapping[str, str],
        refused: Callable[[str], None],
        **options: Any,
    ) -> None:
        super().__init__(server, **options)
        self._sending = sending
        self._our_headers = headers
        self._refused = refused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; an answer counts as sent when all of it is with the system, not all but 16 kB."""
        super().connection_made(transport)
        # Over TLS asyncio takes a limit of nothing for "always full".
        encrypted = transport.get_extra_info("sslcontext") is not None
        cast(asyncio.Transport, transport).set_write_buffer_limits(high=1 if encrypted else 0)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer, in `SEND_SECONDS`; true beside it means that the client has gone."""
        self._sending.begin(self, _in_pieces(resp))
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            self.let_go()
            return resp, True
        finally:
            self._sending.end(self)

    def let_go(self) -> None:
        """Close without sending what waits."""
        self._refused("slow")
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or what broke, without any of its bytes."""
        closing = super().handle_error(request, status, exc, message)
        if status == 400:
            self._refused("head")
            error = "the head of this request is no HTTP, or too large"
        else:
            error = closing.reason
        response = json_answer({"error": error}, status)
        response.headers.update(self._our_headers)
        response.force_close()
        return response


def _in_pieces(response: web.StreamResponse) -> int:
    """Have a large body sent in pieces; return its size."""
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return 0
    size = len(response.body)
    if size > PIECE:
        response.body = io.BytesIO(response.body)
    return size
