"""Whatever happens to its records, a checkpoint is either complete and right or does not count."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.worker import checkpoint
from chatpulse.worker.checkpoint import Header, Manifest, Records, Stored, scan

A: Records = [(b"k%d" % i, b"v%d" % i) for i in range(200)]
B: Records = [(b"k%d" % i, b"w%d" % i) for i in range(150)]


def parts(
    number: int, records: Records, position: int, *, size: int = 300, form: int = checkpoint.FORMAT
) -> list[tuple[bytes, bytes]]:
    """Return keys and values of a checkpoint, the manifest last."""
    checkpoint_id = number.to_bytes(16, "big")
    values = list(checkpoint.chunks(records, size=size))
    manifest = Manifest(
        format=form,
        positions={"m": position},
        chunks=len(values),
        digest=checkpoint.digest(values),
        records=len(records),
        rules="r",
        written_at=0,
        writer="w",
    )
    keyed = [(checkpoint.key(checkpoint_id, i), value) for i, value in enumerate(values)]
    return [*keyed, (checkpoint.key(checkpoint_id, -1), checkpoint.seal(manifest))]


def stored(keyed: Iterable[tuple[bytes, bytes]]) -> list[Stored]:
    return [Stored(offset, key, value) for offset, (key, value) in enumerate(keyed)]


def interleaved() -> list[tuple[bytes, bytes]]:
    """Return two checkpoints whose writers took turns, and a small one after them."""
    a, b = parts(1, A, 5), parts(2, B, 9)
    mixed = [part for pair in zip(a, b, strict=False) for part in pair]
    mixed += a[len(b) :] + b[len(a) :]
    return [*mixed, *parts(3, [], 0)]


def test_interleaved_writers_disturb_nobody() -> None:
    found = scan(stored(interleaved()))
    assert found.best is not None
    assert (found.best.records, found.best.manifest.positions) == (B, {"m": 9})
    assert len(found.starts) == 3
    assert found.damaged == 0


@given(st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=200))), st.integers(1, 500))
def test_what_is_written_is_read(records: Records, size: int) -> None:
    found = scan(stored(parts(1, records, 7, size=size)))
    assert found.best is not None
    assert found.best.records == records
    assert found.best.manifest.positions == {"m": 7}


@pytest.mark.parametrize("lost", range(len(interleaved())))
def test_a_lost_record_loses_one_checkpoint(lost: int) -> None:
    keyed = interleaved()
    found = scan(stored(keyed[:lost] + keyed[lost + 1 :]))
    assert len(found.starts) == 2
    assert found.best is not None
    assert found.best.records in (A, B)


@pytest.mark.parametrize("flipped", range(len(interleaved())))
def test_a_flipped_bit_loses_one_checkpoint(flipped: int) -> None:
    keyed = interleaved()
    key, value = keyed[flipped]
    for bit in random.Random(flipped).sample(range(8 * len(value)), 8):
        broken = bytearray(value)
        broken[bit // 8] ^= 1 << bit % 8
        found = scan(stored([*keyed[:flipped], (key, bytes(broken)), *keyed[flipped + 1 :]]))
        assert (len(found.starts), found.damaged) == (2, 1)
        assert found.best is not None
        assert found.best.records in (A, B)


@pytest.mark.parametrize("repeated", range(len(interleaved())))
def test_a_repeated_record_loses_nothing(repeated: int) -> None:
    keyed = interleaved()
    assert len(scan(stored([*keyed, keyed[repeated]])).starts) == 3


@given(st.integers(0, 2**32), st.integers(0, 30))
def test_any_mixture_of_records_is_right_or_nothing(seed: int, keep: int) -> None:
    rng = random.Random(seed)
    keyed = interleaved()
    for _ in range(5):
        i, j = rng.randrange(len(keyed)), rng.randrange(len(keyed))
        keyed[i] = (keyed[i][0], keyed[j][1])  # somebody else's value
    rng.shuffle(keyed)
    found = scan(stored(keyed[:keep]))
    assert found.best is None or found.best.records in (A, B, [])


@given(st.lists(st.tuples(st.binary(max_size=24), st.binary(max_size=60))))
def test_any_bytes_are_no_checkpoint(keyed: list[tuple[bytes, bytes]]) -> None:
    found = scan([*stored(keyed), Stored(0, None, None), Stored(1, None, b"x")])
    assert found.best is None


def test_the_highest_positions_win_then_the_newest() -> None:
    keyed = [*parts(1, A, 9), *parts(2, B, 9), *parts(3, [], 4)]
    found = scan(stored(keyed))
    assert found.best is not None
    assert found.best.records == B


def test_a_newer_format_is_told_apart_from_damage() -> None:
    header = checkpoint.seal(Header(format=checkpoint.FORMAT + 1, positions={"m": 11}))
    keyed = [*parts(1, A, 9), (checkpoint.key(b"x" * 16, -1), header)]
    found = scan(stored(keyed))
    assert (found.newer_format, found.damaged) == (checkpoint.FORMAT + 1, 0)


def test_a_newer_format_that_is_behind_does_not_matter() -> None:
    header = checkpoint.seal(Header(format=checkpoint.FORMAT + 1, positions={"m": 3}))
    found = scan(stored([*parts(1, A, 9), (checkpoint.key(b"x" * 16, -1), header)]))
    assert found.newer_format is None


@pytest.mark.parametrize("form", range(1, checkpoint.FORMAT + 1))
def test_older_formats_are_read(form: int) -> None:
    best = scan(stored(parts(1, A, 9, form=form))).best
    assert best is not None
    assert (best.manifest.format, best.records) == (form, A)


def test_a_format_that_never_was_is_damage() -> None:
    found = scan(stored(parts(1, A, 9, form=0)))
    assert (found.best, found.damaged) == (None, 1)


def test_an_unfinished_one_is_no_damage() -> None:
    found = scan(stored([*parts(1, A, 9), *parts(2, B, 11)[:-1]]))
    assert (len(found.starts), found.damaged) == (1, 0)


def test_chunks_are_as_large_as_told() -> None:
    big = [(b"k", bytes(1000))] * 10
    assert len(list(checkpoint.chunks(big, size=2100))) == 5
    assert len(list(checkpoint.chunks(big, size=1))) == 10


def test_the_size_of_the_best_is_that_of_its_chunks() -> None:
    keyed = parts(1, A, 9)
    found = scan(stored(keyed))
    assert found.best is not None
    assert found.best.bytes == sum(len(value) for _, value in keyed[:-1])
