"""The worker's HTTP API in OpenAPI 3.1, made from the structs that are answered.

Served at `/api/v1/openapi.json`; `docs/openapi.json` is a copy for readers, a test checks that it
is fresh, and others that the routes and the answers of a worker are those described here.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from .. import __version__
from ..contract.ids import MAX_ID_LENGTH
from ..scoreboard.live import Waiting
from ..scoreboard.scorecard import Scorecard
from ..wall.wall import Wall

PATH: Final = "/api/v1/openapi.json"
_JSON, _TEXT = "application/json", "text/plain"

Json = dict[str, Any]


class Shops(msgspec.Struct, frozen=True):
    """The shops that this worker owns."""

    shops: list[str]


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no other answer."""

    error: str


def description() -> Json:
    """Return the whole description."""
    schemas, components = msgspec.json.schema_components(
        (Shops, list[Scorecard], list[Waiting], Wall, Refusal),
        ref_template="#/components/schemas/{name}",
    )
    shops, scorecards, waiting, wall, refusal = ({_JSON: {"schema": one}} for one in schemas)
    strings = {"schema": {"type": "string"}}
    text, anything = {_TEXT: strings}, {_JSON: {"schema": {"type": "object"}}}

    def refused(why: str, **more: Any) -> Json:
        return {"description": why, "content": refusal, **more}

    elsewhere = {
        "307": {
            "description": "The shop is another worker's.",
            "headers": {"Location": {"description": "The same question there.", **strings}},
        },
        "404": refused("No worker that is known here has this shop."),
    }
    state = {
        "200": {"description": "Yes: `ok`.", "content": text},
        "503": {"description": "No, and why.", "content": text},
    }
    paths = {
        "/api/v1/shops": _get("The shops this worker owns", shops),
        "/api/v1/shops/{shop}/scorecards": _get(
            "The scorecards of a shop's day: the shop's own first, then its agents'",
            scorecards,
            elsewhere | {"400": refused("The day is no day.")},
            [_SHOP, _DAY],
        ),
        "/api/v1/shops/{shop}/waiting": _get(
            "How many buyers wait, in the queue and for each agent", waiting, elsewhere, [_SHOP]
        ),
        "/api/v1/wall": _get("What the wall page shows, about a second old", wall),
        "/api/v1/wall/stream": _get(
            "The same, whenever it changes: events `wall`, and between them `beat`",
            {"text/event-stream": strings},
            {"503": refused("Too many readers.", headers={"Retry-After": strings})},
        ),
        PATH: _get("This description", anything),
        "/metrics": _get(
            "Metrics for Prometheus, in the format that Accept prefers",
            {**text, "application/openmetrics-text": strings},
        ),
        "/-/healthy": _get("Is the process all right?", text, state),
        "/-/ready": _get("Is everything loaded, and the backlog read once?", text, state),
        "/": _get("The wall page", {"text/html": strings}, parameters=[_LANGUAGE]),
        "/static/{name}": _get(
            "A file of the wall page",
            dict.fromkeys(("text/css", "text/javascript", "image/svg+xml", _TEXT), strings),
            {"304": {"description": "You have it."}, "404": refused("There is no such file.")},
            [_NAME],
        ),
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "chatpulse worker",
            "version": __version__,
            "description": "Read-only; HEAD is answered as GET is, but for the stream. What the numbers mean "
            "stands in docs/outputs.md and docs/kpis.md; instants are milliseconds since 1970.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _get(
    summary: str, content: Json, others: Json | None = None, parameters: list[Json] | None = None
) -> Json:
    operation: Json = {"summary": summary}
    if parameters:
        operation["parameters"] = parameters
    found = {"200": {"description": f"{summary}.", "content": content}}
    return {"get": {**operation, "responses": dict(sorted((found | (others or {})).items()))}}


def _parameter(name: str, where: str, text: str, **schema: Any) -> Json:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": text,
        "schema": {"type": "string", **schema},
    }


_SHOP: Final = _parameter(
    "shop", "path", "The shop's id, percent-encoded.", minLength=1, maxLength=MAX_ID_LENGTH
)
_DAY: Final = _parameter(
    "day",
    "query",
    "An open day, or one of the last 62 closed ones; today if it is left out.",
    format="date",
)
_NAME: Final = _parameter("name", "path", "The file's name.", minLength=1)
_LANGUAGE: Final = _parameter("lang", "query", "Instead of what Accept-Language says.")


def route() -> web.RouteDef:
    """Return where the description is served."""
    body = msgspec.json.format(msgspec.json.encode(description()), indent=1)

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=_JSON, charset="utf-8")

    return web.get(PATH, answer)
