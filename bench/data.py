"""A workload with everything a run needs to know of it: where it lies, what must come of it."""

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.engine import PLAIN, VARIABLE
from bench.minimal import oracle
from bench.processes import CORES, environment, on_cores
from bench.workload import Workload


@dataclass(frozen=True)
class Data:
    """A workload's file and the results of the two oracles over it."""

    workload: Workload

    @cached_property
    def path(self) -> Path:
        """The file with the events."""
        return self.workload.file()

    @cached_property
    def minimal(self) -> str:
        """The `check` of the minimal job."""
        return oracle(self.path)

    @cached_property
    def scorecards(self) -> list[bytes]:
        """The scorecards that `chatpulse replay` prints, one line of JSON each, sorted.

        In plain Python, whichever engine is measured: it is the one that says what is right.
        """
        replay = [sys.executable, "-m", "chatpulse", "replay", str(self.path), "--format", "json"]
        command = [*replay, "--processes", str(min(2, len(CORES)) or 1)]
        plain = environment(**{VARIABLE: PLAIN})
        with on_cores(CORES):  # nothing is measured now
            done = subprocess.run(command, check=True, capture_output=True, env=plain)
        return sorted(done.stdout.splitlines())

    @cached_property
    def newest_at(self) -> int:
        """The time of the last event."""
        with self.path.open("rb") as lines:
            lines.seek(-4096, 2)
            at: int = json.loads(lines.read().splitlines()[-1])["at"]
            return at

    @cached_property
    def sha256(self) -> str:
        """The beginning of the file's digest: equal data, equal digest."""
        with self.path.open("rb") as lines:
            return hashlib.file_digest(lines, "sha256").hexdigest()[:16]
