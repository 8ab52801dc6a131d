"""Measured processes: each on a core of its own, everything else on the other one."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Final

from bench.meter import RESULT

BENCH_VENV: Final = Path(".cache/bench-venv/bin/python")
ROOT: Final = Path(__file__).parent.parent
CORES: Final = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []


@contextmanager
def on_cores(cores: list[int]) -> Iterator[None]:
    """Keep this thread, and what it starts in the block, on some cores, where the system can."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def aside() -> AbstractContextManager[None]:
    """Keep this process and what it starts off the measured core, where there are two."""
    return on_cores(CORES[1:])


class FailedError(RuntimeError):
    """A measured process ended without a result, or with a wrong one."""


FAILURES: Final = (FailedError, subprocess.SubprocessError, OSError)
"""What one measured process may come to while the others are still worth their time."""


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a measured process: ours without settings of chatpulse."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("CHATPULSE_")}
    return ours | {"PYTHONPATH": str(ROOT)} | more


@contextmanager
def running(
    command: list[str], cores: list[int] | None = None, **more: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a command on the measured core, with `more` environment; kill it when the block ends."""
    with on_cores(CORES[:1] if cores is None else cores):
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=_errors(),
            text=True,
            env=environment(**more),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def measure(
    command: list[str],
    wanted: Mapping[str, Any],
    *,
    timeout: float = 1200,
    cores: list[int] | None = None,
    **more: str,
) -> dict[str, Any]:
    """Run a peer to its end, with `more` environment, and return what it measured."""
    with running([*command, json.dumps(wanted)], cores, **more) as process:
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise FailedError(f"{command} took more than {timeout:.0f} s") from None
    return result(command, output)


def result(command: list[str], output: str) -> dict[str, Any]:
    """Return the result among the lines that a process printed."""
    for line in reversed(output.splitlines()):
        _, marked, text = line.partition(RESULT)  # Faust puts codes for terminals before it
        if marked:
            found: dict[str, Any] = json.loads(text)
            return found
    raise FailedError(f"{' '.join(command)} gave no result: {last_words(output)}")


def last_words(output: str) -> str:
    """Return the end of what a process printed, and of what all of them complained of."""
    log = Path(_errors().name).read_text(errors="replace")
    return f"{output[-2000:]}{log[-2000:]}".strip()


def python(module: str, interpreter: Path | str = sys.executable) -> list[str]:
    """Return the command of a module of ours, run in a venv."""
    return [str(interpreter), "-m", module]


def wait_until(what: str, seconds: float, found: Callable[[], bool]) -> float:
    """Wait until `found`; return how long that took."""
    begun = time.monotonic()
    while not found():
        if time.monotonic() - begun > seconds:
            raise FailedError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - begun


_errors_file: list[IO[str]] = []


def _errors() -> IO[str]:
    if not _errors_file:
        _errors_file.append(tempfile.NamedTemporaryFile("w+", prefix="bench-", suffix=".log"))  # noqa: SIM115
    return _errors_file[0]
