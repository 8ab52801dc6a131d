"""The description of the API: fresh, valid, and of the routes that there are."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from chatpulse.worker.openapi import description
from chatpulse.worker.sources import Sources
from chatpulse.worker.wall import WallPage
from chatpulse.worker.web import Web
from tests.golden import assert_golden

COPY = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_copy_for_readers_golden() -> None:
    assert_golden(COPY, json.dumps(description(), indent=1) + "\n")


def test_it_is_open_api() -> None:
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(description())] == []


def test_every_route_is_described_and_nothing_else() -> None:
    sources = cast(Sources, SimpleNamespace())
    wall = WallPage(sources, topic="m", partitions=1)
    served: Any = Web(sources, cast(Any, None), wall).server.application
    routes = {
        (resource.canonical, route.method)
        for resource in served.router.resources()
        for route in resource
    }
    described = {
        (path, method.upper())
        for path, methods in description()["paths"].items()
        for method in methods
    }
    assert {route for route in routes if route[1] != "HEAD"} == described
