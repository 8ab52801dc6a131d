"""The workers of a campaign as processes, and a supervisor that starts anew what has ended."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.worker.lab import Lab

RESTART_SECONDS = 1.0
ROOT = Path(__file__).parents[2]


@dataclass
class Member:
    """One worker process, from its start to its end."""

    name: str
    folder: Path
    process: subprocess.Popen[bytes]
    started_at: float
    wanted: bool = True
    """Whether it should be running; when it is not and has ended, it is started anew."""
    url: str | None = None

    @property
    def log(self) -> str:
        return (self.folder / f"{self.name}.log").read_text(encoding="utf-8", errors="replace")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def frozen(self) -> bool:
        """Tell whether the process is stopped by a signal."""
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] == "T"

    def status(self) -> dict[str, Any] | None:
        """Return what it last wrote about itself; None before the first time."""
        try:
            found = (self.folder / f"{self.name}.status").read_text()
        except FileNotFoundError:
            return None
        status: dict[str, Any] = json.loads(found)
        return status

    def get(self, path: str, seconds: float = 2.0) -> tuple[int, str] | None:
        """Return status and body of an answer; None when there is none."""
        if self.url is None:
            out = (self.folder / f"{self.name}.out").read_text()
            match = re.search(r"^listening on (http\S+)$", out, re.MULTILINE)
            if match is None:
                return None
            self.url = match[1]
        try:
            with urllib.request.urlopen(self.url + path, timeout=seconds) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError:
            return None

    def signal(self, number: signal.Signals) -> None:
        if self.alive:
            self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and nobody starts it anew."""
        self.wanted = False
        self.process.kill()
        self.process.wait()


@dataclass
class Fleet:
    """All workers of a campaign, the dead ones too."""

    lab: Lab
    outside: str
    """The address of the brokers as workers see it."""
    environment: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    exits: list[tuple[str, int, str]] = field(default_factory=list)
    """Workers that ended by themselves: name, exit status, last line."""

    @property
    def alive(self) -> list[Member]:
        return [member for member in self.members if member.wanted and member.alive]

    @property
    def awake(self) -> list[Member]:
        return [member for member in self.alive if not member.frozen]

    def start(self, **environment: str) -> Member:
        """Start one more worker; do not wait for it."""
        name, folder = f"w{len(self.members) + 1}", self.lab.folder
        own = {
            "CHATPULSE_BROKERS": self.outside,
            "FAULTS_FOLDER": str(folder),
            "FAULTS_NAME": name,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
        }
        with (folder / f"{name}.log").open("ab") as log, (folder / f"{name}.out").open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker", "worker"],
                env=self.lab.environment() | self.environment | own | environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
            )
        self.members.append(Member(name, folder, process, time.monotonic()))
        return self.members[-1]

    def supervise(self) -> None:
        """Start anew whoever has ended without being told to."""
        for member in self.members:
            if not member.wanted or member.alive:
                continue
            lines = member.log.rstrip().splitlines()
            status = member.process.returncode
            self.exits.append((member.name, status, lines[-1] if lines else ""))
            member.wanted = False
            if time.monotonic() - member.started_at < RESTART_SECONDS:
                time.sleep(RESTART_SECONDS)
            self.start()

    def stop(self, seconds: float = 20.0) -> dict[str, tuple[int, float]]:
        """Stop all in an orderly way; return exit status and seconds of each."""
        stopping, begun, stopped = self.alive, time.monotonic(), {}
        for member in stopping:
            member.wanted = False
            member.signal(signal.SIGTERM)
        for member in stopping:
            try:
                status = member.process.wait(max(0.1, begun + seconds - time.monotonic()))
            except subprocess.TimeoutExpired:
                member.kill()
                status = -9
            stopped[member.name] = (status, time.monotonic() - begun)
        return stopped

    def kill(self) -> None:
        """End all, frozen ones too."""
        for member in self.members:
            if member.alive:
                member.kill()
