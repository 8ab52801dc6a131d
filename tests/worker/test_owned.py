"""What a partition does with a record: apply it, pass it on as a dead letter, or skip it."""

from __future__ import annotations

import json
from typing import Any, cast

from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker.broker import Broker
from chatpulse.worker.counters import Counters
from chatpulse.worker.outbox import Outbox, Output
from chatpulse.worker.owned import Owned
from chatpulse.worker.records import Record
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

    def read(self, value: bytes | None, topic: str = TOPICS.messages) -> None:
        record = Record(topic, 3, self.owned.positions[topic], b"s1", value, 1)
        event = self.owned.read(record, now_ms=NOON + 400 * DAY)
        if event is not None:
            if self.owned.turns_day(event):
                self.owned.horizon.look(self.owned.positions, event.at)
            self.owned.apply(record, event)


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
    record = Record(TOPICS.messages, 3, 1, b"s1", message(NOON + 10 * DAY, sender="system"), 1)
    event = desk.owned.read(record, now_ms=NOON + 400 * DAY)
    assert event is not None
    desk.owned.horizon.look({TOPICS.messages: 2, TOPICS.orders: 7}, event.at)
    desk.owned.apply(record, event)
    assert desk.outbox.kept == []
    desk.owned.positions[TOPICS.orders] = 7
    desk.owned.close_due()
    assert len(desk.outbox.kept) == 2


def test_what_was_counted_survives_the_partition() -> None:
    desk = Desk()
    desk.read(json.dumps({
        "type": "refunded", "event_id": "r", "shop_id": "s1", "at": NOON, "buyer_id": "b1",
        "order_id": "o1", "amount_minor": 1,
    }).encode(), TOPICS.orders)  # fmt: skip
    desk.owned.retire()
    assert desk.counters.retired["unmatched_refunds"] == 1


def test_a_partition_is_ready_when_its_backlog_is_read() -> None:
    desk = Desk()
    desk.owned.backlog[TOPICS.messages] = 1
    assert not desk.owned.ready
    desk.read(message(NOON))
    assert desk.owned.ready
