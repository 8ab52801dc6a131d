"""Rows in the compact form, as plain Python reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import DecodeError, msgpack

from chatpulse.conversations.row import Consultation, Day, Reply, Row, Timeline
from chatpulse.scoreboard.compact import unpack
from chatpulse.scoreboard.partition import Partition
from tests.builders import rules_of
from tests.compact_form import ROWS, pack, spoilt
from tests.native.test_same_state import apply, rows
from tests.oracle.timelines import random_lines

AT = 1_764_000_000_000


@given(ROWS)
def test_what_is_packed_is_read(row: Row) -> None:
    assert unpack(pack(row)) == row


@given(ROWS)
def test_rows_of_msgspec_are_read_as_well(row: Row) -> None:
    assert unpack(msgpack.encode(row)) == row


@given(spoilt())
def test_whatever_the_bytes_are_a_row_comes_out_or_it_is_refused(packed: bytes) -> None:
    try:
        row = unpack(packed)
    except DecodeError:
        return
    assert unpack(pack(row)) == row


@pytest.mark.parametrize(
    ("row", "packed"),
    [
        (Row(), "0100"),
        (Row(newest_day=65_535), "0110fcff0f"),
        (Row(newest_day=65_536), "0110838020"),
        (Row(excluded_days=[70_000, 70_001, 70_000, -2]), "018001048397220b0a02fe" + "ff" * 7),
        (Row(newest_chat_at=AT), "01088180fda5db9a03"),
        (Row(newest_chat_at=0), "010800"),
        (Row(days={3: Day(active=True, again=True)}), "0102010c818010"),
        (Row(days={0: Day(consulted=Consultation(9, True))}), "01020100080324"),
        (Row(timelines=[Timeline(5, 5)]), "012001031414"),
        (Row(kept_replies=[Reply(1, "a"), Reply(2, "a")]), "01400203040461030806"),
    ],
)
def test_the_form_is_what_it_was(row: Row, packed: str) -> None:
    assert pack(row).hex() == packed
    assert unpack(bytes.fromhex(packed)) == row


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("亲", "0ce4bab2"),
        ("1234567", "1c31323334353637"),
        ("12345678", "2112345678"),
        ("123456789", "251234567890"),
        ("00112233-4455-6677-8899-aabbccddeeff", "0300112233445566778899aabbccddeeff"),
        (
            "00112233-4455-6677-8899-aabbccddeefF",
            "9001" + b"00112233-4455-6677-8899-aabbccddeefF".hex(),
        ),
    ],
)
def test_texts_of_digits_take_half_the_bytes(text: str, packed: str) -> None:
    row = Row(kept_replies=[Reply(0, text)])
    assert pack(row).hex() == "01400102" + packed
    assert unpack(pack(row)) == row


@pytest.mark.parametrize(
    "packed",
    [
        "01",  # nothing
        "0108",  # cut off
        "01080000",  # more than a row
        "018002",  # a ninth field
        "01a0808080808080808080",  # no end
        "010880808080808080808002",  # a number of 65 bits
        "010806",  # the number before the first
        "010802ffffffffffffff",  # seven of eight bytes
        "0108fdffffffffffffffffff01",  # so far from the last instant
        "01400104026100",  # more replies than bytes
        "0140010206",  # the text before the first
        "0140010204ff",  # no UTF-8
        "0140010207" + "00" * 17,  # an unknown kind of text
    ],
)
def test_bytes_that_are_no_row_are_refused(packed: str) -> None:
    with pytest.raises(DecodeError):
        unpack(bytes.fromhex(packed))


def test_long_texts_cannot_be_meant_again() -> None:
    texts = ["x" * 64, "x" * 64, "y" * 65, "y" * 65]
    row = Row(kept_replies=[Reply(0, text) for text in texts])
    assert len(pack(row)) == 2 + 1 + 4 + (2 + 64) + 1 + 2 * (2 + 65)
    assert unpack(pack(row)) == row


@given(st.integers(60, 70))
def test_what_is_long_past_is_said_anew(count: int) -> None:
    days = [70_000 + 2 * n for n in range(count)]
    row = Row(excluded_days=[*days, days[0]])
    assert len(pack(row)) == 4 + 3 + (count - 1) + (1 if count <= 31 else 2)
    assert unpack(pack(row)) == row


def test_rows_take_less_than_half_of_what_msgspec_packs() -> None:
    partition = Partition(rules_of(), compiled=False)
    for line in random_lines(5, 900, shops=1, buyers=60, days=2, garbage=0.0):
        apply(partition, line)
    found = rows(partition).values()
    assert len(found) > 50
    assert all(unpack(pack(row)) == row for row in found)
    sizes = sum(len(pack(row)) for row in found), sum(len(msgpack.encode(row)) for row in found)
    assert sizes[0] < 0.45 * sizes[1]
