"""The input of a campaign: two weeks of eight shops, shuffled, repeated, flooded and poisoned.

What it must come to is computed by tests/oracle, which shares no code with the engine.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.oracle import Log, scorecards_of
from tests.oracle.garbage import GARBAGE
from tests.oracle.log import LATENESS
from tests.oracle.reading import CHAT, read_line
from tests.oracle.rules import Rules
from tests.oracle.timelines import DAY, FIRST_DAY_MS, RULES, random_lines
from tests.worker.exactness import tick
from tests.worker.lab import key_of, topic_role

SHOPS: Final = 8
FLOODED: Final = "flooded"
LARGEST: Final = 1_030_000  # bytes of a value that brokers just take, with the headers of a letter

_AT: Final = re.compile(rb'"at" ?: ?([0-9]{13})[,}]')


@dataclass(frozen=True)
class Record:
    """What a producer sends: the input it belongs to, key and value."""

    role: str
    key: bytes | None
    value: bytes


@dataclass(frozen=True)
class Block:
    """Records sent one after another: at the pace of the campaign, or all at once."""

    records: list[Record]
    fault: str | None = None
    """The fault that the block itself is, such as a flood; None for ordinary input."""
    apart: bool = False
    """Whether it lies days after what came before, which must have been acknowledged first.

    In seconds of a campaign days pass: else a producer that waits for the leader of one topic and
    goes on with the other would be eight days late with the first.
    """


def make(seed: int, events: int, *, flood: int, poison: int) -> list[Block]:
    """Return a campaign's input; `flood` records of one shop and `poison` records come at once.

    Evidence that comes when a day has just closed may count or not in a worker, which knows no
    order between its topics; so the two weeks are far apart. No round is open at the end.
    """
    rng = random.Random(seed)
    first = _week(rng, "a", events // 2, FIRST_DAY_MS)
    second = _week(rng, "b", events // 2, FIRST_DAY_MS + 56 * DAY)
    end = max(_instants(first))
    blocks = [*_with(rng, first, "flood of one partition", list(_flood(rng, flood)))]
    blocks.append(Block([*_ticks(end + 2 * DAY), *_ticks(end + 12 * DAY)], apart=True))
    later, *rest = _with(rng, second, "poison records", list(_poison(rng, poison)))
    blocks += [replace(later, apart=True), *rest]
    blocks.append(Block(_ticks(max(_instants(second)) + 2 * DAY), apart=True))
    return blocks


def truth(records: list[Record], *, now_ms: int) -> list[dict[str, Any]]:
    """Return the scorecards of what was read in this order."""
    log = Log(Rules(RULES))
    log.read((record.value.replace(b"\n", b" ") for record in records), now_wall_ms=now_ms)
    return scorecards_of(log)


def late(records: list[tuple[int, Record]], *, now_ms: int) -> set[int]:
    """Return which of the numbered records are chat, too far behind their conversation."""
    newest: dict[tuple[str, str | None], int] = {}
    found = set()
    for number, record in records:
        event = read_line(record.value, now_wall_ms=now_ms) if record.value.strip() else None
        if event is None or event.type not in CHAT:
            continue
        at = newest.get((event.shop, event.buyer), 0)
        if event.at < at - LATENESS:
            found.add(number)
        newest[event.shop, event.buyer] = max(at, event.at)
    return found


def is_event(value: bytes, *, now_ms: int) -> bool:
    """Tell whether the bytes are an event, by the oracle's own reading."""
    return bool(value.strip()) and read_line(value, now_wall_ms=now_ms) is not None


def _week(rng: random.Random, name: str, events: int, start_ms: int) -> list[Record]:
    """Return a week of all shops; ids begin with its name, for no id may come twice."""
    lines = list(
        random_lines(
            rng.randrange(1 << 30), events, shops=SHOPS, buyers=120, days=7, far=0.0,
            start_ms=start_ms,
        )
    )  # fmt: skip
    named = [line.replace(b'"event_id":"', b'"event_id":"%s' % name.encode()) for line in lines]
    return [_record(line) for line in _again_and_out_of_order(rng, named)]


def _again_and_out_of_order(rng: random.Random, lines: list[bytes]) -> list[bytes]:
    """One of twenty comes again within 200 lines, one of twenty up to 30 lines too late."""
    places: list[tuple[float, int, bytes]] = []
    for number, line in enumerate(lines):
        late = rng.random() * 30 if rng.random() < 0.05 else 0.0
        places.append((number + late, number, line))
        if rng.random() < 0.05:
            places.append((number + rng.random() * 200, number, line))
    return [line for _, _, line in sorted(places)]


def _with(
    rng: random.Random, records: list[Record], fault: str, others: list[Record]
) -> Iterator[Block]:
    """Give the records, with the others at once somewhere in the middle."""
    middle = rng.randrange(len(records) // 4, 3 * len(records) // 4)
    yield Block(records[:middle])
    if others:
        yield Block(others, fault)
    yield Block(records[middle:])


def _flood(rng: random.Random, count: int) -> Iterator[Record]:
    if count:
        lines = random_lines(
            rng.randrange(1 << 30), count, shops=1, buyers=100, days=7, garbage=0.0,
            far=0.0, start_ms=FIRST_DAY_MS,
        )  # fmt: skip
        for line in lines:
            yield _record(line.replace(b'"shop_id":"s1"', b'"shop_id":"%s"' % FLOODED.encode()))


def _poison(rng: random.Random, count: int) -> Iterator[Record]:
    """Give garbage under good keys, bad keys and none; a few as large as brokers take."""
    for number in range(count):
        value = bytes(rng.choice(GARBAGE))
        if number % 40 == 0:
            value = b'{"type":"message","text":"' + b"x" * (LARGEST if number == 0 else 300_000)
        key = rng.choice([b"s%d" % rng.randrange(1, SHOPS + 1), b"\xff\xfe\x00", None])
        yield Record(rng.choice(["messages", "orders"]), key, value)


def _ticks(at: int) -> list[Record]:
    """Return messages that are nobody's: they only move the clocks of the shops."""
    shops = [*(f"s{number}" for number in range(1, SHOPS + 1)), FLOODED]
    return [_record(tick(shop, at)) for shop in shops]


def _record(line: bytes) -> Record:
    return Record(topic_role(line), key_of(line), line)


def _instants(records: list[Record]) -> Iterator[int]:
    for record in records:
        if is_event(record.value, now_ms=time.time_ns() // 1_000_000):
            match = _AT.search(record.value)
            if match:
                yield int(match[1])
