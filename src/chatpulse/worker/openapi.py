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
from ..web.server import OPEN_PATHS

PATH: Final = "/api/v1/openapi.json"
Json = dict[str, Any]

_JSON: Final = "application/json"
_TEXT: Final = "text/plain"
_STRING: Final[Json] = {"schema": {"type": "string"}}


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
    paths = _api(*({_JSON: {"schema": one}} for one in schemas)) | _pages(schemas[-1])
    for path in paths.keys() - OPEN_PATHS:
        operation = paths[path]["get"]
        found = operation["responses"] | _gate({_JSON: {"schema": schemas[-1]}})
        operation["responses"] = dict(sorted(found.items()))
        operation["security"] = [{}, {"basic": []}, {"bearer": []}]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "chatpulse worker",
            "version": __version__,
            "description": (
                "Read-only; HEAD is answered as GET is, but for the stream. What the numbers mean "
                "stands in docs/outputs.md and docs/kpis.md; instants are milliseconds since 1970."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Taken if web_config names users.",
                },
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Taken if web_token_file holds tokens.",
                },
            },
        },
    }


def _gate(refusal: Json) -> Json:
    """Return what every path answers to strangers, and to clients that ask too often."""
    challenge = {"description": "What may be shown: Basic, Bearer or both.", **_STRING}
    return {
        "401": {
            "description": "Who are you?",
            "headers": {"WWW-Authenticate": challenge},
            "content": refusal,
        },
        "429": {
            "description": "Too many requests, or wrong passwords, from one address.",
            "headers": {"Retry-After": {"description": "In how many seconds.", **_STRING}},
            "content": refusal,
        },
    }


def _api(shops: Json, scorecards: Json, waiting: Json, wall: Json, refusal: Json) -> Json:
    elsewhere = {
        "307": {
            "description": "The shop is another worker's.",
            "headers": {"Location": {"description": "The same question there.", **_STRING}},
        },
        "404": {"description": "No worker known here has this shop.", "content": refusal},
    }
    return {
        "/api/v1/shops": _get("The shops this worker owns", shops),
        "/api/v1/shops/{shop}/scorecards": _get(
            "The scorecards of a shop's day: the shop's own first, then its agents'",
            scorecards,
            elsewhere | {"400": {"description": "The day is no day.", "content": refusal}},
            [_SHOP, _DAY],
        ),
        "/api/v1/shops/{shop}/waiting": _get(
            "How many buyers wait, in the queue and for each agent", waiting, elsewhere, [_SHOP]
        ),
        "/api/v1/wall": _get("What the wall page shows, about a second old", wall),
        "/api/v1/wall/stream": _get(
            "The same, whenever it changes: events `wall`, and between them `beat`",
            {"text/event-stream": _STRING},
            {
                "503": {
                    "description": "Too many readers.",
                    "headers": {"Retry-After": _STRING},
                    "content": refusal,
                }
            },
        ),
        PATH: _get("This description", {_JSON: {"schema": {"type": "object"}}}),
    }


def _pages(refusal: Json) -> Json:
    text = {_TEXT: _STRING}
    state = {
        "200": {"description": "Yes: `ok`.", "content": text},
        "503": {"description": "No, and why.", "content": text},
    }
    nothing = {"description": "There is no such file.", "content": {_JSON: {"schema": refusal}}}
    return {
        "/metrics": _get(
            "Metrics for Prometheus, in the format that Accept prefers",
            {**text, "application/openmetrics-text": _STRING},
        ),
        "/-/healthy": _get("Is the process all right?", text, state),
        "/-/ready": _get("Is everything loaded, and the backlog read once?", text, state),
        "/": _get("The wall page", {"text/html": _STRING}, parameters=[_LANGUAGE]),
        "/static/{name}": _get(
            "A file of the wall page",
            dict.fromkeys(("text/css", "text/javascript", "image/svg+xml", _TEXT), _STRING),
            {"304": {"description": "You have it."}, "404": nothing},
            [_NAME],
        ),
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
