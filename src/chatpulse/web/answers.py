"""What every web server here says: JSON, why a request is refused, the state of the process."""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec
from aiohttp import web

from .refusals import Refusal

JSON: Final = "application/json; charset=utf-8"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer that does not say otherwise."""


def refusal_answer(refusal: Refusal) -> web.Response:
    """Return the answer; one about a body ends the connection, which still brings it."""
    response = json_answer({"error": refusal.error}, refusal.status)
    if refusal.wait_seconds:
        response.headers["Retry-After"] = str(math.ceil(refusal.wait_seconds))
    for challenge in refusal.challenges:
        response.headers.add("WWW-Authenticate", challenge)
    if refusal.reason == "body":
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
