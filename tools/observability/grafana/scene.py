"""A service room to look at: broker, simulator, worker, and a Prometheus with the shipped rules."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from chatpulse.contract.topics import MESSAGES, ORDERS
from chatpulse.demo.broker import PARTITIONS, embedded_broker, ensure_topics

from ..dashboards import dashboard_files
from ..prometheus import Hosts, prometheus_file
from ..rules import alerts_file, recording_file
from ..thresholds import load
from .drawing import Job

TOPICS: Final = (
    *(MESSAGES, ORDERS),
    *("chatpulse.checkpoints", "chatpulse.daily", "chatpulse.dead-letters"),
)
HOST: Final = "127.0.0.1"
DAY_AND_NIGHT: Final = 'duty_window = ["00:00", "24:00"]\n'
"""So that there are rates and alerts of the duty hours whenever the scene is played."""


class Scene(Struct, frozen=True):
    """The running scene."""

    prometheus: str
    worker: subprocess.Popen[bytes]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return what Prometheus answers now: dictionaries with metric and value."""
        asked = urllib.parse.urlencode({"query": expression})
        answer = _get(f"{self.prometheus}/api/v1/query?{asked}")
        found: list[dict[str, Any]] = json.loads(answer)["data"]["result"]
        return found

    def number(self, expression: str) -> float | None:
        """Return the one number of an expression, or None."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else None

    def slowest(self) -> dict[str, str]:
        """Return shop and agent of whoever answers slowest today."""
        found = self.query('topk(1, chatpulse_agent_response_mean_seconds{window="today"})')
        return {name: found[0]["metric"][name] for name in ("shop", "agent")}

    def job(self, name: str, language: str, *, span: float, png: Path | None = None) -> Job:
        """Return the job to draw one dashboard as of now."""
        path = f"deploy/grafana/dashboards/{language}/{name}.json"
        chosen = self.slowest() if name == "agent" else {"shop": ".+"}
        return Job(
            dashboard=json.loads(dashboard_files()[path]),
            prometheus=self.prometheus,
            variables={"datasource": "prometheus", "__rate_interval": "20s", **chosen},
            now=time.time(),
            span=span,
            png=png,
        )


@contextmanager
def scene(folder: Path, *, shops: int = 2, agents: int = 6, rate: float = 6) -> Iterator[Scene]:
    """Play the scene for the duration of the block; it starts with an hour of history."""
    ports = (_free_port(), _free_port())
    with embedded_broker() as brokers, ExitStack() as stack:
        ensure_topics(brokers, TOPICS)
        worker = stack.enter_context(_worker(folder, brokers, ports[0]))
        stack.enter_context(_simulator(folder, brokers, shops, agents, rate))
        stack.enter_context(_prometheus(folder, f"{HOST}:{ports[0]}", f"{HOST}:{ports[1]}"))
        found = Scene(f"http://{HOST}:{ports[1]}", worker)
        until(lambda: found.number('sum(ALERTS{alertstate="firing"})'), "an alert fires")
        yield found


def until(holds: Any, what: str, seconds: float = 90) -> None:
    """Wait until `holds()`; another process gets there in its own time."""
    deadline = time.monotonic() + seconds
    while not _quietly(holds):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.5)


def _quietly(holds: Any) -> Any:
    try:
        return holds()
    except (urllib.error.URLError, OSError):
        return None


def _worker(folder: Path, brokers: str, port: int) -> Any:
    rules = folder / "rules.toml"
    rules.write_text(DAY_AND_NIGHT, encoding="utf-8")
    settings = {
        "BROKERS": brokers,
        "GROUP": "scene",
        "RULES": str(rules),
        "PARTITIONS": str(PARTITIONS),
        "WEB_HOST": HOST,
        "WEB_PORT": str(port),
        "CHECKPOINT_INTERVAL": "5s",
    }
    return _chatpulse(folder, "worker", ["--config", os.devnull], settings)


def _simulator(folder: Path, brokers: str, shops: int, agents: int, rate: float) -> Any:
    warm = f"{int(min(3600, max(60, 12_000 / rate)))}s"
    arguments = [
        *("--brokers", brokers, "--curve", "flat", "--warm", warm, "--rate", str(rate)),
        *("--shops", str(shops), "--agents", str(agents), "--duplicates", "0.01"),
        *("--garbage", "0.002", "--disorder", "3s"),
    ]
    return _chatpulse(folder, "simulate", arguments, {})


def _chatpulse(folder: Path, command: str, arguments: list[str], settings: dict[str, str]) -> Any:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CHATPULSE_")}
    environment = kept | {f"CHATPULSE_{key}": value for key, value in settings.items()}
    call = [sys.executable, "-m", "chatpulse", command, *arguments]
    return _process(folder, command, call, environment)


def _prometheus(folder: Path, worker: str, listen: str) -> Any:
    nobody = f"{HOST}:9"
    text = prometheus_file(Hosts(worker, nobody, nobody, listen))
    others = text.index("  - job_name: notify"), text.index("  - job_name: prometheus")
    text = text[: others[0]] + text[others[1] :]  # neither plays a part
    for wide, narrow in (("_interval: 5s", "_interval: 1s"), ("_timeout: 4s", "_timeout: 1s")):
        text = text.replace(wide, narrow)
    (folder / "prometheus.yml").write_text(text, encoding="utf-8")
    (folder / "rules").mkdir(exist_ok=True)
    settings = load()
    settings = replace(settings, duty=replace(settings.duty, start="00:00", end="24:00"))
    for name, make in (("rules", recording_file), ("alerts", alerts_file)):
        (folder / "rules" / f"chatpulse.{name}.yml").write_text(make(settings), encoding="utf-8")
    call = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={listen}",
    ]
    return _process(folder, "prometheus", call, dict(os.environ))


@contextmanager
def _process(
    folder: Path, name: str, call: list[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(call, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            yield process
            if process.poll() is not None:
                raise RuntimeError(f"{name} has ended: see {log.name}")
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # of this scene
        found: bytes = answer.read()
        return found.decode()
