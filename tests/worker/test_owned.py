"""What a partition does with a record: apply it, pass it on as a dead letter, or skip it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast

from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker.broker import Broker, Tp
from chatpulse.worker.counters import Counters
from chatpulse.worker.deadletters import MOST_BYTES
from chatpulse.worker.outbox import Outbox, Output
from chatpulse.worker.owned import Owned
from chatpulse.worker.records import Batch
from chatpulse.worker.settings import Topics

DAY = 86_400_000
NOON = 1_740_974_400_000  # 2025-03-03 12:00 in Asia/Shanghai
TOPICS = Topics()


class Kept(Outbox):
    """An outbox that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__(cast(Broker, None))
        self.kept: list[Output] = []

    def put(self, output: Output) -> None:
        self.kept.append(output)


class Desk:
    """An owned partition and what it has said."""

    def __init__(self) -> None:
        self.outbox = Kept()
        self.counters = Counters(TOPICS)
        self.owned = Owned(
            3,
            Partition(Rules()),
            dict.fromkeys(TOPICS.inputs, 0),
            ends=dict.fromkeys(TOPICS.inputs, 0),
            outbox=self.outbox,
            topics=TOPICS,
            counters=self.counters,
        )

    def read(self, *values: bytes | None, topic: str = TOPICS.messages) -> None:
        """Fold the next records of `topic`, every input being read to its end."""
        begin = self.owned.positions[topic]
        batch = batch_of(topic, begin, *values)
        index, turning = self.owned.fold(batch, 0, NOON + 400 * DAY)
        while turning is not None:
            self.owned.horizon.look(self.owned.positions, turning.at)
            self.owned.begin_day(topic, turning)
            index, turning = self.owned.fold(batch, index, NOON + 400 * DAY)
        assert index == len(values)


class Raw(NamedTuple):
    """A record as the consumer gives it."""

    offset: int
    key: bytes | None
    value: bytes | None


def batch_of(topic: str, begin: int, *values: bytes | None) -> Batch:
    records = [Raw(begin + n, b"s1", value) for n, value in enumerate(values)]
    return Batch(Tp(topic, 3), 1, [*records])


def message(at: int, **more: Any) -> bytes:
    event = {
        "type": "message", "event_id": f"e{at}", "shop_id": "s1", "at": at, "buyer_id": "b1",
        "sender": "buyer", "agent_id": "a1", "text": "在吗", **more,
    }  # fmt: skip
    return json.dumps(event).encode()


def test_an_event_is_applied_and_counted() -> None:
    desk = Desk()
    desk.read(message(NOON))
    assert desk.owned.positions[TOPICS.messages] == 1
    assert desk.counters.by_type()[TOPICS.messages, "message"] == 1
    assert desk.owned.newest == {TOPICS.messages: NOON}
    assert list(desk.owned.engine.shops) == ["s1"]
    assert desk.outbox.kept == []


def test_a_tombstone_only_moves_the_position() -> None:
    desk = Desk()
    desk.read(None)
    assert desk.owned.positions[TOPICS.messages] == 1
    assert desk.outbox.kept == []


def test_a_rejected_record_is_passed_on_unchanged_with_its_coordinates() -> None:
    desk = Desk()
    desk.read(message(NOON))
    desk.read(b"\xff{")
    (letter,) = desk.outbox.kept
    assert (letter.topic, letter.key, letter.value) == (TOPICS.dead_letters, b"s1", b"\xff{")
    headers = dict(letter.headers)
    assert headers.pop("detail")
    assert headers == {
        "reason": b"not_utf8",
        "source-topic": TOPICS.messages.encode(),
        "source-partition": b"3",
        "source-offset": b"1",
    }
    assert desk.counters.rejected[TOPICS.messages]["not_utf8"] == 1


def test_a_record_brokers_would_refuse_is_cut_and_says_so() -> None:
    desk = Desk()
    desk.read(b"x" * 5_000_000)
    (letter,) = desk.outbox.kept
    assert letter.value == b"x" * (MOST_BYTES - len(b"s1"))
    assert dict(letter.headers)["cut-from"] == b"key 2, value 5000000 bytes"


