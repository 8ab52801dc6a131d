"""The engine as a worker drives it, in this process: batches in, a cut out, boards brought up."""

import hashlib
import json
import random
import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from bench import engine
from bench.meter import RESULT, specification
from bench.peers.worker import scorecards
from bench.workload import HAN
from chatpulse.contract.codec import Rejected, decode
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker.app import spare_collector
from chatpulse.worker.group import MAX_BATCH

FOREVER = 1 << 62
TOUCHED = 200
"""Conversations that are counted again in one go."""

TURNS = 7
APART_MS = 20_000


class Record(NamedTuple):
    offset: int
    value: bytes


def fold(partition: Any, records: list[Record]) -> None:
    """Note the records as a worker does that owns the partition."""
    seen: set[str] = set()
    for first in range(0, len(records), MAX_BATCH):
        batch = records[first : first + MAX_BATCH]
        place = 0
        while place < len(batch):
            place += partition.read(batch, place, first + place, FOREVER)[0]
            if place == len(batch):
                break
            event = decode(batch[place].value, now_ms=FOREVER)
            assert not isinstance(event, Rejected)
            partition.apply(event)
            if event.shop_id not in seen:  # a day begins; all of the data set are open
                seen.add(event.shop_id)
                partition.read_until(event.shop_id, FOREVER)
            place += 1


def numbered(values: Iterable[bytes]) -> list[Record]:
    """Return records one after the other."""
    return [Record(offset, value.rstrip()) for offset, value in enumerate(values)]


def read(path: str) -> list[Record]:
    """Return a file's events as records."""
    with Path(path).open("rb") as lines:
        return numbered(lines)


def conversation(buyer: int, depth: int, at: int) -> Iterable[bytes]:
    """Yield questions and answers by turns, hardly any two of which are the same."""
    draw = random.Random(buyer)
    for number in range(depth):
        message = {
            "type": "message",
            "event_id": f"{buyer}-{number}",
            "shop_id": "deep",
            "buyer_id": f"buyer-{buyer}",
            "at": at + number * APART_MS,
            "sender": ("buyer", "agent")[number % 2],
            "agent_id": f"agent-{buyer % 10}",
            "text": "".join(draw.choices(HAN, k=12)),
        }
        yield json.dumps(message).encode()


def again_us(depth: int, at: int) -> float:
    """Return the microseconds of the core to count a conversation again after one more event."""
    whole = [[*conversation(buyer, depth + TURNS, at)] for buyer in range(TOUCHED)]
    partition: Any = Partition(Rules())
    fold(partition, numbered(line for lines in whole for line in lines[:depth]))
    took = []
    for turn in range(depth, depth + TURNS):
        now = at + turn * APART_MS
        partition.refresh(now)
        for lines in whole:
            event = decode(lines[turn], now_ms=FOREVER)
            assert not isinstance(event, Rejected)
            partition.apply(event)
        assert partition.uncounted == TOUCHED
        begun = time.process_time()
        partition.refresh(now)
        took.append(time.process_time() - begun)
    return statistics.median(took) / TOUCHED * 1e6


def main() -> None:
    """Fold, pack, count again, and tell how long each took."""
    wanted = specification()
    records = read(wanted["file"])
    partition: Any = Partition(Rules())
    spare_collector()
    begun = time.process_time()
    fold(partition, records)
    took = time.process_time() - begun
    lines = scorecards([partition], wanted["newest_at"])
    many: Any = Partition(Rules())
    fold(many, read(wanted["many"]))
    begun = time.process_time()
    packed = sum(1 for _ in many.dump())
    packing = time.process_time() - begun
    at = wanted["newest_at"] // 86_400_000 * 86_400_000
    found = {
        "engine": engine.used(),
        "rate": len(records) / took,
        "rows": many.conversations,
        "packed_per_s": packed / packing,
        "again_us": {depth: again_us(depth, at) for depth in wanted["depths"]},
        "check": hashlib.sha256(b"\n".join(lines)).hexdigest()[:16],
    }
    print(RESULT + json.dumps(found), flush=True)


main()
