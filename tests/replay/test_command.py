"""`chatpulse replay` as its users meet it: formats, orders of reading, failures, exit statuses."""

import csv
import gzip
import io
import json
import os
import pty
import random
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.cli import chatpulse
from chatpulse.contract.ids import DAY, HOUR, MINUTE, SECOND
from chatpulse.replay import table
from chatpulse.scoreboard.scorecard import Scorecard, quotients
from tests.golden import assert_golden
from tests.replay.events import NOON, line, ndjson

GOLDEN = Path(__file__).parent / "golden"
COMMAND = [sys.executable, "-m", "chatpulse", "replay"]


def chat(number: int, at: int, sender: str, text: str, **fields: object) -> bytes:
    return line(f"m{number}", at, sender=sender, text=text, **fields)


def order(kind: str, order_id: str, at: int, **fields: object) -> bytes:
    event_id = f"{kind}-{order_id}"
    raw = json.loads(line(event_id, at, type=kind, order_id=order_id, **fields))
    for name in ("sender", "agent_id", "text"):
        del raw[name]
    return json.dumps(raw).encode()


A_DAY = [
    chat(1, NOON, "buyer", "这个有货吗"),
    chat(2, NOON + 25 * SECOND, "agent", "亲，有货的"),
    chat(3, NOON + 40 * SECOND, "buyer", "好的谢谢"),
    order("created", "o1", NOON + 5 * MINUTE, amount_minor=1_234_567, items=2),
    order("paid", "o1", NOON + 6 * MINUTE, amount_minor=1_234_567, items=2),
    chat(4, NOON + HOUR, "buyer", "Hello?", buyer_id="b2", agent_id="莉莉"),
    chat(5, NOON + HOUR + 185 * SECOND, "agent", "您好", buyer_id="b2", agent_id="莉莉"),
    chat(6, NOON + HOUR + 200 * SECOND, "buyer", "还在吗", buyer_id="b2", agent_id="莉莉"),
    chat(7, NOON + 2 * HOUR, "buyer", "刷单 兼职 贷款", buyer_id="b3"),
    chat(8, NOON + 3 * HOUR, "buyer", "queue", shop_id="s2", agent_id=None),
    chat(9, NOON + 4 * HOUR, "agent", "随时问我", agent_id="an agent with a long name"),
    chat(10, NOON + DAY, "buyer", "退货怎么办"),
    chat(11, NOON + DAY + 9500, "agent", "请您稍等"),
    order("refunded", "o1", NOON + DAY + HOUR, amount_minor=5),
    order("created", "o2", NOON + DAY + HOUR, amount_minor=999, buyer_id="b9"),
    order("paid", "o2", NOON + DAY + 2 * HOUR, amount_minor=999, buyer_id="b9"),
]


@pytest.fixture
def a_day(tmp_path: Path) -> str:
    path = tmp_path / "events.ndjson"
    path.write_bytes(ndjson(A_DAY))
    return str(path)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(chatpulse, ["replay", *arguments])


def printed(*arguments: str) -> str:
    done = invoke(*arguments)
    assert done.exit_code == 0, done.exception
    return done.stdout


def run(*arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, *arguments]
    return subprocess.run(command, input=content, capture_output=True, check=False, timeout=60)


# ---- formats ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["table", "json", "csv"])
def test_golden_output(a_day: str, name: str) -> None:
    done = invoke(a_day, "--format", name)
    assert (done.exit_code, done.stderr) == (0, "")
    assert_golden(GOLDEN / f"a-day.{name}.txt", done.stdout)


def test_the_table_is_the_default_and_fits_into_100_columns(a_day: str) -> None:
    from rich.cells import cell_len

    shown = printed(a_day)
    assert shown == printed(a_day, "--format", "table")
    assert max(map(cell_len, shown.splitlines())) <= 100
    assert "\x1b" not in shown


def test_a_narrow_terminal_gets_fewer_columns() -> None:
    assert table.fitting(100) == list(table.COLUMNS)
    for width in range(30, 100):
        columns = table.fitting(width)
        assert columns[0].english == "agent"
        assert sum(column.width + 1 for column in columns) - 1 <= width
    assert [column.english for column in table.fitting(40)][:2] == ["agent", "response"]


DURATIONS = [
    (None, "–"), (0, "0.0s"), (9_949, "9.9s"), (9_950, "10s"), (9_999, "10s"), (59_400, "59s"),
    (59_500, "1m00s"), (185_000, "3m05s"), (3_599_499, "59m59s"), (3_599_500, "1h00m"),
]  # fmt: skip


@pytest.mark.parametrize(("ms", "shown"), DURATIONS)
def test_durations_as_people_say_them(ms: int | None, shown: str) -> None:
    assert table.duration(ms) == shown


