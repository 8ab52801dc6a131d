"""The order in which the engine reads, and what it never gets to see."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.codec import MAX_BYTES
from chatpulse.replay.feed import feed, sorted_feed
from chatpulse.replay.files import Source
from chatpulse.replay.left_out import LISTED, LeftOut
from chatpulse.replay.spool import OVERHEAD, Spool
from tests.replay.events import NOON, line, ndjson

Read = tuple[list[tuple[str, str, int]], LeftOut]


def read(*paths: Path, sort: bool = False, memory: int = 1 << 20) -> Read:
    """What is fed from the files: (event id, name of the file, number of the line)."""
    left_out = LeftOut()
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(Source(str(path)))) for path in paths]
        spool = stack.enter_context(Spool[int](int, memory=memory))
        events = (
            sorted_feed(sources, left_out, lambda: None, spool)
            if sort
            else feed(sources, left_out, lambda: None)
        )
        fed = [(event.event_id, Path(name).name, number) for event, name, number in events]
    return fed, left_out


def written(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(ndjson(lines))
    return path


def test_one_file_is_read_in_its_own_order(tmp_path: Path) -> None:
    path = written(tmp_path / "f", [line("e1", NOON + 5), line("e2", NOON), b"", line("e3", NOON)])
    assert read(path) == ([("e1", "f", 1), ("e2", "f", 2), ("e3", "f", 4)], LeftOut())


def test_several_files_are_merged_each_in_its_own_order(tmp_path: Path) -> None:
    one = written(tmp_path / "one", [line("a", NOON), line("b", NOON + 4), line("c", NOON + 1)])
    two = written(tmp_path / "two", [line("d", NOON), line("e", NOON + 2), line("f", NOON + 9)])
    fed, _ = read(one, two)
    assert [event_id for event_id, _, _ in fed] == ["a", "d", "e", "b", "c", "f"]
    assert [event_id for event_id, _, _ in read(two, one)[0]] == ["d", "a", "e", "b", "c", "f"]


def test_a_sorted_feed_is_in_order_of_time(tmp_path: Path) -> None:
    one = written(tmp_path / "one", [line("a", NOON + 4), line("b", NOON), line("c", NOON + 1)])
    two = written(tmp_path / "two", [line("d", NOON + 2), b"no event", line("e", NOON)])
    fed, left_out = read(one, two, sort=True)
    assert fed == [
        ("b", "one", 2),
        ("e", "two", 3),
        ("c", "one", 3),
        ("d", "two", 1),
        ("a", "one", 1),
    ]
    assert left_out.counts == {"not_json": 1}


@given(
    times=st.lists(st.integers(0, 5), max_size=40),
    memory=st.sampled_from([OVERHEAD, 2000, 1 << 20]),
)
def test_sorting_is_stable_whatever_the_memory(times: list[int], memory: int) -> None:
    ids = [f"e{number}" for number in range(len(times))]
    with tempfile.TemporaryDirectory() as folder:
        lines = [line(event_id, NOON + at) for event_id, at in zip(ids, times, strict=True)]
        fed, _ = read(written(Path(folder) / "f", lines), sort=True, memory=memory)
    assert [event_id for event_id, _, _ in fed] == [
        event_id for _, event_id in sorted(zip(times, ids, strict=True), key=lambda pair: pair[0])
    ]


def test_blank_lines_are_no_lines(tmp_path: Path) -> None:
    blank = [b"", b"   ", b"\t", b"\r", b" " * (MAX_BYTES + 1)]
    path = written(tmp_path / "f", [*blank, line("e1", NOON) + b"\r", *blank])
    assert read(path) == ([("e1", "f", 6)], LeftOut())


REJECTED = [
    (b"no json", "not_json"),
    (b"[1]", "invalid"),
    (line("e", NOON, text="\x00").replace(b"\\u0000", b"\xff"), "not_utf8"),
    (line("e", NOON, type="nonsense"), "unknown_type"),
    (line("e", NOON, sender="agent", agent_id=None), "invalid"),
    (line("e", 1 << 52), "future"),
    (line("e", NOON, text="x" * MAX_BYTES), "too_large"),
    (b"x" * (3 << 20), "too_large"),
]


def test_rejected_lines_are_counted_and_named(tmp_path: Path) -> None:
    path = written(tmp_path / "f", [raw for raw, _ in REJECTED])
    fed, left_out = read(path)
    assert fed == []
    first, *listed = left_out.report()
    assert first == (
        "left out 8 lines: future 1, invalid 2, not_json 1, not_utf8 1, too_large 2, unknown_type 1"
    )
    for number, ((_, reason), entry) in enumerate(zip(REJECTED, listed, strict=True), start=1):
        assert entry.startswith(f"{path}:{number}: {reason}: ")


def test_the_listing_is_capped() -> None:
    left_out = LeftOut()
    for number in range(1, LISTED + 4):
        left_out.add("f", number, "late", "message")
    report = list(left_out.report())
    assert report[0] == f"left out {LISTED + 3} lines: late {LISTED + 3}"
    assert report[1] == "f:1: late: message"
    assert report[-1] == "... and 3 more"
    assert len(report) == LISTED + 2


def test_nothing_left_out_is_not_worth_a_word() -> None:
    assert list(LeftOut().report()) == []


def test_reading_is_lazy(tmp_path: Path) -> None:
    path = written(tmp_path / "f", [line(f"e{number}", NOON) for number in range(20_000)])
    source = Source(str(path))
    events: Iterator[object] = feed([source], LeftOut(), lambda: None)
    next(events)
    assert source.read_bytes < path.stat().st_size / 2
    source.close()
