"""The scenario of the exactness tests, for any broker: workers come, sleep, wake up and die."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

from chatpulse.contract.codec import Rejected, decode
from chatpulse.contract.events import Event
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker import checkpoint
from tests.oracle.timelines import DAY, FIRST_DAY_MS, RULES, random_lines
from tests.worker.lab import (
    Feeder,
    Lab,
    Worker,
    api_cards,
    by_source,
    days_of,
    replay,
    until,
    workers,
)

SLEEP_SECONDS = 24.0


def tick(shop: str, at: int) -> bytes:
    """Return a message that is nobody's: it only moves the shop's clock."""
    event = {
        "type": "message", "event_id": f"tick-{shop}-{at}", "shop_id": shop, "at": at,
        "buyer_id": "clock", "sender": "system", "text": "tick",
    }  # fmt: skip
    return json.dumps(event).encode()


def room(seed: int, events: int, *, shops: int = 8) -> list[bytes]:
    """Return lines with duplicates, disorder and garbage: a week whose days close, and another.

    Evidence that comes when a day has just closed may count or not in a worker, which knows no
    order between its topics; so the two weeks are far apart. No round is open at the end.
    """
    first = _week(seed, events // 2, shops, FIRST_DAY_MS)
    end = max(event.at for event in _events(first))
    closing = [*_ticks(shops, end + 2 * DAY), *_ticks(shops, end + 12 * DAY)]
    second = _week(seed + 1, events // 2, shops, FIRST_DAY_MS + 56 * DAY)
    return [*first, *closing, *second, *_ticks(shops, max(e.at for e in _events(second)) + 2 * DAY)]


def _week(seed: int, events: int, shops: int, start_ms: int) -> list[bytes]:
    return list(
        random_lines(seed, events, shops=shops, buyers=120, days=7, far=0.0, start_ms=start_ms)
    )


def _ticks(shops: int, at: int) -> list[bytes]:
    return [tick(f"s{number}", at) for number in range(1, shops + 1)]


def _events(lines: list[bytes]) -> list[Event]:
    found = (decode(line, now_ms=now_ms()) for line in lines)
    return [event for event in found if not isinstance(event, Rejected)]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def join_sleep_die(lab: Lab, lines: list[bytes]) -> None:
    """One joins, one sleeps for longer than its session, one is killed, one takes its place."""
    rules = lab.folder / "rules.json"
    rules.write_text(json.dumps(RULES), encoding="utf-8")
    lab.rules = rules
    expected = replay(lab, lines)
    with workers(lab) as start:
        feeder = Feeder(lab, lines, seconds=45)
        feeder.start()
        a = start("a")
        until(lambda: a.ready, "a is ready")
        b = start("b")
        until(lambda: a.ready and b.ready, "a and b share the partitions")
        a.send(signal.SIGSTOP)
        asleep_until = time.monotonic() + SLEEP_SECONDS
        until(lambda: b.ready and _owns(b) == 4, "b has taken over from the sleeper")
        c = start("c")
        until(lambda: b.ready and c.ready and _owns(c) == 2, "c has joined")
        b.kill()
        time.sleep(max(0.0, asleep_until - time.monotonic()))
        a.send(signal.SIGCONT)
        until(lambda: _owns(a) + _owns(c) == 4 and a.ready and c.ready, "the sleeper is back", 60)
        feeder.done()
        live = {"a": a, "c": c}
        show_equal(lambda: api_cards(a, live, days_of(expected)), expected)
        for worker in live.values():
            worker.send(signal.SIGTERM)
        assert [worker.process.wait(20) for worker in live.values()] == [0, 0]
    checked = every_checkpoint_is_right(lab)
    assert checked >= 8
    nothing_is_missing_from_the_outputs(lab, lines, expected)


def _owns(worker: Worker) -> int:
    """Return how many partitions a worker owns now."""
    _, body = worker.get("/metrics")
    lines = [line for line in body.decode().splitlines() if line.startswith(LAG)]
    return len({line.split('partition="')[1].split('"')[0] for line in lines})


LAG = "chatpulse_consumer_lag_records{"


def show_equal(found: Any, expected: list[dict[str, Any]], seconds: float = 30) -> None:
    latest: list[dict[str, Any]] = []

    def same() -> bool:
        nonlocal latest
        latest = found()
        return latest == expected

    try:
        until(same, "the scorecards equal replay's", seconds)
    except AssertionError:
        differing = [(x, y) for x, y in zip(latest, expected, strict=False) if x != y]
        raise AssertionError(
            f"{len(latest)} cards, expected {len(expected)}; first difference: {differing[:1]}"
        ) from None


def every_checkpoint_is_right(lab: Lab) -> int:
    """Hold every complete checkpoint against the fold of the input up to its positions."""
    rules = Rules.parse(json.dumps(RULES), toml=False) if lab.rules else Rules()
    inputs: dict[tuple[str, int], list[tuple[int, bytes]]] = {}
    for role in ("messages", "orders"):
        for record in lab.records(role):
            place = (lab.topic(role), record.partition() or 0)
            inputs.setdefault(place, []).append((record.offset() or 0, record.value() or b""))
    stored: dict[int, list[checkpoint.Stored]] = {}
    for record in lab.records("checkpoints"):
        found = checkpoint.Stored(record.offset() or 0, record.key(), record.value())
        stored.setdefault(record.partition() or 0, []).append(found)
    checked = 0
    for number, records in stored.items():
        for one in _each(records):
            fold = Partition(rules, live=False)
            fold.close_limit = 0
            for topic, end in one.manifest.positions.items():
                for offset, value in inputs.get((topic, number), []):
                    event = decode(value, now_ms=now_ms())
                    if offset < end and not isinstance(event, Rejected):
                        fold.apply(event)
            loaded = Partition.load(rules, one.records, live=False)
            assert _cards(loaded) == _cards(fold), (number, one.manifest.positions)
            checked += 1
    return checked


def _each(records: list[checkpoint.Stored]) -> list[checkpoint.Checkpoint]:
    """Return every complete checkpoint, not only the best."""
    ids = {record.key[:16] for record in records if record.key}
    scans = (checkpoint.scan([r for r in records if (r.key or b"")[:16] == i]) for i in ids)
    return [scan.best for scan in scans if scan.best is not None]


def _cards(partition: Partition) -> dict[Any, Any]:
    """Return all scorecards, those of closed days included."""
    cards = [card for days in partition.archive.values() for day in days.values() for card in day]
    partition.closed = []
    partition.finish(now_ms())
    return {(card.shop_id, card.agent_id, card.day): card for card in cards + partition.closed}


def nothing_is_missing_from_the_outputs(
    lab: Lab, lines: list[bytes], expected: list[dict[str, Any]]
) -> None:
    """Every rejected byte is a dead letter; the daily records are replay's of the closed days."""
    rejected = sorted(line for line in lines if isinstance(decode(line, now_ms=now_ms()), Rejected))
    letters = by_source(lab.records("dead_letters"))
    assert sorted(same[0].value() or b"" for same in letters.values()) == rejected
    for same in letters.values():
        assert len({letter.value() for letter in same}) == 1
    truth = {(c["shop_id"], c["agent_id"], c["day"]): c for c in expected}
    daily = {}
    for record in lab.records("daily"):
        card = json.loads(record.value() or b"")
        key = (card["shop_id"], card["agent_id"], card["day"])
        assert (record.key() or b"").decode() == "|".join(key)
        daily[key] = card
    assert daily
    last = max(day for _, _, day in daily)
    assert daily == {key: card for key, card in truth.items() if key[2] <= last}
