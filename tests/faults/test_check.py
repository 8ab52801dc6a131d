"""What judges a campaign finds what is wrong, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from chatpulse.worker import checkpoint
from chatpulse.worker.api import partition_of
from chatpulse.worker.checkpoint import Manifest, Stored
from tests.faults import check, stream
from tests.faults.feeder import Feeder
from tests.faults.tail import complete
from tests.faults.watch import ghosts, lag_of
from tests.oracle import Log
from tests.oracle.rules import Rules
from tests.oracle.timelines import RULES
from tests.worker.lab import PARTITIONS, Lab

NOW_MS = time.time_ns() // 1_000_000


def exposition(partitions: list[int], shops: list[str]) -> str:
    lags = [
        f'chatpulse_consumer_lag_records{{topic="m",partition="{n}"}} {n}.0' for n in partitions
    ]
    gauges = [f'chatpulse_shop_waiting_buyers{{shop="{shop}"}} 1.0' for shop in shops]
    return "\n".join([*lags, *gauges, ""])


def test_a_shop_of_a_partition_that_is_not_owned_is_a_ghost() -> None:
    home = partition_of("s1", PARTITIONS)
    assert ghosts(exposition([home], ["s1", ""])) == []
    assert ghosts(exposition([(home + 1) % PARTITIONS], ["s1"])) != []
    assert lag_of(exposition([0, 3], [])) == {"0": 0.0, "3": 3.0}


def test_differences_are_told_by_card_and_field() -> None:
    expected = {("s", "a", "d"): {"rounds": 1, "missed": 0}, ("s", "b", "d"): {"rounds": 2}}
    assert check.differences("API", dict(expected), expected) == []
    found = {("s", "a", "d"): {"rounds": 1, "missed": 1}, ("s", "c", "d"): {}}
    assert check.differences("API", found, expected) == [
        "API lacks ('s', 'b', 'd')",
        "API has ('s', 'c', 'd') too many",
        "API: ('s', 'a', 'd') missed is 1, not 0",
    ]


def manifest(chunks: list[bytes]) -> Manifest:
    return Manifest(
        format=checkpoint.FORMAT, positions={"m": 1}, chunks=len(chunks),
        digest=checkpoint.digest(chunks), records=2, rules="", written_at=0, writer="",
    )  # fmt: skip


@pytest.mark.parametrize("without", [None, 0, 1, 2])
def test_a_torn_checkpoint_is_not_complete(without: int | None) -> None:
    chunks = list(checkpoint.chunks([(b"a", b"1" * 50), (b"b", b"2" * 50)], size=60))
    made = b"i" * 16
    parts = [(checkpoint.key(made, n), chunk) for n, chunk in enumerate(chunks)]
    parts.append((checkpoint.key(made, -1), checkpoint.seal(manifest(chunks))))
    assert len(parts) == 3
    stored = [Stored(n, *part) for n, part in enumerate(parts) if n != without]
    assert len(list(complete(stored))) == (without is None)


def test_the_input_is_that_of_its_seed_and_has_all_it_should() -> None:
    blocks = stream.make(3, 1_000, flood=200, poison=50)
    assert blocks == stream.make(3, 1_000, flood=200, poison=50)
    assert [block.fault for block in blocks if block.fault] == [
        "flood of one partition", "poison records",
    ]  # fmt: skip
    records = [record for block in blocks for record in block.records]
    rejected = sum(not stream.is_event(record.value, now_ms=NOW_MS) for record in records)
    assert rejected >= 50
    log = Log(Rules(RULES))
    log.read((record.value.replace(b"\n", b" ") for record in records), now_wall_ms=NOW_MS)
    assert log.counts["duplicate"] > 0
    late = stream.late(list(enumerate(records)), now_ms=NOW_MS)
    assert len(late) >= log.counts["late"] > 0  # copies of what was folded are late, too
    assert log.counts["after_close"] == 0


def test_the_oldest_unread_record_is_found(tmp_path: Path) -> None:
    feeder = Feeder(Lab("127.0.0.1:1", tmp_path), [], lambda *_: None)
    place = ("messages", 0)
    feeder._handed[place], feeder._acknowledged[place] = [1.0, 2.0, 3.0], [1.5, 2.5, 3.5]
    assert feeder.oldest_unread({place: 1}) == 2.0
    assert feeder.oldest_unread({place: 3}) is None
    feeder._pending[7] = 2.5
    assert feeder.oldest_unread({place: 3}) == 2.5
    assert [feeder.end_at(place, at) for at in (1.0, 2.6, 9.0)] == [0, 2, 3]
    assert feeder.handed_between(1.5, 3.0) == 2


class Acknowledged:
    """What a producer is told of a record."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset


LYING = [
    ("each where it was told", [0, 1, 2, 3], [0, 1, 2, 3], None),
    ("one sent twice is not told", [0, -1001, -1001, 3], [0, 1, 2, 3], None),
    ("two written twice, acknowledged the second time", [0, 3, 4, 5], [0, 1, 2, 1, 2, 3], None),
    ("twice", [1, 2, 4, 5], [0, 0, 1, 2, 2, 3], None),
    ("one where another lies", [0, 1, 1, 2], None, "('messages', 0): offset 1 out of turn"),
]


@pytest.mark.parametrize(
    ("told", "then", "error"), [c[1:] for c in LYING], ids=[c[0] for c in LYING]
)
def test_records_lie_where_the_brokers_put_them(
    told: list[int], then: list[int] | None, error: str | None, tmp_path: Path
) -> None:
    records = [stream.Record("messages", b"s1", b"%d" % n) for n in range(4)]
    feeder = Feeder(Lab("127.0.0.1:1", tmp_path), [stream.Block(records)], lambda *_: None)
    for index, offset in enumerate(told):
        feeder._pending[index] = 1.0
        feeder._delivered(index, None, Acknowledged(offset))  # type: ignore[arg-type]
    assert feeder.error == error
    if then is not None:
        place = ("messages", 0)
        assert [index for _, index in sorted(feeder.lying[place].items())] == then
        assert feeder.ends() == {place: len(then)}