@pytest.mark.parametrize(
    ("part", "shown"),
    [(None, "–"), (0.0, "0.0%"), (0.5, "50.0%"), (0.9999, "99.9%"), (1.0, "100%")],
)
def test_percent(part: float | None, shown: str) -> None:
    assert table.percent(part) == shown


@pytest.mark.parametrize(
    ("minor", "shown"), [(None, "–"), (0, "0.00"), (5, "0.05"), (123_456_789, "1,234,567.89")]
)
def test_money(minor: int | None, shown: str) -> None:
    assert table.money(minor) == shown


def test_json_is_sorted_by_shop_agent_and_day(a_day: str) -> None:
    cards = [json.loads(card) for card in printed(a_day, "--format", "json").splitlines()]
    keys = [(card["shop_id"], card["agent_id"], card["day"]) for card in cards]
    assert keys == sorted(keys)
    assert keys[0] == ("s1", "", "2025-03-05")
    assert [*cards[0]] == [*Scorecard.__struct_fields__]


def test_csv_holds_every_number_of_json(a_day: str) -> None:
    import msgspec

    cards = printed(a_day, "--format", "json").splitlines()
    rows = list(csv.DictReader(io.StringIO(printed(a_day, "--format", "csv"))))
    assert len(rows) == len(cards)
    for row, raw in zip(rows, cards, strict=True):
        card = msgspec.json.decode(raw, type=Scorecard)
        for name in Scorecard.__struct_fields__:
            value = getattr(card, name)
            if isinstance(value, dict):
                for key, number in value.items():
                    parts = number.items() if isinstance(number, dict) else [("", number)]
                    for part, count in parts:
                        assert row[f"{name}.{key}.{part}".rstrip(".")] == str(count)
            elif isinstance(value, list):
                cells = [cell for column, cell in row.items() if column.startswith(f"{name}.")]
                assert cells == [str(count) for count in value]
            else:
                assert row[name] == ("" if value is None else str(value))
        for name, value in quotients(card).items():
            assert row[name] == ("" if value is None else str(value))


def test_nothing_in_nothing_out(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert printed(str(tmp_path / "empty"), "--format", "json") == ""
    assert printed(str(tmp_path / "empty"), "--format", "csv").count("\n") == 1
    assert printed(str(tmp_path / "empty")) == "No scorecards: no event counted.\n"


def test_ids_cannot_play_tricks_on_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "events"
    tricks = "[bold]\x1b[31m\n\x07"
    path.write_bytes(ndjson([line("e1", NOON, agent_id=tricks, shop_id=tricks)]))
    shown = printed(str(path))
    assert "[bold]" in shown
    assert not set("\x1b\x07") & set(shown)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (["--shop", "s2"], 1),
        (["--agent", "a1"], 2),
        (["--agent", ""], 3),
        (["--agent", "a1", "--agent", "莉莉"], 3),
        (["--day", "2025-03-06"], 2),
        (["--day", "2025-03-06", "--shop", "s1", "--agent", "a1"], 1),
        (["--shop", "nowhere"], 0),
    ],
)
def test_filters(a_day: str, filters: list[str], count: int) -> None:
    everything = printed(a_day, "--format", "json").splitlines()
    found = printed(a_day, "--format", "json", *filters).splitlines()
    assert len(found) == count
    assert set(found) <= set(everything)


def test_rules_are_obeyed(a_day: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('internal_list = ["b1"]', encoding="utf-8")
    card = json.loads(printed(a_day, "--format", "json", "--rules", str(rules)).splitlines()[0])
    assert card["excluded"] == {"ad": 1, "internal": 1}


# ---- ways in ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress], ids=["plain", "gz", "zst"]
)
def test_standard_input_in_every_packing(a_day: str, pack: Callable[[bytes], bytes]) -> None:
    done = run("-", "--format", "json", content=pack(ndjson(A_DAY)))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == printed(a_day, "--format", "json")


def test_files_are_merged_by_time(a_day: str, tmp_path: Path) -> None:
    parts = [tmp_path / "one", tmp_path / "two", tmp_path / "three.gz"]
    for number, part in enumerate(parts):
        content = ndjson(A_DAY[number::3])
        part.write_bytes(gzip.compress(content) if part.suffix else content)
    names = [str(part) for part in parts]
    assert printed(*names, "--format", "json") == printed(a_day, "--format", "json")


