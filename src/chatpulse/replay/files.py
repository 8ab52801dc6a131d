"""Lines out of event files: plain, gzip or zstd, or standard input.

A `Source` yields batches of lines, never a whole file. It costs one C call per MiB, a fraction of
what decoding costs.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final, Protocol, cast

import zstandard

STDIN: Final = "-"
CHUNK: Final = 1 << 20
LONGEST_LINE: Final = 1 << 20
"""Bytes kept of a line without end: far more than an event may have, so it is rejected anyway."""

PACKED_CHUNK: Final = 8 << 10
"""Packed bytes unpacked at once: little, as zstd may make ten thousand bytes out of one."""

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


class UnreadableError(Exception):
    """A file that cannot be read (to its end); `str()` is one line with the remedy."""

    def __init__(self, name: str, reason: str, remedy: str) -> None:
        super().__init__(f"cannot read {name}: {reason}; {remedy}")


class Source:
    """One open input. `read_bytes` counts what was read of the file itself, packed or not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.read_bytes = 0
        self._file = _open(name)
        self.size = _size(self._file)

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.name != STDIN:
            self._file.close()

    def batches(self) -> Iterator[list[bytes]]:
        """Yield the lines in order, without their newline; blank ones are still there.

        A line longer than LONGEST_LINE is cut to that length.
        """
        rest = b""
        for chunk in self._unpacked():
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()[:LONGEST_LINE]
            if lines:
                yield lines
        if rest:
            yield [rest]

    def _unpacked(self) -> Iterator[bytes]:
        try:
            start = self._file.peek(4)[:4]
            if self.name.endswith(".gz") or start.startswith(GZIP_MAGIC):
                yield from self._inflated(lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), "gzip")
            elif self.name.endswith(".zst") or start == ZSTD_MAGIC:
                yield from self._inflated(zstandard.ZstdDecompressor().decompressobj, "zstd")
            else:
                yield from self._chunks(CHUNK)
        except OSError as error:
            raise UnreadableError(self.name, _reason(error), "copy it anew") from None

    def _chunks(self, size: int) -> Iterator[bytes]:
        read = self._file.read1  # returns what a pipe has so far
        while chunk := read(size):
            self.read_bytes += len(chunk)
            yield chunk

    def _inflated(self, new: Callable[[], Inflater], kind: str) -> Iterator[bytes]:
        inflater = new()
        try:
            for packed in self._chunks(PACKED_CHUNK):
                rest = packed
                while rest:
                    if inflater.eof:  # several members, one after another, are one stream
                        rest = rest.lstrip(b"\0")
                        if not rest:
                            break
                        inflater = new()
                    yield inflater.decompress(rest)
                    rest = inflater.unused_data
        except (zlib.error, zstandard.ZstdError) as error:
            reason = f"not valid {kind} ({error})"
            raise UnreadableError(self.name, reason, "pack or copy it anew") from None
        if not inflater.eof:
            raise UnreadableError(self.name, f"the {kind} is cut off", "pack or copy it anew")


class Inflater(Protocol):
    """What the decompressors of zlib and zstandard have in common."""

    @property
    def eof(self) -> bool:
        """Tell whether the packed stream came to its end."""

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""

    def decompress(self, packed: bytes, /) -> bytes:
        """Unpack one piece."""


def _open(name: str) -> BufferedReader:
    if name == STDIN:
        return cast(BufferedReader, sys.stdin.buffer)
    try:
        if stat.S_ISDIR(Path(name).stat().st_mode):
            raise UnreadableError(name, "it is a directory", "name the files in it")
        return cast(BufferedReader, Path(name).open("rb", buffering=CHUNK))
    except FileNotFoundError:
        raise UnreadableError(name, "no such file", "check the path") from None
    except PermissionError:
        raise UnreadableError(name, "permission denied", "give yourself read permission") from None
    except (OSError, ValueError) as error:
        raise UnreadableError(name, _reason(error), "check the path") from None


def _size(file: BufferedReader) -> int | None:
    """Return the size of a regular file; None for a pipe or a terminal."""
    try:
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
