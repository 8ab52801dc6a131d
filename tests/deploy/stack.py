"""deploy/compose.yml as Python sees it, and where its containers' files are on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tools import in_ci
from tools.observability.thresholds import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yml"
SECRETS = {"CHATPULSE_SECRETS": "./secrets.example"}
PLUGIN = ROOT / ".cache/tools/forky/usr/libexec/docker/cli-plugins/docker-compose"

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def plugin() -> str:
    """Return the path of Compose v2; without it skip the test, or fail it in CI."""
    if PLUGIN.exists():
        return str(PLUGIN)
    reason = f"{PLUGIN.relative_to(ROOT)} is missing (tools/debian_tools.sh forky docker-compose)"
    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def read(text: str | None = None) -> dict[str, Any]:
    """Return the document, anchors and variables replaced."""
    text = COMPOSE.read_text(encoding="utf-8") if text is None else text
    found: dict[str, Any] = yaml.safe_load(
        _VARIABLE.sub(lambda match: SECRETS.get(match[1], match[2]), text)
    )
    return found


STACK = read()
SERVICES: dict[str, dict[str, Any]] = STACK["services"]


def mounts(service: str) -> Iterator[tuple[str, Path, bool]]:
    """Yield target, file or folder on this machine, and whether it may be written to."""
    for volume in SERVICES[service].get("volumes", []):
        if isinstance(volume, dict):
            yield volume["target"], DEPLOY / volume["source"], not volume.get("read_only")
        elif volume.startswith("."):
            source, target, *mode = volume.split(":")
            yield target, DEPLOY / source, mode != ["ro"]
    for name in SERVICES[service].get("secrets", []):
        yield f"/run/secrets/{name}", DEPLOY / STACK["secrets"][name]["file"], False


def on_this_machine(service: str, path: str) -> Path | None:
    """Return what a container sees under `path`; None if nothing is mounted there."""
    for target, source, _ in mounts(service):
        if path == target or path.startswith(f"{target}/"):
            return source / path.removeprefix(target).lstrip("/")
    return None


def environment(service: str, **changes: str) -> dict[str, str]:
    """Return a service's environment, with mounted files where they are here."""
    found = {}
    for name, value in SERVICES[service].get("environment", {}).items():
        place = on_this_machine(service, value) if value.startswith("/") else None
        found[name] = value if place is None else str(place)
    return found | changes