@given(seed=st.integers(0, 1 << 32), parts=st.integers(1, 3))
def test_any_permutation_sorted_gives_the_same(seed: int, parts: int) -> None:
    shuffled = random.Random(seed).sample(A_DAY, len(A_DAY))
    with tempfile.TemporaryDirectory() as folder:
        ordered = Path(folder) / "ordered"
        ordered.write_bytes(ndjson(A_DAY))
        names = []
        for number in range(parts):
            names.append(f"{folder}/{number}")
            Path(names[-1]).write_bytes(ndjson(shuffled[number::parts]))
        done = invoke("--sort", *names, "--format", "json")
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout == printed(str(ordered), "--format", "json")


# ---- what is left out -------------------------------------------------------------------------


def test_what_is_left_out_is_listed_and_not_fatal(a_day: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.ndjson"
    late = chat(20, NOON, "buyer", "too late")
    after_close = chat(21, NOON, "buyer", "far too late", buyer_id="b5")
    tick = chat(22, NOON + 9 * DAY, "system", "tick", buyer_id="clock")
    path.write_bytes(ndjson([*A_DAY, b"", b"{broken", late, tick, after_close]))
    done = invoke(str(path), "--format", "json")
    assert done.exit_code == 0
    assert done.stdout == printed(a_day, "--format", "json")
    broken = len(A_DAY) + 2
    summary, *listed = done.stderr.splitlines()
    assert summary == "left out 3 lines: after_close 1, late 1, not_json 1"
    assert [entry.split(": ")[:2] for entry in listed] == [
        [f"{path}:{broken}", "not_json"],
        [f"{path}:{broken + 1}", "late"],
        [f"{path}:{broken + 3}", "after_close"],
    ]
    assert listed[1].endswith(": late: message of 2025-03-05T04:00:00+00:00")


def test_nothing_is_late_when_sorted(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(ndjson([chat(1, NOON + HOUR, "buyer", "later"), chat(2, NOON, "buyer", "x")]))
    assert "late 1" in invoke(str(path)).stderr
    assert invoke(str(path), "--sort").stderr == ""


# ---- failures ---------------------------------------------------------------------------------


def failure(*arguments: str, status: int = 2) -> str:
    done = invoke(*arguments)
    assert done.exit_code == status
    assert done.stdout == ""
    assert done.stderr.startswith("chatpulse: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_file_that_cannot_be_read_is_one_clear_line(a_day: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.ndjson")
    assert failure(missing) == f"chatpulse: cannot read {missing}: no such file; check the path\n"
    assert "it is a directory" in failure(a_day, str(tmp_path))
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(ndjson([*A_DAY, b"no event"]))[:-5])
    assert "cut off" in failure(str(cut))
    assert "cut off" in failure("--sort", a_day, str(cut))


def test_wrong_rules_are_one_clear_line(a_day: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("validity = 0")
    assert failure(a_day, "--rules", str(rules)).startswith(f"chatpulse: rules {rules}: validity: ")


def test_a_full_disk_is_one_clear_line(a_day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chatpulse.replay.spool.OVERHEAD", 1 << 30)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    assert "TMPDIR" in failure(a_day, "--sort", status=1)


def test_standard_input_is_read_once(a_day: str) -> None:
    done = run("-", "-")
    assert done.returncode == 2
    assert b"only once" in done.stderr


def test_a_reader_that_went_away_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(
        ndjson(line(f"e{number}", NOON, agent_id=f"agent{number}") for number in range(500))
    )
    for name in ("json", "csv", "table"):
        assert_ends_quietly_unread(str(path), "--format", name)


def assert_ends_quietly_unread(*arguments: str) -> None:
    """Run a replay whose output nobody reads: it says nothing, and its status tells why."""
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_ctrl_c_ends_with_130() -> None:
    with subprocess.Popen(
        [*COMMAND, "-", "--format", "json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        fifo = process.stdin.fileno()
        # A pipe takes 64 KiB; when more than that went in, the command is reading.
        os.write(fifo, ndjson(A_DAY) * 200)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")


# ---- the terminal -----------------------------------------------------------------------------


@pytest.mark.parametrize("processes", ["1", "2"])
def test_progress_goes_to_a_terminal_on_stderr_only(a_day: str, processes: str) -> None:
    parent, child = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, a_day, "--format", "json", "--processes", processes],
        stdout=subprocess.PIPE,
        stderr=child,
    ) as process:
        os.close(child)
        assert process.stdout is not None
        out = process.stdout.read()
        shown = b""
        while select.select([parent], [], [], 10)[0]:
            try:
                piece = os.read(parent, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(parent)
    assert out.decode() == printed(a_day, "--format", "json")
    assert b"reading" in shown


def test_stats_are_for_people(a_day: str) -> None:
    done = invoke(a_day, "--format", "json", "--stats")
    assert done.stderr.startswith(f"read {len(A_DAY)} events in ")
