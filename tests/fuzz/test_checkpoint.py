"""Records of the checkpoint topic, whoever wrote them: a complete checkpoint or none, at once."""

from __future__ import annotations

from typing import Any

import msgspec
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from chatpulse.worker import checkpoint
from chatpulse.worker.checkpoint import FORMAT, MANIFEST_INDEX, Records, Stored, scan

ID = bytes(16)
EVERYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=4),
        st.binary(max_size=4),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
RECORDS = st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=40)), max_size=9)


def manifest(values: list[bytes], **changed: Any) -> bytes:
    """Return a manifest that is right about its chunks but for what is changed."""
    fields = {
        "format": FORMAT,
        "positions": {"m": 1},
        "chunks": len(values),
        "digest": checkpoint.digest(values),
        "records": 1,
        "rules": "r",
        "written_at": 0,
        "writer": "w",
        **changed,
    }
    return sealed(msgspec.msgpack.encode(fields))


def sealed(body: bytes) -> bytes:
    return checkpoint.digest([body]) + body


def stored(values: list[bytes], head: bytes) -> list[Stored]:
    keyed = [*enumerate(values), (MANIFEST_INDEX, head)]
    return [Stored(n, checkpoint.key(ID, index), value) for n, (index, value) in enumerate(keyed)]


def check(records: list[Stored]) -> None:
    found = scan(records)
    assert found.damaged >= 0
    assert len(found.starts) >= (found.best is not None)
    if found.best is not None:
        assert len(found.best.records) == found.best.manifest.records
        for key, value in found.best.records:
            assert isinstance(key, bytes)
            assert isinstance(value, bytes)


FIELDS = ("format", "positions", "chunks", "digest", "records", "rules", "written_at", "writer")


@example(records=[], changed={"chunks": 2**62})
@example(records=[], changed={"x": msgspec.Raw(b"\x91" * 100_000 + b"\xc0")})
@example(records=[], changed={"positions": {"m": 2**64 - 1, "o": 2**64 - 1}})
@given(records=RECORDS, changed=st.dictionaries(st.sampled_from(FIELDS), EVERYTHING, max_size=2))
def test_manifests(records: Records, changed: dict[str, Any]) -> None:
    values = list(checkpoint.chunks(records, size=60))
    check(stored(values, manifest(values, **{"records": len(records)} | changed)))


def bomb() -> bytes:
    """Return a frame of a few bytes that says it holds 2^60."""
    magic, size, empty_block = b"\x28\xb5\x2f\xfd", (2**60).to_bytes(8, "little"), b"\x01\x00\x00"
    return magic + b"\xe0" + size + empty_block


CHUNKS = st.one_of(
    st.binary(max_size=40),
    EVERYTHING.map(msgspec.msgpack.encode).map(zstandard.compress),
    st.binary(max_size=40).map(zstandard.compress),
)


@example(values=[bomb()])
@example(values=[zstandard.compress(b"\x91" * 100_000)])
@given(values=st.lists(CHUNKS, max_size=3))
def test_chunks(values: list[bytes]) -> None:
    check(stored(values, manifest(values)))


KEYS = st.one_of(
    st.none(),
    st.binary(max_size=24),
    st.integers(-(2**31), 2**31 - 1).map(lambda index: checkpoint.key(ID, index)),
)


@given(
    records=st.lists(
        st.builds(
            Stored,
            st.integers(0, 2**63 - 1),
            KEYS,
            st.one_of(st.none(), CHUNKS, st.binary(max_size=40).map(sealed)),
        ),
        max_size=6,
    )
)
def test_any_records(records: list[Stored]) -> None:
    check(records)
