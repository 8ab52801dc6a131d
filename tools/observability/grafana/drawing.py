"""Drawing dashboards: Grafana's components in headless Chromium, asking a real Prometheus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from .workspace import page, run, workspace


class Job(Struct, frozen=True, kw_only=True):
    """One dashboard to draw as of `now`, with lines of the last `span` seconds."""

    dashboard: dict[str, Any]
    prometheus: str
    variables: dict[str, str]
    now: float
    span: float
    png: Path | None = None


class Drawn(Struct, frozen=True, kw_only=True):
    """What came of a job: panels without any series, faults, and the texts that can be read."""

    uid: str
    empty: list[str]
    blank: list[str]
    """Panels that show neither text nor lines."""
    errors: list[str]
    texts: dict[str, str]
    colours: dict[str, str]
    """The first colour behind each panel's numbers, as CSS writes it; empty where there is none."""


def draw(jobs: Sequence[Job], chromium: str = "chromium") -> list[Drawn]:
    """Draw dashboards one after another in one browser."""
    workspace()
    given = json.dumps([_plain(job) for job in jobs])
    said = run("node", "shoot.mjs", str(page()), chromium, given=given)
    return [Drawn(**json.loads(line)) for line in said.splitlines()]


def _plain(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(job, name) for name in job.__struct_fields__}
    found["png"] = None if job.png is None else str(job.png.resolve())
    return found
