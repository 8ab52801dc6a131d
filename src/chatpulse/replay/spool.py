"""Sort more records than memory holds: sorted runs on disk, merged at the end.

The sort is stable: records with equal keys come out as they went in. The files have no name on
disk, so nothing is left behind, however the process ends.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from heapq import merge
from operator import itemgetter
from types import TracebackType
from typing import IO, Any, Final, Generic, TypeVar

import msgspec

MEMORY: Final = 64 << 20
"""Bytes of records (as estimated) kept in memory before a run is written."""

OVERHEAD: Final = 200
"""Bytes of memory that a record takes beside its payload, about."""

MOST_RUNS: Final = 64
"""Runs on disk at most: so many are merged into one."""

BUFFER: Final = 1 << 18

Key = TypeVar("Key", bound="int | str | tuple[int | str, ...]")

_key = itemgetter(0)
_length = struct.Struct("<I")


class SpoolError(Exception):
    """There is no room on disk for sorting; `str()` is one line with the remedy."""


class Spool(Generic[Key]):
    """Records `(key, payload)` in any order in, in order of the key out; in bounded memory."""

    def __init__(self, key_type: Any, *, memory: int = MEMORY) -> None:
        """`key_type`: the type Key once more, for reading the records back."""
        self._decode = msgspec.msgpack.Decoder(tuple[key_type, bytes]).decode
        self._encode = msgspec.msgpack.Encoder().encode
        self._memory = memory
        self._held: list[tuple[Key, bytes]] = []
        self._held_bytes = 0
        self._runs: list[IO[bytes]] = []

    def __enter__(self) -> Spool[Key]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for run in self._runs:
            run.close()

    def add(self, key: Key, payload: bytes) -> None:
        """Take one more record."""
        self._held.append((key, payload))
        self._held_bytes += len(payload) + OVERHEAD
        if self._held_bytes > self._memory:
            self._spill()

    def drain(self) -> Iterator[tuple[Key, bytes]]:
        """Yield all records in order of their keys; only after the last `add`, and once."""
        self._held.sort(key=_key)
        runs = [self._read(run) for run in self._runs]
        return merge(*runs, iter(self._held), key=_key)

    def _spill(self) -> None:
        self._held.sort(key=_key)
        self._runs.append(self._write(iter(self._held)))
        self._held = []
        self._held_bytes = 0
        if len(self._runs) >= MOST_RUNS:
            merged = self._write(merge(*map(self._read, self._runs), key=_key))
            for run in self._runs:
                run.close()
            self._runs = [merged]

    def _write(self, records: Iterator[tuple[Key, bytes]]) -> IO[bytes]:
        try:
            run = tempfile.TemporaryFile(buffering=BUFFER)  # noqa: SIM115  # closed by __exit__
            for record in records:
                frame = self._encode(record)
                run.write(_length.pack(len(frame)))
                run.write(frame)
            run.flush()
        except OSError as error:
            where = tempfile.gettempdir()
            raise SpoolError(
                f"cannot sort in {where}: {error.strerror}; name a folder with more room in TMPDIR"
            ) from None
        return run

    def _read(self, run: IO[bytes]) -> Iterator[tuple[Key, bytes]]:
        run.seek(0)
        read = run.read
        while head := read(4):
            yield self._decode(read(_length.unpack(head)[0]))
