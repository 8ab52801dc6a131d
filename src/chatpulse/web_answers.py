"""What every web server here says: JSON, the state of the process, and why a request is refused."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web

JSON: Final = "application/json; charset=utf-8"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer that does not say otherwise."""
REASONS: Final = ("attempts", "body", "connections", "head", "rate", "slow", "unauthenticated")
"""Why a request or a connection is refused; the values of a metric's label."""


class Refusal(NamedTuple):
    """A request that no handler sees."""

    reason: str
    """One of `REASONS`."""
    status: int
    error: str
    wait_seconds: float = 0.0
    """When to come again; 0 if that changes nothing."""
    challenges: tuple[str, ...] = ()
    """What may be shown instead, as in WWW-Authenticate."""

    def answer(self) -> web.Response:
        """Return the answer; one about a body ends the connection, which still brings it."""
        response = json_answer({"error": self.error}, self.status)
        if self.wait_seconds:
            response.headers["Retry-After"] = str(math.ceil(self.wait_seconds))
        for challenge in self.challenges:
            response.headers.add("WWW-Authenticate", challenge)
        if self.reason == "body":
            response.force_close()
        return response


def json_answer(value: Any, status: int = 200) -> web.Response:
    """Return an answer in JSON."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers={"Content-Type": JSON}
    )


def state_answer(trouble: str | None) -> web.Response:
    """Return 200 and `ok`, or 503 and the trouble, as text."""
    return web.Response(text=f"{trouble or 'ok'}\n", status=503 if trouble else 200)
