"""The whole demo as its users meet it: a command that shows numbers, and goes without a trace."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools import need

DEMO = (sys.executable, "-m", "chatpulse", "demo", "--lang", "en")
FIRST_NUMBERS_SECONDS = 40.0  # 6 on a quiet machine; tests are run on busy ones
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for orphans in /proc")


def children_of(pid: int) -> set[int]:
    return {child for child in _processes() if _parent(child) == pid}


def _processes() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
        return 0 if state == "Z" else int(parent)
    return 0


def gone(pids: set[int], *, within: float = 0.0) -> bool:
    deadline = time.monotonic() + within
    while left := {pid for pid in pids if _parent(pid)}:
        if time.monotonic() > deadline:
            print("left:", *((pid, Path(f"/proc/{pid}/cmdline").read_bytes()) for pid in left))
            return False
        time.sleep(0.05)
    return True


def _environment() -> dict[str, str]:
    """Return ours, without the size of a terminal: readline sets it unseen, workers inherit it."""
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    return kept | {"TERM": "xterm"}


@contextlib.contextmanager
def demo(*options: str, **streams: int) -> Iterator[subprocess.Popen[str]]:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # who runs the tests may have used nohup
    process = subprocess.Popen(
        [*DEMO, "--port", "0", *options],
        text=True,
        env=_environment(),
        **streams,  # type: ignore[call-overload]
    )
    signal.signal(signal.SIGHUP, before)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def children(process: subprocess.Popen[str]) -> set[int]:
    """Return broker, worker and simulator as soon as there are all three."""
    deadline = time.monotonic() + 20
    while len(found := children_of(process.pid)) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_without_a_terminal_it_prints_moving_numbers_and_ends() -> None:
    with demo("--for", "12s", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        started = children(process)
        assert process.stdout is not None
        lines, url = [], ""
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"curl (http://\S+)/metrics", line):
                url = found[1]
                break
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
            scrape = answer.read()
        rest, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    assert gone(started)

    assert re.search(rb'^chatpulse_agent_sales_minor\{agent="\w+",shop="shop-01"\} ', scrape, re.M)
    promtool = [need("promtool"), "check", "metrics"]
    checked = subprocess.run(promtool, input=scrape, capture_output=True, timeout=30, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")

    text = "".join(lines) + rest
    assert "\x1b" not in text
    boards = text.split(" chatpulse  ")[1:]
    assert len(boards) >= 4
    assert len(set(boards)) == len(boards)  # the clock at least
    tables = [re.findall(r"^ (?:\w+) .*", board.split(" agent ")[1], re.M) for board in boards]
    assert any(table != tables[0] for table in tables)  # and the numbers
    agents = [line for line in tables[0] if line.endswith(tuple("0123456789"))]
    assert len(agents) == 8


def test_on_a_terminal_it_draws_a_board_until_ctrl_c() -> None:
    ours, theirs = pty.openpty()
    with demo(stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        _resize(ours, rows=40, columns=120)
        started = children(process)
        shown = _read(ours, until=b"scorecards", seconds=FIRST_NUMBERS_SECONDS)
        assert b"sold/asked" in shown
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        shown += _read(ours, until=b"left running", seconds=10)
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 5
    os.close(ours)
    assert shown.index(b"\x1b[?1049h") < shown.index(b"scorecards") < shown.index(b"\x1b[?1049l")
    assert b"\x1b[?25h" in shown  # the cursor is back
    assert b"Traceback" not in shown
    assert gone(started)


def _resize(terminal: int, *, rows: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _read(terminal: int, *, until: bytes, seconds: float) -> bytes:
    seen, deadline = b"", time.monotonic() + seconds
    while until not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"{until!r} did not appear in {seen[-2000:]!r}"
        seen += os.read(terminal, 65536)
    return seen


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_terminal_ends_everything(number: signal.Signals) -> None:
    with demo(stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        started = children(process)
        process.send_signal(number)
        assert process.communicate(timeout=10)[1] == ""
        assert process.returncode == 0
    assert gone(started)


def test_children_go_with_a_killed_parent() -> None:
    with demo(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        started = children(process)
        process.kill()
        process.wait()
        assert gone(started, within=8)


def test_a_dead_worker_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(
            "--port", str(port), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            errors = process.communicate(timeout=60)[1]
            assert process.returncode == 1
    assert errors.count("\n") == 1
    assert errors.startswith("chatpulse: the worker of the demo ended with status 1: ")
    assert f"cannot listen on 127.0.0.1:{port}" in errors


@pytest.mark.parametrize(
    "options", [("--rate", "0"), ("--shops", "0"), ("--for", "soon"), ("--lang", "fr")]
)
def test_a_wrong_option_is_refused(options: tuple[str, ...]) -> None:
    refused = subprocess.run([*DEMO, *options], capture_output=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert refused.stderr
