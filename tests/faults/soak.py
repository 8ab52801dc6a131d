"""A soak: one worker at half of what it can read, for hours; nothing in it may grow.

`python -m tests.faults.soak --hours 2`; `--seconds 30` is what CI does. Days of the input pass in
seconds, so that rows are forgotten and closed days dropped long before the end. From then on the
first third of the samples is held against the last.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer

from tests.faults.__main__ import lanes
from tests.faults.brokers import Site, site
from tests.faults.fleet import Fleet, Member
from tests.oracle.timelines import DAY, FIRST_DAY_MS, random_lines
from tests.worker.lab import PARTITIONS, Lab, key_of, topic_role

BACKLOG = 30_000
MOST_UNSENT = 50_000
PASSING_DAYS = 110
"""Days of the input in a whole run, at least; closed days are kept for 62."""
SETTLED = 0.7
"""Share of the run after which nothing may grow."""
SHORTEST_DAY_SECONDS, LONGEST_DAY_SECONDS = 0.2, 4.0
GROWTH = {"rss_mb": 1.05, "descriptors": 1.0, "tasks": 1.0}
"""By what factor the median of the last third may exceed that of the first."""
SLACK = {"rss_mb": 4.0, "descriptors": 2.0, "tasks": 2.0}


@dataclass(frozen=True)
class Sample:
    """The worker at an instant."""

    seconds: float
    rss_mb: float
    descriptors: int
    tasks: int
    unread: int


class Source:
    """Produces lines at a rate and counts them."""

    def __init__(self, lab: Lab, lines: Iterator[bytes]) -> None:
        self._lab, self._lines = lab, lines
        self._producer = Producer(
            {
                "bootstrap.servers": lab.address,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 10,
                "delivery.report.only.error": True,
                "log_level": 0,
            }
        )
        self.sent = 0

    def send(self, count: int) -> None:
        for line in islice(self._lines, count):
            topic = self._lab.topic(topic_role(line))
            while len(self._producer) > MOST_UNSENT:  # a busy machine: the broker is behind
                self._producer.poll(0.1)
            self._producer.produce(topic, line, key_of(line), on_delivery=_must)
            self.sent += 1
        self._producer.poll(0)

    def flush(self) -> None:
        assert self._producer.flush(60) == 0


def _must(error: KafkaError | None, message: Message) -> None:
    if error is not None:
        raise AssertionError(f"not delivered: {error}")


def soak(brokers: Site, folder: Path, seconds: float, rate: float | None) -> list[Sample]:
    """Run one worker for so long and return what was seen, once a second or less often."""
    folder.mkdir(parents=True)
    lab = Lab(brokers.address, folder)
    brokers.create(lab)
    day_seconds = min(max(seconds / PASSING_DAYS, SHORTEST_DAY_SECONDS), LONGEST_DAY_SECONDS)
    fleet = Fleet(lab, brokers.address)
    try:
        if rate is None:
            rate = capacity(lab, fleet) / 2
        print(f"{rate:,.0f} events/s, a day of the input in {day_seconds:.1f} s", flush=True)
        source = Source(lab, endless(seconds, rate, day_seconds))
        member = fleet.alive[0] if fleet.alive else fleet.start()
        until_read(member, 0)
        return list(watch(member, source, seconds, rate))
    finally:
        fleet.kill()


def endless(seconds: float, rate: float, day_seconds: float) -> Iterator[bytes]:
    """Give lines for the whole run, of days that end before today."""
    days = int(seconds / day_seconds) + 30
    events = int(rate * day_seconds * days)
    buyers = max(40, int(rate * day_seconds / 100))
    return random_lines(
        7, events, shops=8, buyers=buyers, days=days, far=0.0, start_ms=FIRST_DAY_MS - days * DAY
    )


def capacity(lab: Lab, fleet: Fleet) -> float:
    """Return how many events a second the worker reads when a backlog waits for it."""
    source = Source(lab, random_lines(6, BACKLOG, shops=8, days=30, start_ms=DAY * 8_000))
    source.send(BACKLOG)
    source.flush()
    member = fleet.start()
    until_read(member, 1)
    begun, first = time.monotonic(), read(member)
    until_read(member, BACKLOG)
    return (BACKLOG - first) / (time.monotonic() - begun)


def read(member: Member) -> int:
    """Return how many records the worker has read of all partitions."""
    owned = (member.status() or {}).get("owned", {})
    return sum(sum(positions.values()) for positions in owned.values())


def until_read(member: Member, count: int) -> None:
    deadline = time.monotonic() + 120
    while read(member) < count or len((member.status() or {}).get("owned", {})) < PARTITIONS:
        assert member.alive, member.log[-2000:]
        assert time.monotonic() < deadline, f"{read(member)} of {count} records were read"
        time.sleep(0.02)


def watch(member: Member, source: Source, seconds: float, rate: float) -> Iterator[Sample]:
    """Produce at the rate; look at the worker once a second, every five seconds in a long run."""
    every = 1.0 if seconds < 600 else 5.0
    before = read(member)
    begun = time.monotonic()
    due = begun + every
    while (now := time.monotonic()) < begun + seconds:
        source.send(int(rate * (now - begun)) - source.sent)
        if now >= due:
            assert member.alive, member.log[-2000:]
            member.get("/metrics", 20)
            yield sample(member, now - begun, before + source.sent)
            due += every
        time.sleep(0.01)
    source.flush()
    until_read(member, before + source.sent)


def sample(member: Member, seconds: float, sent: int) -> Sample:
    pid = member.process.pid
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    status = member.status() or {}
    return Sample(
        seconds=round(seconds, 1),
        rss_mb=round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1),
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        tasks=int(status["tasks"]),
        unread=sent - read(member),
    )


def judge(samples: list[Sample]) -> list[str]:
    """Return what has grown after the run had settled."""
    settled = [one for one in samples if one.seconds >= SETTLED * samples[-1].seconds]
    third = max(1, len(settled) // 3)
    problems = []
    for name, factor in GROWTH.items():
        first = statistics.median(getattr(one, name) for one in settled[:third])
        last = statistics.median(getattr(one, name) for one in settled[-third:])
        print(f"{name}: {first:g} -> {last:g}")
        if last > first * factor + SLACK[name]:
            problems.append(f"{name} grew from {first:g} to {last:g}")
    return problems


def main() -> int:
    """Return 0 if nothing grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--rate", type=float, help="events/s [half of what the worker can read]")
    parser.add_argument("--out", type=Path, default=Path(".cache/faults/soak.jsonl"))
    asked = parser.parse_args()
    seconds = asked.hours * 3600 + asked.seconds or 30.0
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chatpulse-soak-") as name:
        folder = Path(name)
        with site(lanes()[0], folder / "brokers") as brokers:
            samples = soak(brokers, folder / "soak", seconds, asked.rate)
    with asked.out.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(one)) + "\n" for one in samples)
    problems = judge(samples)
    print(f"{samples[-1].seconds:g} s; most unread at a look: {max(s.unread for s in samples):,}")
    print("\n".join(problems) or "nothing grew")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
