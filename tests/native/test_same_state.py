"""The compiled notes against the plain ones: the same rows, outcomes, boards and scorecards.

Rows are compared whole after every step. Both engines read the same; what the plain one says is
held against kpis.md by all other tests.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack, to_builtins

from chatpulse.contract.codec import Rejected, decode, encode
from chatpulse.conversations.conversation import settle, tidy
from chatpulse.conversations.policy import Rules
from chatpulse.conversations.row import LATENESS, Row
from chatpulse.scoreboard.native import NativeNotes
from chatpulse.scoreboard.notes import Notes, Outcome
from chatpulse.scoreboard.partition import READ_EVENTS, Partition
from tests.builders import DAY, ms, rules_of, wrote
from tests.native.compiled import need_native
from tests.oracle.strategies import Event, runs, to_lines
from tests.oracle.timelines import RULES as CROWDED
from tests.oracle.timelines import random_lines

NOW = 1 << 52
RULES = st.sampled_from(
    [
        {},
        {"attribution": "payment", "validity": 1, "auto_reply_prefixes": ["自动"]},
        {"closers": "strict", "validity": 3, "timezone": "Europe/Berlin"},
        {"duty_window": ["00:00", "24:00"], "block_list": ["b2"], "timezone": "America/St_Johns"},
    ]
)


class Record(NamedTuple):
    """A record as the reader wants it."""

    offset: int
    value: bytes | None


def apart(rules: Rules, *, live: bool = True) -> tuple[Partition, Partition]:
    """Return an engine of each kind."""
    need_native()
    plain = Partition(rules, live=live, compiled=False)
    return plain, Partition(rules, live=live, compiled=True)


def apply(partition: Partition, line: bytes) -> Outcome | None:
    event = decode(line, now_ms=NOW)
    return None if isinstance(event, Rejected) else partition.apply(event)


def rows(partition: Partition) -> dict[tuple[str, str], Row]:
    """Return all rows with what is settled folded: when it is, is no matter of state."""
    found = {}
    for shop_id, shop in partition.shops.items():
        closed_through = shop.notes.closed_through
        for buyer_id in shop.notes.rows:
            row = _copy(shop.notes.rows.peek(buyer_id))
            tidy(row)
            before = row.newest_chat_at - LATENESS
            settle(row, before, policy=shop.policy, closed_through=closed_through)
            found[shop_id, buyer_id] = row
    return found


def _copy(row: Row) -> Row:
    return msgpack.decode(msgpack.encode(row), type=Row)


def state(partition: Partition) -> dict[str, Any]:
    """Return all that an engine knows of its shops."""
    found: dict[str, Any] = {"rows": rows(partition)}
    for shop_id, shop in partition.shops.items():
        notes = shop.notes
        found[shop_id] = {
            "clock": notes.clock,
            "closed_through": notes.closed_through,
            "active": sorted(notes.active_days),
            "touched": {
                buyer_id
                for buyer_id in touched(notes)
                if (row := found["rows"][shop_id, buyer_id]).days or row.tail
            },
            "unmatched": notes.unmatched_refunds,
        }
    return found


def touched(notes: Notes | NativeNotes) -> set[str]:
    """Return who is to be counted again.

    The compiled notes take who is forgotten off the boards at once, the plain ones touch them.
    """
    if isinstance(notes, NativeNotes):
        return set(notes.native.touched_buyers())
    return {buyer_id for buyer_id in notes.touched or () if buyer_id in notes.rows}


def numbers(partition: Partition) -> dict[str, Any]:
    """Return what boards and windows show."""
    found: dict[str, Any] = {}
    for shop_id, boards in partition.boards.items():
        found[shop_id] = (
            {day: list(board.scorecards(shop_id)) for day, board in boards.days.items()},
            {name: _without_zeros(boards.window(name)) for name in ("5m", "1h", "today")},
            sorted(boards.open_waits(), key=repr),
            boards.active_conversations(),
            boards.response_counts,
            boards.response_ms_sum,
        )
    return found


def _without_zeros(counts: Any) -> dict[str, dict[str, int]]:
    found = {owner: {n: c for n, c in names.items() if c} for owner, names in counts.items()}
    return {owner: names for owner, names in found.items() if names}


def cards(partition: Partition) -> list[Any]:
    """Return the scorecards of closed days so far."""
    found = sorted(map(to_builtins, partition.closed), key=repr)
    partition.closed = []
    return found


# ---- event by event -----------------------------------------------------------------------------


@given(runs(buyers=3), RULES, st.booleans())
def test_every_event_leaves_the_same(
    run: tuple[list[Event], list[Event]], rules: dict[str, Any], live: bool
) -> None:
    plain, compiled = apart(rules_of(rules), live=live)
    for line in to_lines(run[1]):
        assert apply(compiled, line) == apply(plain, line)
        assert state(compiled) == state(plain)
        assert cards(compiled) == cards(plain)
    for partition in (plain, compiled):
        list(partition.dump())
    assert compiled.duplicates == plain.duplicates


@given(runs(buyers=4, most=40), st.lists(st.integers(0, 6), min_size=1, max_size=40), RULES)
def test_boards_and_rests_are_the_same(
    run: tuple[list[Event], list[Event]], looks: list[int], rules: dict[str, Any]
) -> None:
    """Looks, cuts that let rows rest, and restarts between the events, as they may come."""
    plain, compiled = apart(rules_of(rules))
    now = 0
    for line, look in zip(to_lines(run[1]), itertools.cycle(looks), strict=False):
        assert apply(compiled, line) == apply(plain, line)
        event = decode(line, now_ms=NOW)
        assert not isinstance(event, Rejected)
        now = max(now, event.at + look * 40_000)
        if look == 1:
            plain, compiled = restarted(plain, compiled=False), restarted(compiled, compiled=True)
        elif look in (2, 3):
            for partition in (plain, compiled):
                partition.refresh(now)
            assert numbers(compiled) == numbers(plain)
        elif look in (4, 5):
            for partition in (plain, compiled):
                partition.refresh(now)
                for _ in range(3):
                    list(partition.dump())
            assert idle(compiled) == idle(plain)
    for partition in (plain, compiled):
        partition.refresh(now)
    assert numbers(compiled) == numbers(plain)
    assert rows(compiled) == rows(plain)


def restarted(partition: Partition, *, compiled: bool) -> Partition:
    records = list(partition.dump())
    return Partition.load(partition.rules, records, compiled=compiled)


def idle(partition: Partition) -> set[tuple[str, str]]:
    return {
        (shop_id, buyer_id)
        for shop_id, shop in partition.shops.items()
        for buyer_id in shop.notes.rows
        if shop.notes.rows.is_idle(buyer_id)
    }


@pytest.mark.parametrize("seed", range(3))
def test_either_goes_on_from_the_others_checkpoint(seed: int) -> None:
    need_native()
    lines = list(random_lines(seed, 800, shops=2, buyers=30, days=30, garbage=0.0))
    rules = rules_of(CROWDED)
    ends = []
    for first, second in itertools.product((False, True), repeat=2):
        partition = Partition(rules, compiled=first)
        for line in lines[:500]:
            apply(partition, line)
        found = cards(partition)
        partition = Partition.load(rules, list(partition.dump()), compiled=second)
        for line in lines[500:]:
            apply(partition, line)
        ends.append((found + cards(partition), state(partition)))
    assert all(end == ends[0] for end in ends)


def test_a_row_that_is_cut_while_it_changes_is_what_it_was() -> None:
    plain, compiled = apart(rules_of(CROWDED))
    lines = list(random_lines(7, 600, shops=1, buyers=12, days=3, garbage=0.0))
    for number, line in enumerate(lines):
        if number % 60 == 0:
            expected = dict(plain.dump())
            cut = compiled.dump()
            found = dict(itertools.islice(cut, number % 7))
        apply(plain, line)
        apply(compiled, line)
        if number % 60 == 20:
            found |= dict(cut)
            assert contents(found.items()) == contents(expected.items())


def contents(records: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    return state(Partition.load(rules_of(CROWDED), records, compiled=False))


# ---- batch by batch -----------------------------------------------------------------------------


def read(partition: Partition, lines: list[bytes], sizes: Iterable[int]) -> dict[type, int]:
    """Read lines as a worker does, in batches; return how many of each kind were read at once."""
    counts = dict.fromkeys(READ_EVENTS, 0)
    records = [Record(offset, line) for offset, line in enumerate(lines)]
    begin = 0
    for size in itertools.cycle(sizes):
        batch, start = records[begin : begin + size], 0
        while start < len(batch):
            count, newest, kinds = partition.read(batch, start, begin + start, NOW)
            for kind, number in zip(READ_EVENTS, kinds, strict=False):
                counts[kind] += number
            assert (newest >= 0) == (count > 0) == any(kinds)
            start += count
            if start < len(batch):
                event = decode(batch[start].value or b"", now_ms=NOW)
                if not isinstance(event, Rejected):
                    partition.apply(event)
                    partition.read_until(event.shop_id, (event.at // DAY + 2) * DAY)
                start += 1
        begin += size
        if begin >= len(records):
            return counts
    return counts


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_records_read_at_once_leave_the_same(seed: int, live: bool) -> None:
    plain, compiled = apart(rules_of(CROWDED), live=live)
    lines = list(random_lines(seed, 3_000, shops=3, buyers=60, days=25))
    counts = read(compiled, lines, (1, 50, 7, 500))
    for line in lines:
        apply(plain, line)
    assert state(compiled) == state(plain)
    assert cards(compiled) == cards(plain)
    for partition in (plain, compiled):
        list(partition.dump())  # which finds the copies that are left
    assert compiled.duplicates == plain.duplicates > 0
    assert min(counts.values()) > 0
    assert sum(counts.values()) > len(lines) // 2


def test_an_unexpected_offset_ends_the_reading() -> None:
    _, compiled = apart(rules_of())
    compiled.apply(wrote("10:00"))
    line = encode(wrote("10:01"))
    compiled.read_until("s1", 1 << 60)
    records = [Record(offset, line) for offset in (50, 51, 53)]
    assert compiled.read(records, 0, 50, NOW)[0] == 2
    assert compiled.read(records, 0, 49, NOW)[0] == 0
    assert compiled.read(records, 2, 52, NOW)[0] == 0
    assert compiled.read([Record(50, None)], 0, 50, NOW)[0] == 0


def test_a_shop_is_read_up_to_the_end_of_its_day_only() -> None:
    _, compiled = apart(rules_of())
    records = [Record(0, encode(wrote("10:00")))]
    assert compiled.read(records, 0, 0, NOW)[0] == 0  # a shop that is not known
    compiled.apply(wrote("09:59"))
    assert compiled.read(records, 0, 0, NOW)[0] == 0
    compiled.read_until("s1", ms("10:00"))
    assert compiled.read(records, 0, 0, NOW)[0] == 0
    compiled.read_until("s1", ms("10:00") + 1)
    assert compiled.read(records, 0, 0, NOW)[0] == 1


def test_a_shop_may_be_read_from_before_it_is_known() -> None:
    """A worker says so at the first event of a shop, before that opens the shop."""
    _, compiled = apart(rules_of())
    compiled.read_until("s1", ms("10:01"))
    compiled.apply(wrote("09:59"))
    assert compiled.read([Record(0, encode(wrote("10:00")))], 0, 0, NOW)[0] == 1
