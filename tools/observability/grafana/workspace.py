"""The place of Grafana's packages, `.cache/grafana`: installed once, bundled when needed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from ..thresholds import ROOT

SOURCES: Final = ROOT / "tools" / "observability" / "render"
FOLDER: Final = ROOT / ".cache" / "grafana"
NO_NAVIGATOR: Final = "globalThis.navigator ??= { language: 'en', languages: ['en'] };"


@cache
def workspace() -> Path:
    """Return the folder with the locked packages and our sources."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = [SOURCES / "package.json", SOURCES / "package-lock.json"]
    with _alone():
        if _changed("packages", lock):
            for path in lock:
                shutil.copy(path, FOLDER)
            flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            run("npm", "ci", *flags)
            _remember("packages", lock)
        sources = [p for p in SOURCES.iterdir() if p.suffix in {".mjs", ".ts", ".tsx"}]
        if _changed("sources", sources):  # another process may be reading them
            for path in sources:
                shutil.copy(path, FOLDER)
            _remember("sources", sources)
    return FOLDER


@cache
def page() -> Path:
    """Return the bundle that draws a dashboard, its style sheet beside it."""
    folder, sources = workspace(), [*SOURCES.glob("*.ts*"), *SOURCES.glob("*.json")]
    made = folder / "page.js"
    with _alone():
        if _changed("page", sources) or not made.exists():
            run("node", "bundle.mjs", str(made))
            _remember("page", sources)
    return made


@cache
def units() -> frozenset[str]:
    """Return the identifiers of the units that Grafana knows."""
    folder = workspace()
    with _alone():
        run(
            *("node_modules/.bin/esbuild", "units.ts", "--bundle", "--platform=node"),
            *("--format=esm", "--outfile=units.mjs", "--log-level=error"),
            f"--banner:js={NO_NAVIGATOR}",
        )
        found: list[str] = json.loads(run("node", str(folder / "units.mjs")))
    return frozenset(found)


def run(*command: str, given: str | None = None, seconds: float = 300) -> str:
    """Run a command in the workspace; return what it printed, raise with what it complained of."""
    done = subprocess.run(
        command,
        cwd=FOLDER,
        input=given,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "NODE_ENV": "production", "CI": "1"},
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other processes from making the same at the same time."""
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stamp(name: str) -> Path:
    return FOLDER / f".{name}"


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def _changed(name: str, paths: Iterable[Path]) -> bool:
    stamp = _stamp(name)
    return not stamp.exists() or stamp.read_text(encoding="ascii") != _digest(paths)


def _remember(name: str, paths: Iterable[Path]) -> None:
    _stamp(name).write_text(_digest(paths), encoding="ascii")
