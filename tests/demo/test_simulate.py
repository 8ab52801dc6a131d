"""The command `chatpulse simulate`, to files and to the embedded broker."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from aiokafka.partitioner import murmur2
from click.testing import CliRunner, Result
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from chatpulse.cli import chatpulse
from chatpulse.contract.codec import Rejected, decode
from chatpulse.contract.events import Event
from chatpulse.contract.ids import MAX_INTEGER
from chatpulse.demo.broker import PARTITIONS, embedded_broker, ensure_topics
from chatpulse.demo.parameters import START_MS


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with embedded_broker() as address:
        ensure_topics(address, ["chat.messages", "shop.orders"])
        yield address


def simulate(*args: str) -> Result:
    return CliRunner().invoke(chatpulse, ["simulate", *args])


def written(*args: str, to: Path) -> list[Event]:
    result = simulate(*args, "--to", str(to))
    assert (result.exit_code, result.output) == (0, "")
    raw = to.read_bytes()
    if to.suffix == ".gz":
        raw = gzip.decompress(raw)
    elif to.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    decoded = [decode(line, now_ms=MAX_INTEGER // 2) for line in raw.splitlines()]
    assert raw.endswith(b"\n")
    return [event for event in decoded if not isinstance(event, Rejected)]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_the_same_options_make_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    one, two, other = (tmp_path / f"{name}.ndjson{suffix}" for name in ("one", "two", "other"))
    noise = ("--duplicates", "0.1", "--disorder", "30s", "--garbage", "0.1")
    events = written("--seed", "5", "--for", "1h", *noise, to=one)
    written("--seed", "5", "--for", "1h", *noise, to=two)
    written("--seed", "6", "--for", "1h", *noise, to=other)
    assert len(events) > 100
    assert one.read_bytes() == two.read_bytes()
    assert one.read_bytes() != other.read_bytes()


def test_a_file_has_the_start_the_length_and_the_shops_asked_for(tmp_path: Path) -> None:
    events = written(
        "--start", "2026-01-05T12:00:00Z", "--for", "2h", "--shops", "3", "--agents", "2",
        to=tmp_path / "events.ndjson",
    )  # fmt: skip
    noon = 1_767_614_400_000
    assert noon <= events[0].at
    assert noon + 6_000_000 < events[-1].at < noon + 7_200_000
    assert {e.shop_id for e in events} == {"shop-01", "shop-02", "shop-03"}


def test_a_dash_is_standard_output() -> None:
    result = simulate("--for", "10m", "--to", "-")
    assert result.exit_code == 0
    first = decode(result.stdout_bytes.splitlines()[0], now_ms=2 * START_MS)
    assert not isinstance(first, Rejected)


BAD_OPTIONS = {
    "rate": ("--rate", "0"),
    "shops": ("--shops", "0"),
    "agents": ("--agents", "-3"),
    "duplicates": ("--duplicates", "2"),
    "garbage": ("--garbage", "-1"),
    "write 20s, 5m, 1h or 3d": ("--for", "soon"),
    "is no duration": ("--disorder", "5"),
    "is no instant": ("--to", "x", "--start", "2026-01-05"),
    "--start works only with --to": ("--start", "2026-01-05T00:00:00Z"),
    "--speed works only without --to": ("--to", "x", "--speed", "2"),
    "--brokers works only without --to": ("--to", "x", "--brokers", "b:1"),
    "must be more than 0": ("--speed", "0"),
    "the topics are chat.messages": ("--topics", "chats=x"),
}


@pytest.mark.parametrize(("clue", "args"), BAD_OPTIONS.items(), ids=BAD_OPTIONS)
def test_a_bad_option_is_refused(clue: str, args: tuple[str, ...]) -> None:
    result = simulate(*args)
    assert result.exit_code == 2
    assert clue in result.output


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    result = simulate("--to", str(tmp_path / "no" / "such"))
    assert result.exit_code == 1
    assert (
        result.output == f"chatpulse: cannot write {tmp_path}/no/such: No such file or directory\n"
    )


def test_an_unreachable_broker_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatpulse.demo.publisher.ANSWER_SECONDS", 0.5)
    result = simulate("--brokers", "127.0.0.1:1")
    assert result.exit_code == 1
    assert result.output == (
        "chatpulse: no Kafka broker answers at 127.0.0.1:1: start it, or name it with --brokers\n"
    )


def test_a_missing_topic_is_one_line(broker: str) -> None:
    result = simulate("--brokers", broker, "--topics", "shop.orders=elsewhere")
    assert result.exit_code == 1
    assert result.output == (
        f"chatpulse: topic elsewhere is missing at {broker}: "
        "create it with `chatpulse topics`, or name yours with --topics\n"
    )


def read(broker: str, topics: tuple[str, ...]) -> list[tuple[int, bytes, bytes]]:
    """Return partition, key and value of everything in the topics."""
    consumer = Consumer(
        {"bootstrap.servers": broker, "group.id": "test", "enable.partition.eof": True}
    )
    ends = [TopicPartition(t, p, OFFSET_BEGINNING) for t in topics for p in range(PARTITIONS)]
    consumer.assign(ends)
    records, open_ends = [], len(ends)
    while open_ends:
        message = consumer.poll(10)
        assert message is not None
        if message.error():
            open_ends -= 1
        else:
            records.append((message.partition(), message.key() or b"", message.value() or b""))
    consumer.close()
    return records


def test_live_events_reach_the_broker_in_the_partition_of_every_client() -> None:
    with embedded_broker() as address:
        ensure_topics(address, ["chat.messages", "orders"])
        result = simulate(
            "--brokers", address, "--topics", "shop.orders=orders", "--shops", "5", "--rate",
            "50", "--curve", "flat", "--warm", "5m", "--for", "1s",
        )  # fmt: skip
        assert result.exit_code == 0
        records = read(address, ("chat.messages", "orders"))
    assert len(records) > 1000
    assert f"simulate: {len(records)} records written" in result.output
    events = [decode(value, now_ms=MAX_INTEGER // 2) for _, _, value in records]
    assert not [e for e in events if isinstance(e, Rejected)]
    assert len({key for _, key, _ in records}) == 5
    for partition, key, _ in records:
        assert partition == (murmur2(key) & 0x7FFFFFFF) % PARTITIONS


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_signal_ends_it_cleanly(broker: str, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "chatpulse", "simulate", "--brokers", broker]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"simulate: writing to {broker}, Ctrl-C ends it\n"
        process.send_signal(ending)
        rest = process.stderr.read()
        assert process.wait(20) == 0
    assert rest.startswith("simulate: ")
    assert rest.endswith(" records written\n")
