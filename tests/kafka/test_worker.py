"""The worker on a real Apache Kafka: what the embedded broker cannot show."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from chatpulse.worker import checkpoint
from tests.kafka.cluster import Cluster
from tests.oracle.timelines import RULES
from tests.worker.exactness import every_checkpoint_is_right, join_sleep_die, room, show_equal
from tests.worker.lab import (
    PARTITIONS,
    ROLES,
    Feeder,
    Lab,
    api_cards,
    by_source,
    days_of,
    feed,
    replay,
    until,
    workers,
)

pytestmark = pytest.mark.kafka


@pytest.fixture
def lab(kafka: str, tmp_path: Path) -> Lab:
    made = Lab(kafka, tmp_path)
    done = made.command("topics", "--create")
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.timeout(240)
def test_workers_that_join_sleep_and_die_count_exactly_what_replay_counts(lab: Lab) -> None:
    join_sleep_die(lab, room(seed=12, events=12_000))


@pytest.mark.timeout(240)
def test_workers_outlive_a_frozen_broker(kafka_node: Cluster, lab: Lab) -> None:
    lines = room(seed=13, events=8_000)
    expected = replay(lab, lines)
    with workers(lab) as start:
        live = {name: start(name) for name in "ab"}
        until(lambda: all(worker.ready for worker in live.values()), "both are ready")
        feeder = Feeder(lab, lines, seconds=25)
        feeder.start()
        until(lambda: lab.records("checkpoints"), "the first checkpoint")
        kafka_node.nodes[0].freeze()
        try:
            time.sleep(15)  # longer than everybody's session
        finally:
            kafka_node.nodes[0].thaw()
        feeder.done()
        until(lambda: all(worker.ready for worker in live.values()), "both are back", 90)
        show_equal(lambda: api_cards(live["a"], live, days_of(expected)), expected, 60)
        assert [worker.stop() for worker in live.values()] == [0, 0]
    assert every_checkpoint_is_right(lab) >= 4


def test_old_checkpoints_are_deleted_and_the_newest_is_enough(lab: Lab) -> None:
    lines = room(seed=14, events=2_000)
    expected = replay(lab, lines)
    with workers(lab) as start:
        worker = start("a")
        until(lambda: worker.ready, "the worker is ready")
        feeder = Feeder(lab, lines, seconds=12)
        feeder.start()
        until(lambda: any(begin(lab, n) > 0 for n in range(4)), "something was deleted")
        feeder.done()
        assert worker.stop() == 0
        worker = start("a")
        until(lambda: worker.ready, "it is ready again")
        assert api_cards(worker, {"a": worker}, days_of(expected)) == expected


def begin(lab: Lab, partition: int) -> int:
    consumer = Consumer({"bootstrap.servers": lab.address, "group.id": "begin", "log_level": 0})
    try:
        place = TopicPartition(lab.topic("checkpoints"), partition)
        return int(consumer.get_watermark_offsets(place, timeout=10)[0])
    finally:
        consumer.close()


def test_other_rules_are_refused_at_the_start(lab: Lab) -> None:
    feed(lab, room(seed=15, events=200))
    with workers(lab) as start:
        worker = start("a")
        until(lambda: worker.ready, "the worker is ready")
        assert worker.stop() == 0
        lab.rules = lab.folder / "rules.json"
        lab.rules.write_text(json.dumps(RULES), encoding="utf-8")
        worker = start("b")
        assert worker.process.wait(30) == 1
        last = worker.output().splitlines()[-1]
        assert last.startswith("chatpulse: partition ")
        assert "--accept-rules" in last
        worker = start("c", CHATPULSE_ACCEPT_RULES="true")
        until(lambda: worker.ready, "it goes on")
        assert worker.stop() == 0
        worker = start("d")
        until(lambda: worker.ready, "the rules are taken on")


def test_topics_are_created_once_and_checked(lab: Lab) -> None:
    done = lab.command("topics", "--create")
    assert (done.returncode, done.stderr) == (0, "")
    assert "created" not in done.stdout
    assert done.stdout.count("4 partitions") == len(ROLES)


def test_topics_that_are_wrong_are_told(kafka: str, tmp_path: Path) -> None:
    lab = Lab(kafka, tmp_path)
    admin = AdminClient({"bootstrap.servers": kafka})
    wrong = [
        NewTopic(lab.topic("orders"), 3, 1),
        NewTopic(lab.topic("messages"), 2, 1),
        NewTopic(lab.topic("checkpoints"), 3, 1, config={"cleanup.policy": "compact"}),
        NewTopic(lab.topic("daily"), 1, 1, config={"cleanup.policy": "delete"}),
    ]
    for made in admin.create_topics(wrong).values():
        made.result(30)
    done = lab.command("topics")
    assert done.returncode == 1
    for text in ("cleanup.policy=compact", "cleanup.policy=delete", "same number of partitions"):
        assert text in done.stderr
    done = lab.command("worker")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("chatpulse: topic ")


def test_a_record_too_large_for_a_dead_letter_stops_nobody(lab: Lab) -> None:
    """Brokers limit a batch as it is compressed: what was sent packed may be too large unpacked."""
    packed = Producer({"bootstrap.servers": lab.address, "message.max.bytes": 20_000_000,
                       "compression.type": "gzip", "enable.idempotence": True})  # fmt: skip
    sizes = [1_048_400, 1_048_570, 5_000_000]
    for size in sizes:
        packed.produce(lab.topic("messages"), b"x" * size, b"s1")
    assert packed.flush(30) == 0
    lines = room(seed=16, events=200)
    feed(lab, lines)
    expected = replay(lab, lines)
    with workers(lab) as start:
        worker = start("a")
        until(lambda: worker.ready, "the worker is ready")
        show_equal(lambda: api_cards(worker, {"a": worker}, days_of(expected)), expected)
        assert worker.stop() == 0
    letters = [letter for letter in lab.records("dead_letters") if letter.key() == b"s1"]
    large = [letter for letter in letters if len(letter.value() or b"") > 900_000]
    told = [dict(letter.headers() or [])["cut-from"].decode() for letter in large]
    assert told == [f"key 2, value {size} bytes" for size in sizes]
    assert every_checkpoint_is_right(lab) >= 1


def test_a_worker_that_is_there_before_the_broker_waits_for_it(
    kafka_node: Cluster, lab: Lab
) -> None:
    [node] = kafka_node.nodes
    lines = room(seed=17, events=200)
    feed(lab, lines)
    node.kill()
    node.start()  # it takes seconds until it listens
    with workers(lab) as start:
        worker = start("a")
        assert f"brokers {lab.address}: " in worker.output()
        assert "trying again" in worker.output()
        until(lambda: worker.ready, "the worker is ready")
        expected = replay(lab, lines)
        show_equal(lambda: api_cards(worker, {"a": worker}, days_of(expected)), expected)
        assert worker.stop() == 0


def test_a_stop_under_load_takes_less_than_10_s_and_leaves_nothing_to_redo(lab: Lab) -> None:
    """Every second record is a dead letter: whatever was read twice would be two of them."""
    lines = [line for pair in room(seed=18, events=10_000) for line in (pair, b"no event")]
    with workers(lab) as start:
        worker = start("a")
        until(lambda: worker.ready, "the worker is ready")
        feeder = Feeder(lab, lines, seconds=12)
        feeder.start()
        until(lambda: len(lab.records("dead_letters")) > 1_000, "it is at work")
        begun = time.monotonic()
        assert worker.stop(10) == 0
        assert time.monotonic() - begun < 10
        assert feeder.is_alive()  # there was more to read all the time
        saved = positions(lab)
        assert committed(lab) == saved
        worker = start("b")
        feeder.done()
        until(lambda: worker.ready, "the next one has read the rest")
        expected = replay(lab, lines)
        show_equal(lambda: api_cards(worker, {"b": worker}, days_of(expected)), expected)
        assert worker.stop() == 0
    letters = by_source(lab.records("dead_letters"))
    assert len(letters) >= len(lines) // 2
    assert {len(same) for same in letters.values()} == {1}
    assert positions(lab) == committed(lab)
    assert positions(lab) != saved


def positions(lab: Lab) -> dict[tuple[str, int], int]:
    """Return up to where the newest complete checkpoints stand."""
    found = {}
    stored: dict[int, list[checkpoint.Stored]] = {n: [] for n in range(PARTITIONS)}
    for record in lab.records("checkpoints"):
        place = checkpoint.Stored(record.offset() or 0, record.key(), record.value())
        stored[record.partition() or 0].append(place)
    for number, records in stored.items():
        best = checkpoint.scan(records).best
        assert best is not None
        found |= {(topic, number): at for topic, at in best.manifest.positions.items()}
    return found


def committed(lab: Lab) -> dict[tuple[str, int], int]:
    """Return up to where the group has read, as `kafka-consumer-groups` would show it."""
    consumer = Consumer({"bootstrap.servers": lab.address, "group.id": lab.name, "log_level": 0})
    inputs = [lab.topic(role) for role in ("messages", "orders")]
    try:
        places = [TopicPartition(topic, n) for topic in inputs for n in range(PARTITIONS)]
        found = consumer.committed(places, timeout=10)
        return {(place.topic, place.partition): place.offset for place in found}
    finally:
        consumer.close()
