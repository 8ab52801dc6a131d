"""Rows in the compact form: what the compiled engine writes, and what it reads."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from msgspec import DecodeError, msgpack

from chatpulse.conversations.row import Reply, Row
from chatpulse.scoreboard.compact import unpack
from chatpulse.scoreboard.partition import Partition
from tests.builders import rules_of
from tests.compact_form import ROWS, pack, spoilt
from tests.native.compiled import need_native
from tests.native.test_same_state import apply, rows
from tests.oracle.timelines import RULES as CROWDED
from tests.oracle.timelines import random_lines

native: Any = need_native()

KEY_OF_SHOP = msgpack.encode(("s1",))
KEY_OF_ROW = msgpack.encode(("s1", "b1"))


@given(ROWS)
def test_it_writes_the_form(row: Row) -> None:
    assert native.pack_row(msgpack.encode(row)) == pack(row)


@given(ROWS)
def test_it_reads_the_form(row: Row) -> None:
    assert msgpack.decode(native.unpack_row(pack(row)), type=Row) == row


@given(spoilt())
@example(bytes.fromhex("010802ffffffffffffff"))
@example(bytes.fromhex("01f7ffffffffffffffff01"))
def test_both_engines_refuse_the_same(packed: bytes) -> None:
    try:
        expected = unpack(packed)
    except DecodeError:
        with pytest.raises(ValueError, match="no row"):
            native.unpack_row(packed)
        return
    assert msgpack.decode(native.unpack_row(packed), type=Row) == expected


def test_what_claims_to_be_huge_takes_no_memory() -> None:
    with pytest.raises(ValueError, match="no row"):
        native.unpack_row(bytes.fromhex("0104ffffffff0f"))  # that many lines of a tail
    row = pack(Row(kept_replies=[Reply(0, "x" * 65)]))
    with pytest.raises(ValueError, match="no row"):
        native.unpack_row(row[:3] + bytes.fromhex("02fcffffff0f"))  # so long a text


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_a_cut_are_in_the_form(seed: int) -> None:
    partition = Partition(rules_of(CROWDED), compiled=True)
    for line in random_lines(seed, 1_000, shops=2, buyers=40, days=20, garbage=0.0):
        apply(partition, line)
    before = rows(partition)
    found = {}
    for packed_key, packed in partition.dump():
        key = msgpack.decode(packed_key)
        if len(key) == 2:
            found[tuple(key)] = packed
    assert found.keys() == before.keys()
    for packed in found.values():
        assert packed == pack(unpack(packed))
        assert packed == native.pack_row(packed)
    assert rows(Partition.load(partition.rules, list(partition.dump()), compiled=False)) == before


@given(spoilt())
def test_a_partition_is_not_made_of_what_is_no_row(packed: bytes) -> None:
    records = [(KEY_OF_SHOP, msgpack.encode((0, 0))), (KEY_OF_ROW, packed)]
    try:
        row = unpack(packed)
    except DecodeError:
        with pytest.raises(ValueError, match="no row"):
            Partition.load(rules_of(), records, compiled=True)
        return
    with suppress(ValueError, OverflowError):  # days of which no calendar knows
        partition = Partition.load(rules_of(), records, live=False, compiled=True)
        assert partition.shops["s1"].notes.rows.peek("b1") == row


def test_rows_without_a_shop_and_second_rows_are_refused() -> None:
    shop = (KEY_OF_SHOP, msgpack.encode((0, 0)))
    row = (KEY_OF_ROW, pack(Row()))
    assert Partition.load(rules_of(), [shop, row], compiled=True).conversations == 1
    with pytest.raises(ValueError, match="shop that is not there"):
        Partition.load(rules_of(), [row], compiled=True)
    with pytest.raises(ValueError, match="second row"):
        Partition.load(rules_of(), [shop, row, row], compiled=True)
    with pytest.raises(ValueError, match="no key"):
        Partition.load(rules_of(), [shop, (b"\x92\xa2s1", pack(Row()))], compiled=True)
