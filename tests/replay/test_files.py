"""Lines out of every kind of file, and one clear error for what cannot be read."""

import gzip
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.replay import files
from chatpulse.replay.files import Source, UnreadableError


def lines_of(path: Path | str) -> list[bytes]:
    source = Source(str(path))
    try:
        return [line for batch in source.batches() for line in batch]
    finally:
        source.close()


def zst(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


PACKINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("events.ndjson", bytes),
    ("events.ndjson.gz", gzip.compress),
    ("events.ndjson.zst", zst),
    ("packed-but-named-otherwise", gzip.compress),
    ("zstd-but-named-otherwise.ndjson", zst),
]


@pytest.mark.parametrize(("name", "pack"), PACKINGS, ids=[name for name, _ in PACKINGS])
def test_every_packing_gives_the_same_lines(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    path.write_bytes(pack(b"one\n\ntwo\r\nlast has no newline"))
    assert lines_of(path) == [b"one", b"", b"two\r", b"last has no newline"]


@pytest.mark.parametrize("pack", [gzip.compress, zst], ids=["gzip", "zstd"])
def test_members_one_after_another_are_one_stream(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "events"
    path.write_bytes(pack(b"one\ntw") + pack(b"o\n") + pack(b"three\n"))
    assert lines_of(path) == [b"one", b"two", b"three"]


def test_gzip_may_be_padded_with_zeros(tmp_path: Path) -> None:
    path = tmp_path / "events.gz"
    path.write_bytes(gzip.compress(b"one\n") + bytes(512))
    assert lines_of(path) == [b"one"]


@given(
    lines=st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), min_size=1),
    chunk=st.integers(1, 20),
)
def test_lines_do_not_depend_on_where_chunks_end(lines: list[bytes], chunk: int) -> None:
    source = Source(os.devnull)
    source._file.close()
    source._file = io.BufferedReader(io.BytesIO(b"".join(line + b"\n" for line in lines)))
    source._unpacked = lambda: source._chunks(chunk)  # type: ignore[method-assign]
    assert [line for batch in source.batches() for line in batch] == lines


def test_a_line_without_end_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 1000)
    monkeypatch.setattr(files, "CHUNK", 100)
    path = tmp_path / "events"
    path.write_bytes(b"x" * 100_000 + b"\nnext\n")
    first, second = lines_of(path)
    assert 1000 <= len(first) <= 1100
    assert second == b"next"


def test_the_size_and_the_bytes_read_are_those_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "events.gz"
    packed = gzip.compress(b"one\n" * 1000)
    path.write_bytes(packed)
    source = Source(str(path))
    for _ in source.batches():
        pass
    source.close()
    assert source.size == source.read_bytes == len(packed)


def unreadable(path: Path) -> str:
    with pytest.raises(UnreadableError) as caught:
        lines_of(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert "; " in message, "the remedy comes after the reason"
    return message


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    assert "no such file" in unreadable(tmp_path / "nowhere.ndjson")


def test_a_path_through_a_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "Not a directory" in unreadable(tmp_path / "file" / "events")


def test_a_directory_is_unreadable(tmp_path: Path) -> None:
    assert "directory" in unreadable(tmp_path)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read all")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(mode=0)
    assert "permission denied" in unreadable(path)


DAMAGES: list[tuple[str, str, Callable[[bytes], bytes], str]] = [
    ("plain text is no gzip", "a.gz", lambda _: b"plain\n", "not valid gzip"),
    ("plain text is no zstd", "a.zst", lambda _: b"plain\n", "not valid zstd"),
    ("gzip cut off", "a.gz", lambda content: gzip.compress(content)[:-9], "cut off"),
    ("gzip cut off before its length", "a.gz", lambda c: gzip.compress(c)[:-1], "cut off"),
    ("zstd cut off", "a.zst", lambda content: zst(content)[:-9], "cut off"),
    ("empty gzip", "a.gz", lambda _: b"", "cut off"),
    ("empty zstd", "a.zst", lambda _: b"", "cut off"),
    ("gzip with a wrong checksum", "a.gz", lambda c: gzip.compress(c)[:-8] + bytes(8), "not valid"),
    ("gzip with something behind it", "a.gz", lambda c: gzip.compress(c) + b"more", "not valid"),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage[0])
def test_a_damaged_file_is_unreadable(
    tmp_path: Path, damage: tuple[str, str, Callable[[bytes], bytes], str]
) -> None:
    _, name, spoil, reason = damage
    path = tmp_path / name
    path.write_bytes(spoil(os.urandom(5000).hex().encode()))
    assert reason in unreadable(path)
