"""Where results are kept: a file of JSON for every part, with the run that it is of."""

import json
import os
import platform
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import engine
from bench.processes import CORES

FORMAT: Final = 3
"""Raise it when figures get other names: results of another format are left out."""

SOURCES: Final = ("src", "native", "bench", ":!bench/results")


@dataclass(frozen=True)
class Run:
    """One call of the bench, and what all its results have in common."""

    folder: Path
    command: str
    broker: str
    begun: str
    commit: str
    engine: str
    machine: dict[str, Any]

    def keep(self, name: str, since: float, **found: Any) -> None:
        """Write the `result` of a part that began at `since` (monotonic), or why it `failed`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        entry = {
            "format": FORMAT,
            "bench": name,
            "command": self.command,
            "begun": self.begun,
            "commit": self.commit,
            "broker": self.broker,
            "engine": self.engine,
            "machine": self.machine,
            "seconds": round(time.monotonic() - since, 1),
            **found,
        }
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")


def begin(folder: Path, arguments: Sequence[str], broker: str) -> Run:
    """Return the run that begins now, with these arguments."""
    command = " ".join(["python -m bench", *arguments])
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    return Run(folder, command, broker, begun, _commit(), engine.default(), _machine())


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the entries by the names of their parts; tell which cannot be read any more."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        entry = json.loads(path.read_text(encoding="utf-8"))
        if entry.get("format") == FORMAT:
            found[path.stem] = entry
        else:
            print(f"{path} is of an older bench: left out")
    return found


def _commit() -> str:
    """Return the commit, and whether what is measured has changed since."""
    return f"{_git('rev-parse', '--short', 'HEAD')}{' with changes' if _changes() else ''}"


def _changes() -> str:
    return _git("status", "--porcelain", "--untracked-files=no", "--", *SOURCES)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _machine() -> dict[str, Any]:
    cpu, memory_gb = platform.processor() or platform.machine(), 0
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
        cpu = models[0] if models else cpu
        total = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
        memory_gb = round(int(total) / 2**20)
    return {
        "cpu": cpu,
        "cores": len(CORES),
        "memory_gb": memory_gb,
        "load": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
    }
