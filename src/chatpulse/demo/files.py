"""Simulated records as a file."""

from __future__ import annotations

import contextlib
import gzip
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

import zstandard

from ..failure import CANNOT_GO_ON, Failure
from .simulator import Record

BLOCK: Final = 1 << 16


class Sink(Protocol):
    """What bytes can be written to."""

    def write(self, block: bytes, /) -> object:
        """Take the bytes."""


def write_file(records: Iterable[Record], path: Path | None) -> None:
    """Write the values one per line; compress by the suffix; None is standard output.

    The same records make the same bytes. Ctrl-C closes the file, so that it can be read.
    """
    try:
        with _opened(path) as out:
            lines: list[bytes] = []
            for _, _, value in records:
                lines.append(value)
                if len(lines) == 256:
                    out.write(b"\n".join(lines) + b"\n")
                    lines.clear()
            out.write(b"".join(line + b"\n" for line in lines))
    except BrokenPipeError:
        raise  # the command line knows what to do
    except OSError as error:
        where = path or "standard output"
        raise Failure(f"cannot write {where}: {error.strerror}", status=CANNOT_GO_ON) from error


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[Sink]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with path.open("wb", buffering=BLOCK) as raw:
        if path.suffix == ".gz":  # without name and time in its header: the same bytes again
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                yield packed
        elif path.suffix == ".zst":
            with zstandard.ZstdCompressor(level=3).stream_writer(raw) as packed:
                yield packed
        else:
            yield raw
