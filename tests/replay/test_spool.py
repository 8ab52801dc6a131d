"""Sorting on disk: the same as sorting in memory, stable, and nothing left behind."""

import tempfile
import tracemalloc
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.replay import spool
from chatpulse.replay.spool import OVERHEAD, Spool, SpoolError

KEYS = st.tuples(st.text(max_size=2), st.text(max_size=2))


@given(st.lists(st.tuples(KEYS, st.binary(max_size=5))), st.integers(0, 3000))
def test_records_come_out_in_stable_order(
    records: list[tuple[tuple[str, str], bytes]], memory: int
) -> None:
    with Spool[tuple[str, str]](tuple[str, str], memory=memory) as sorting:
        for key, payload in records:
            sorting.add(key, payload)
        assert list(sorting.drain()) == sorted(records, key=lambda record: record[0])


@given(st.lists(st.integers(0, 9), min_size=50, max_size=200))
def test_many_runs_are_merged_on_the_way(keys: list[int]) -> None:
    with patch.object(spool, "MOST_RUNS", 4), Spool[int](int, memory=OVERHEAD) as sorting:
        for number, key in enumerate(keys):
            sorting.add(key, b"%d" % number)
        assert len(sorting._runs) < 5
        found = [(key, int(payload)) for key, payload in sorting.drain()]
    assert found == sorted((key, number) for number, key in enumerate(keys))


def test_memory_is_bounded() -> None:
    records, payload = 20_000, b"x" * 500
    tracemalloc.start()
    try:
        with Spool[int](int, memory=1 << 20) as sorting:
            for number in range(records):
                sorting.add(number * 7919 % records, payload + b"%d" % number)
            assert sum(1 for _ in sorting.drain()) == records
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 << 20, "of 10 MB of payload and as much overhead, only runs' buffers and 1 MB"


def test_a_full_disk_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with (
        Spool[int](int, memory=0) as sorting,
        pytest.raises(SpoolError, match=r"No space left.*TMPDIR"),
    ):
        sorting.add(1, b"")


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Spool[int](int, memory=0) as sorting:
        sorting.add(1, b"")
        sorting.add(2, b"")
    assert list(tmp_path.iterdir()) == []
