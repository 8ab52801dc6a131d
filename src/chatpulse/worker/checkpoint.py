"""The form of a checkpoint: a cut of a partition as chunks and a manifest, and back. No I/O.

    key   = id of the checkpoint (16 bytes) + index (int32): chunks 0..n-1, the manifest is -1
    chunk = zstd(msgpack([[key, value], ...]))
    manifest = digest (16 bytes) of what follows + msgpack of `Manifest`

A checkpoint counts only when it is complete: every chunk is there, their digest and the manifest's
own are right. So lost, flipped, repeated and mixed records of several writers do no harm: at worst
an older checkpoint is used and more input is read again.
"""

from __future__ import annotations

import hashlib
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec
import zstandard
from msgspec import Struct

FORMAT: Final = 2
"""Of 2, rows may be in the compact form (decision 0015); of 1, all are MessagePack."""
_READ: Final = range(1, FORMAT + 1)
CHUNK_BYTES: Final = 100_000
"""Size of a chunk before compression; records are at most 1 MB by Kafka's default."""
MAX_CHUNK_BYTES: Final = 64 * 1024 * 1024
"""What a chunk may claim to hold; one record alone may be larger than CHUNK_BYTES."""

DIGEST_BYTES: Final = 16
MANIFEST_INDEX: Final = -1
_KEY: Final = struct.Struct(">16si")

Records = list[tuple[bytes, bytes]]

_encode = msgspec.msgpack.Encoder().encode
_decode_chunk = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]]).decode


class Header(Struct, frozen=True):
    """What a manifest of any format version says."""

    format: int
    positions: dict[str, int]


class Manifest(Header, frozen=True):
    """What a checkpoint is a cut of; `positions` are the next offsets per input topic."""

    chunks: int
    digest: bytes
    records: int
    rules: str
    written_at: int
    writer: str


class Stored(NamedTuple):
    """A record of the checkpoint topic."""

    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint; `start` is the offset of its first record, `bytes` its size there."""

    manifest: Manifest
    records: Records
    start: int
    bytes: int


@dataclass
class Scan:
    """What a partition of the checkpoint topic holds."""

    starts: list[int] = field(default_factory=list)
    """First offsets of the complete checkpoints, in order of their positions."""
    best: Checkpoint | None = None
    """The complete one with the highest positions."""
    damaged: int = 0
    """Manifests whose checkpoint is not complete."""
    newer_format: int | None = None
    """Format of a checkpoint beyond the best that this version cannot read."""


def reach(positions: dict[str, int]) -> int:
    """Return how far a checkpoint got, for comparing checkpoints of one partition."""
    return sum(positions.values())


def chunks(records: Iterable[tuple[bytes, bytes]], *, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Give the values of the chunks, one after another, so that a writer can pause between."""
    compress = zstandard.ZstdCompressor(level=1).compress
    part: Records = []
    filled = 0
    for record in records:
        weight = len(record[0]) + len(record[1]) + 12
        if part and filled + weight > size:
            yield compress(_encode(part))
            part, filled = [], 0
        part.append(record)
        filled += weight
    if part:
        yield compress(_encode(part))


def key(checkpoint_id: bytes, index: int) -> bytes:
    """Return the record key of a chunk or, for `MANIFEST_INDEX`, of the manifest."""
    return _KEY.pack(checkpoint_id, index)


def digest(parts: Iterable[bytes]) -> bytes:
    """Return the digest of chunks in their order."""
    whole = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        whole.update(len(part).to_bytes(4, "big"))
        whole.update(part)
    return whole.digest()


def seal(manifest: Header) -> bytes:
    """Return the value of the manifest's record."""
    body = _encode(manifest)
    return digest([body]) + body


def scan(stored: Iterable[Stored]) -> Scan:
    """Find the complete checkpoints among the records of one partition; total."""
    parts: dict[bytes, dict[int, Stored]] = defaultdict(dict)
    for record in stored:
        if record.key is not None and record.value is not None and len(record.key) == _KEY.size:
            checkpoint_id, index = _KEY.unpack(record.key)
            parts[checkpoint_id].setdefault(index, record)  # a repeated send: the first one counts
    result = Scan()
    complete: list[tuple[int, int, Manifest, list[bytes]]] = []
    newer: list[Header] = []
    for found in parts.values():
        if MANIFEST_INDEX not in found:
            continue  # its writer died, or is still writing
        header = _open(found[MANIFEST_INDEX].value or b"")
        if header is not None and header.format > FORMAT:
            newer.append(header)
        elif isinstance(header, Manifest) and (values := _chunks(header, found)) is not None:
            start = min(record.offset for record in found.values())
            complete.append((reach(header.positions), start, header, values))
        else:
            result.damaged += 1
    complete.sort(key=lambda c: c[:2])
    while complete and result.best is None:
        _, start, manifest, values = complete[-1]
        records = _records(manifest, values)
        if records is None:
            complete.pop()
            result.damaged += 1
        else:
            result.best = Checkpoint(manifest, records, start, sum(map(len, values)))
    result.starts = [start for _, start, _, _ in complete]
    reached = reach(result.best.manifest.positions) if result.best else -1
    beyond = [header.format for header in newer if reach(header.positions) > reached]
    result.newer_format = max(beyond, default=None)
    return result


def _open(value: bytes) -> Header | None:
    body = value[DIGEST_BYTES:]
    if digest([body]) != value[:DIGEST_BYTES]:
        return None
    try:
        header = msgspec.msgpack.decode(body, type=Header)
        return msgspec.msgpack.decode(body, type=Manifest) if header.format in _READ else header
    except (msgspec.MsgspecError, RecursionError):
        return None


def _chunks(manifest: Manifest, found: dict[int, Stored]) -> list[bytes] | None:
    if not 0 <= manifest.chunks < len(found):  # the manifest is one of them
        return None
    values = [found[i].value or b"" for i in range(manifest.chunks) if i in found]
    whole = len(values) == manifest.chunks and digest(values) == manifest.digest
    return values if whole else None


def _records(manifest: Manifest, values: list[bytes]) -> Records | None:
    decompress = zstandard.ZstdDecompressor().decompress
    try:
        if any(zstandard.frame_content_size(value) > MAX_CHUNK_BYTES for value in values):
            return None
        records = [record for value in values for record in _decode_chunk(decompress(value))]
    except (zstandard.ZstdError, msgspec.MsgspecError):
        return None
    return records if len(records) == manifest.records else None
