"""A replay in several processes is the same replay: the same output, however it ends."""

from __future__ import annotations

import gzip
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatpulse.cli import chatpulse
from chatpulse.contract.codec import encode
from chatpulse.contract.ids import DAY, HOUR, MINUTE
from chatpulse.demo.simulator import Room, simulate
from chatpulse.replay.left_out import LISTED, LeftOut
from chatpulse.replay.share import Share
from tests.replay.events import NOON, line, ndjson
from tests.replay.test_command import assert_ends_quietly_unread
from tests.worker.lab import until

ENDLESS = "/dev/zero"
"""A file without end: one line that never comes to it."""


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(chatpulse, ["replay", *arguments])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return two files of five shops, out of order here and there, with lines that are none."""
    rng = random.Random(3)
    room = Room(rate=0.05, shops=5, agents=2, curve="flat")
    lines: list[list[bytes]] = [[], []]
    for event in simulate(room, seed=3, start_ms=NOON, until_ms=NOON + 12 * HOUR):
        lines[rng.random() < 0.5].append(encode(event))
    folder = tmp_path_factory.mktemp("files")
    names = []
    for name, found in zip("ab", lines, strict=True):
        for place in rng.choices(range(1, len(found) - 300), k=40):
            away = place + rng.randrange(300)
            found[place], found[away] = found[away], found[place]
        for place in sorted(rng.choices(range(len(found)), k=15), reverse=True):
            found.insert(place, rng.choice([b"{}", b"", b"nothing", b"\xff", found[place]]))
        path = folder / name
        path.write_bytes(ndjson(found))
        names.append(str(path))
    return names


ASKED = [
    ("0", "--format", "json"),
    ("01", "--format", "csv"),
    ("10", "--format", "table"),
    ("01", "--format", "json", "--sort"),
    ("01", "--format", "json", "--agent", "", "--day", "2025-03-05"),
]


@pytest.mark.parametrize("processes", [2, 7])
@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_the_output_is_that_of_one_process(
    files: list[str], asked: tuple[str, ...], processes: int
) -> None:
    order, *options = asked
    arguments = [*(files[int(place)] for place in order), *options]
    alone = invoke(*arguments)
    assert alone.exit_code == 0
    assert len(alone.stdout.splitlines()) >= 5
    assert "not_json" in alone.stderr
    assert ("late" in alone.stderr) == ("--sort" not in options)
    shared = invoke(*arguments, "--processes", str(processes))
    assert (shared.exit_code, shared.stdout, shared.stderr) == (0, alone.stdout, alone.stderr)


@pytest.mark.parametrize("sort", [[], ["--sort"]])
def test_open_days_are_as_of_the_newest_event_of_any_shop(tmp_path: Path, sort: list[str]) -> None:
    path = tmp_path / "events"
    names = (name for name in map("s{}".format, count()) if Share(0, 2)[name])
    first, _ = next(names), next(names)
    other = next(name for name in map("s{}".format, count()) if Share(1, 2)[name])
    waits = [line("e1", NOON, shop_id=first), line("e2", NOON + MINUTE, shop_id=other)]
    path.write_bytes(ndjson([*waits, line("e3", NOON + 20 * MINUTE, shop_id=other)]))
    alone = invoke(str(path), "--format", "json", *sort)
    shared = invoke(str(path), "--format", "json", "--processes", "2", *sort)
    assert '"duty_rounds":1' in alone.stdout  # decided by the time of the other shop
    assert (shared.stdout, shared.stderr) == (alone.stdout, alone.stderr)


def test_the_events_are_counted_once(files: list[str]) -> None:
    def read(*options: str) -> str:
        return invoke(*files, "--stats", *options).stderr.splitlines()[-1].split(" in ")[0]

    assert read() == read("--processes", "3")


def test_every_shop_has_one_share() -> None:
    for shop in map("shop-{}".format, range(100)):
        assert sum(Share(index, 7)[shop] for index in range(7)) == 1
    assert all(any(Share(index, 7)[f"shop-{n}"] for n in range(100)) for index in range(7))


def test_what_was_left_out_is_named_in_the_order_of_the_files() -> None:
    one, two, both = (LeftOut.of(["f", "g"]) for _ in range(3))
    for number in random.Random(1).sample(range(30), 30):
        name = "gf"[number % 2]
        (one if number % 3 else two).add(name, number, "late", "x")
        both.add(name, number, "late", "x")
    one.merge(two)
    assert list(one.report()) == list(both.report())
    named = [f"f:{number}" for number in range(1, 30, 2)]
    named += [f"g:{number}" for number in range(0, 30, 2)]
    assert [text.split(": ")[0] for text in one.report()][1:-1] == named[:LISTED]


# ---- failures ---------------------------------------------------------------------------------


def failure(*arguments: str, status: int = 2) -> str:
    done = invoke(*arguments, "--processes", "2")
    assert (done.exit_code, done.stdout) == (status, "")
    assert done.stderr.count("\n") == 1 or status == 2
    return done.stderr


def test_a_file_that_cannot_be_read_is_one_clear_line(files: list[str], tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    assert failure(missing) == f"chatpulse: cannot read {missing}: no such file; check the path\n"
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(Path(files[0]).read_bytes())[:-5])
    assert failure(str(cut)) == invoke(str(cut)).stderr
    assert "cut off" in failure(files[1], str(cut), "--sort")


def test_a_full_disk_is_one_clear_line(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import tempfile\nimport chatpulse.replay.spool as spool\n"
        "def full(**_): raise OSError(28, 'No space left on device')\n"
        "spool.OVERHEAD, tempfile.TemporaryFile = 1 << 30, full\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "TMPDIR" in failure(*files, "--sort", status=1)


def test_a_pipe_is_read_by_one_process_only(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("-", str(tmp_path / "fifo")):
        assert "by one process only" in failure(name)


@contextmanager
def endless() -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """Run a command that never ends; give the process and those that it has started."""
    command = [sys.executable, "-m", "chatpulse", "replay", ENDLESS, "--processes", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            until(lambda: len(_readers(process.pid)) == 2, "two processes that read")
            yield process, _readers(process.pid)
        finally:
            process.kill()


def _readers(pid: int) -> list[int]:
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in started if _reads(child)]


def _reads(pid: str) -> bool:
    try:
        return any(os.readlink(fd) == ENDLESS for fd in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:  # closed, or ended, while it was looked at: look again
        return False


def test_ctrl_c_ends_all_with_130() -> None:
    with endless() as (command, started):
        os.killpg(command.pid, signal.SIGINT)
        out, err = command.communicate(timeout=30)
        assert (command.returncode, out, err) == (130, b"", b"")
        assert not any(Path(f"/proc/{pid}").exists() for pid in started)


def test_who_is_left_alone_ends() -> None:
    with endless() as (command, started):
        watched = [os.pidfd_open(pid) for pid in started]
        command.kill()
        for one in watched:
            assert select.select([one], [], [], 30)[0]
            os.close(one)


def test_a_process_that_is_ended_is_told() -> None:
    with endless() as (command, started):
        os.kill(started[1], signal.SIGKILL)
        out, err = command.communicate(timeout=30)
        assert (command.returncode, out) == (1, b"")
        assert err.startswith(b"chatpulse: a process of the replay was ended; ")
        assert not any(Path(f"/proc/{pid}").exists() for pid in started)


def test_a_reader_that_went_away_ends_all(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(
        ndjson(line(f"e{n}", NOON + n % 3 * DAY, shop_id=f"s{n}") for n in range(3_000))
    )
    assert_ends_quietly_unread(str(path), "--processes", "2", "--format", "json")