def test_a_late_event_is_a_dead_letter_too() -> None:
    desk = Desk()
    desk.read(message(NOON))
    desk.read(message(NOON - 200_000))
    (letter,) = desk.outbox.kept
    assert dict(letter.headers)["reason"] == b"late"
    assert letter.value == message(NOON - 200_000)
    assert desk.counters.late == 1


def test_a_closed_day_is_published_once_and_what_comes_after_it_only_counted() -> None:
    desk = Desk()
    desk.read(message(NOON))
    desk.read(message(NOON + 10 * DAY, sender="system", agent_id=None))
    keys = [output.key for output in desk.outbox.kept]
    assert keys == [b"s1||2025-03-03", b"s1|a1|2025-03-03"]
    assert json.loads(desk.outbox.kept[0].value or b"")["missed"] == 1
    desk.read(message(NOON + 1000, buyer_id="b2"))
    assert len(desk.outbox.kept) == 2
    assert desk.counters.after_close[TOPICS.messages] == 1


def test_days_stay_open_while_another_input_is_behind() -> None:
    desk = Desk()
    desk.read(message(NOON))
    batch = batch_of(TOPICS.messages, 1, message(NOON + 10 * DAY, sender="system"))
    index, turning = desk.owned.fold(batch, 0, NOON + 400 * DAY)
    assert index == 0
    assert turning is not None
    desk.owned.horizon.look({TOPICS.messages: 2, TOPICS.orders: 7}, turning.at)
    desk.owned.begin_day(TOPICS.messages, turning)
    assert desk.owned.fold(batch, index, NOON + 400 * DAY) == (1, None)
    assert desk.outbox.kept == []
    desk.owned.positions[TOPICS.orders] = 7
    desk.owned.close_due()
    assert len(desk.outbox.kept) == 2


def test_what_was_counted_survives_the_partition() -> None:
    desk = Desk()
    desk.read(json.dumps({
        "type": "refunded", "event_id": "r", "shop_id": "s1", "at": NOON, "buyer_id": "b1",
        "order_id": "o1", "amount_minor": 1,
    }).encode(), topic=TOPICS.orders)  # fmt: skip
    desk.owned.retire()
    assert desk.counters.retired["unmatched_refunds"] == 1


def test_a_partition_is_ready_when_its_backlog_is_read() -> None:
    desk = Desk()
    desk.owned.backlog[TOPICS.messages] = 1
    assert not desk.owned.ready
    desk.read(message(NOON))
    assert desk.owned.ready


def test_what_is_known_is_passed_over_and_a_gap_ends_the_run() -> None:
    desk = Desk()
    desk.read(message(NOON), message(NOON + 1))
    again = batch_of(TOPICS.messages, 0, *(message(NOON + n) for n in range(3)))
    assert desk.owned.fold(again, 0, NOON) == (3, None)
    assert desk.owned.positions[TOPICS.messages] == 3
    assert desk.counters.by_type()[TOPICS.messages, "message"] == 3
    beyond = batch_of(TOPICS.messages, 5, message(NOON + 5))
    assert desk.owned.fold(beyond, 0, NOON) == (0, None)
    assert desk.owned.positions[TOPICS.messages] == 3


def test_the_first_event_of_each_day_of_each_shop_waits_for_a_look_at_the_ends() -> None:
    desk = Desk()
    values = [
        message(NOON), message(NOON + 1), message(NOON, shop_id="s2"), message(NOON + DAY),
        message(NOON + 2), message(NOON + DAY + 1),
    ]  # fmt: skip
    batch, index, waited = batch_of(TOPICS.messages, 0, *values), 0, []
    while index < len(values):
        index, turning = desk.owned.fold(batch, index, NOON + 9 * DAY)
        if turning is not None:
            waited.append(index)
            desk.owned.begin_day(TOPICS.messages, turning)
    assert waited == [0, 2, 3]
