"""What the crowd writes is what a producer would have written, and when it should be there."""

import struct
import time
from io import BytesIO
from itertools import islice

import pytest
from aiokafka.protocol.produce import ProduceRequest_v7, ProduceResponse_v7
from aiokafka.record.memory_records import MemoryRecords
from confluent_kafka import Consumer, TopicPartition

from bench import batches, crowd
from bench.processes import FailedError
from bench.workload import Workload, lines
from chatpulse.contract.codec import Rejected, decode
from chatpulse.demo.broker import PARTITIONS, embedded_broker, ensure_topics
from chatpulse.worker.api import partition_of

TOPICS = {"messages": "room.messages", "orders": "room.orders"}
NOW_MS = 1_795_000_000_123
EVENTS = [line.encode() for line in lines(Workload(400, buyers=50))]


def event_id(line: bytes) -> bytes:
    """Return the part of a line that no other line has."""
    start = line.index(b'"event_id"')
    return line[start : start + 29]


def sent(request: bytes) -> dict[tuple[str, int], list[tuple[int, bytes, bytes]]]:
    """Return the records of a request by their place, as a broker reads them."""
    assert struct.unpack_from(">i", request)[0] == len(request) - 4
    number, name = struct.unpack_from(">4xhhih", request)[2:]
    body = ProduceRequest_v7.decode(BytesIO(request[14 + name :]))
    assert (number, body.required_acks, body.transactional_id) == (7, -1, None)
    found = {}
    for topic, parts in body.topics:
        for partition, data in parts:
            records = MemoryRecords(data)
            batch = records.next_batch()
            assert batch.validate_crc()
            assert not records.has_next()
            found[topic, partition] = [(r.timestamp, r.key, r.value) for r in batch]
    return found


def test_a_request_has_every_event_once_at_its_place_and_of_its_moment() -> None:
    request = batches.encode(EVENTS, TOPICS, 8)
    assert request.events == len(EVENTS)
    found = sent(request.at(NOW_MS, 7))
    assert len({topic for topic, _ in found}) == 2
    left = {line[: line.index(b'"at":')]: line for line in EVENTS}
    for (topic, partition), records in found.items():
        for stamp, key, value in records:
            line = left.pop(value[: value.index(b'"at":')])
            event = decode(value, now_ms=NOW_MS)
            assert not isinstance(event, Rejected)
            original = decode(line, now_ms=NOW_MS)
            assert not isinstance(original, Rejected)
            assert (stamp, event.at) == (NOW_MS, NOW_MS)
            assert type(event) is type(original)
            assert event.event_id == original.event_id
            assert (key, partition) == (event.shop_id.encode(), partition_of(event.shop_id, 8))
            is_message = type(event).__name__ == "Message"
            assert topic == TOPICS["messages" if is_message else "orders"]
    assert not left


def test_the_events_of_a_shop_stay_in_their_order() -> None:
    found = sent(batches.encode(EVENTS, TOPICS, 8).at(NOW_MS, 7))
    for records in found.values():
        for shop in {key for _, key, _ in records}:
            ids = [
                decode(value, now_ms=NOW_MS).event_id for _, key, value in records if key == shop
            ]
            places = [n for i in ids for n, line in enumerate(EVENTS) if i.encode() in line]
            assert len(places) == len(ids)
            assert places == sorted(places)


def test_a_turn_has_what_is_due_in_it() -> None:
    rate = 330.0
    prepared = crowd.prepare(iter(EVENTS), rate, 1.0, TOPICS, 8)
    counts = [request.events for request in prepared]
    assert len(counts) == 1.0 / crowd.TURN_SECONDS
    assert sum(counts) == rate
    assert set(counts) == {6, 7}


def test_an_answer_that_refuses_a_batch_is_no_answer() -> None:
    def answer(error: int) -> bytes:
        topics = [("room.messages", [(0, 0, 5, -1, 0), (3, error, -1, -1, -1)])]
        return struct.pack(">i", 41) + ProduceResponse_v7(topics, 0).encode()

    assert batches.check(answer(0)) == 41
    with pytest.raises(FailedError, match=r"room\.messages partition 3 refused a batch: error 6"):
        batches.check(answer(6))


def test_the_crowd_writes_at_its_rate_what_a_consumer_finds() -> None:
    rate, seconds = 1000.0, 0.3
    prepared = crowd.prepare(iter(EVENTS), rate, seconds, TOPICS, PARTITIONS)
    with embedded_broker() as address:
        ensure_topics(address, TOPICS.values())
        begins = time.monotonic()
        window = crowd.Window(begins, begins + 0.1, begins + seconds + 0.2)
        schedule = crowd.Schedule(rate, window)
        before_ms = time.time_ns() // 1_000_000
        crowd.write(address, prepared, schedule)
        after_ms = time.time_ns() // 1_000_000
        values = consumed(address)
    assert schedule.count == len(values) == rate * seconds
    events = [decode(value, now_ms=after_ms) for value in values]
    assert not [event for event in events if isinstance(event, Rejected)]
    assert all(before_ms <= event.at <= after_ms for event in events)
    times = {event.at for event in events}
    assert len(times) > 5  # in turns, not at once
    ids = {event.event_id for event in events}
    assert ids == {decode(line, now_ms=after_ms).event_id for line in islice(EVENTS, len(values))}


def consumed(address: str) -> list[bytes]:
    """Return all that the topics hold."""
    client = Consumer({"bootstrap.servers": address, "group.id": "test", "log_level": 0})
    places = [TopicPartition(t, n) for t in TOPICS.values() for n in range(PARTITIONS)]
    spans = [client.get_watermark_offsets(place, timeout=10) for place in places]
    client.assign([TopicPartition(p.topic, p.partition, 0) for p in places])
    values: list[bytes] = []
    while len(values) < sum(high - low for low, high in spans):
        found = client.consume(500, timeout=5)
        assert found
        values += [message.value() for message in found if message.error() is None]
    client.close()
    return values


def test_a_broker_that_goes_away_is_told() -> None:
    prepared = crowd.prepare(iter(EVENTS), 1000.0, 0.2, TOPICS, PARTITIONS)
    with embedded_broker() as address:
        ensure_topics(address, TOPICS.values())
        connection = crowd._Connection(address)

    def write() -> None:
        for request in prepared:
            connection.send(request, NOW_MS)
            connection.take()

    with connection, pytest.raises((FailedError, OSError)):
        write()
