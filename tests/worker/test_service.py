"""One worker, from outside: what it serves, and what it is after a stop and after a crash."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from chatpulse.demo.broker import ensure_topics
from chatpulse.telemetry.catalogue import METRICS
from tests.conformance_cases import check
from tests.tools import need
from tests.worker.conformance import hosted
from tests.worker.exactness import now_ms
from tests.worker.lab import ROLES, Lab, Worker, by_source, feed, producer, until, workers

CASES = {case.name: case for case in hosted()}
GARBAGE = [b"", b"{}", b"\xff", b'{"type":"message"', b"x" * 70_000, b'{"type":"unknown"}']


@dataclass
class House:
    """A lab with one worker in it; `start` replaces it."""

    lab: Lab
    start: Callable[[], Worker]
    worker: Worker


def message(event_id: str, at: int, **more: object) -> bytes:
    event = {
        "type": "message", "event_id": event_id, "shop_id": "now/shop", "at": at, "buyer_id": "b1",
        "sender": "buyer", "agent_id": "a1", "text": "这个怎么卖", **more,
    }  # fmt: skip
    return json.dumps(event).encode()


@pytest.fixture(scope="module")
def house(embedded: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    lab = Lab(embedded, tmp_path_factory.mktemp("house"))
    ensure_topics(embedded, [lab.topic(role) for role in ROLES])
    shops = {shop: rules for case in CASES.values() for shop, rules in case.rules.items()}
    lab.rules = lab.folder / "rules.json"
    lab.rules.write_text(json.dumps({"shops": shops}), encoding="utf-8")
    feed(lab, [line for case in CASES.values() for line in case.lines])
    feed(lab, GARBAGE)
    now = now_ms()
    feed(lab, [message("w1", now - 60_000), message("w2", now - 400_000)])  # the second is late
    tombstone = producer(embedded)
    tombstone.produce(lab.topic("messages"), None, b"now/shop")
    tombstone.flush(10)
    with workers(lab) as start:
        house = House(lab, lambda: start("house"), start("house"))
        until(lambda: house.worker.ready, "the worker is ready")
        yield house


def scorecards(worker: Worker, shop: str, day: str) -> list[dict[str, object]]:
    quoted = urllib.parse.quote(shop, safe="")
    return worker.json(f"/api/v1/shops/{quoted}/scorecards?day={day}")  # type: ignore[no-any-return]


def value(worker: Worker, sample: str) -> float:
    _, body = worker.get("/metrics")
    found = [line for line in body.decode().splitlines() if line.startswith(f"{sample} ")]
    assert len(found) == 1, (sample, found)
    return float(found[0].split()[-1])


@pytest.mark.parametrize("name", CASES)
def test_conformance_cases_hold_in_a_worker(house: House, name: str) -> None:
    case = CASES[name]
    shown: set[tuple[str, str]] = {(card["shop_id"], card["day"]) for card in case.expect}
    cards = [card for shop, day in shown for card in scorecards(house.worker, shop, day)]
    assert check(case.expect, cards) == []


def test_the_api_lists_its_shops(house: House) -> None:
    shops = house.worker.json("/api/v1/shops")["shops"]
    assert shops == sorted(shops)
    assert set(shops) >= {shop for case in CASES.values() for shop in case.shops} | {"now/shop"}


def test_the_api_tells_who_waits(house: House) -> None:
    waiting = house.worker.json("/api/v1/shops/now%2Fshop/waiting")
    assert [(row["agent_id"], row["waiting"]) for row in waiting] == [("a1", 1)]
    assert list(waiting[0]) == ["agent_id", "waiting", "oldest_wait_start_at"]


def test_today_is_the_default_day(house: House) -> None:
    cards = house.worker.json("/api/v1/shops/now%2Fshop/scorecards")
    assert {card["agent_id"] for card in cards} == {"", "a1"}


ERRORS = [
    ("a day that is none", "/api/v1/shops/now%2Fshop/scorecards?day=2026-13-01", 400, "YYYY-MM-DD"),
    ("a day in other words", "/api/v1/shops/now%2Fshop/scorecards?day=today", 400, "YYYY-MM-DD"),
    ("an unknown shop", "/api/v1/shops/nobody/scorecards", 404, "nobody"),
    ("an unknown path", "/api/v2/shops", 404, "Not Found"),
]


@pytest.mark.parametrize(
    ("path", "status", "reason"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS]
)
def test_errors_are_json(house: House, path: str, status: int, reason: str) -> None:
    found, body = house.worker.get(path)
    assert found == status
    assert reason in json.loads(body)["error"]


def test_the_api_is_read_only(house: House) -> None:
    request = urllib.request.Request(house.worker.url + "/api/v1/shops", data=b"x", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 405
    assert "GET" in refused.value.headers["Allow"]
    head = urllib.request.Request(house.worker.url + "/metrics", method="HEAD")
    with urllib.request.urlopen(head, timeout=5) as answer:
        assert (answer.status, answer.read()) == (200, b"")


def test_the_worker_is_healthy(house: House) -> None:
    assert house.worker.get("/-/healthy") == (200, b"ok\n")
    assert house.worker.get("/-/ready") == (200, b"ok\n")


def test_metrics_please_promtool(house: House) -> None:
    _, body = house.worker.get("/metrics")
    done = subprocess.run(
        [need("promtool"), "check", "metrics"], input=body, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_metrics_are_those_of_the_catalogue(house: House) -> None:
    _, body = house.worker.get("/metrics")
    families = {
        line.split()[2]: line.split()[3]
        for line in body.decode().splitlines()
        if line.startswith("# TYPE chatpulse_")
    }
    assert families == {name: METRICS[name].type for name in families}
    assert b"\nprocess_resident_memory_bytes " in body
    processor = {n for n in METRICS if not n.startswith(("chatpulse_agent_", "chatpulse_shop_"))}
    assert processor <= families.keys()


def test_metrics_come_as_open_metrics_and_compressed(house: House) -> None:
    accept = "application/openmetrics-text; version=1.0.0"
    _, body = house.worker.get("/metrics", Accept=accept, **{"Accept-Encoding": "gzip"})
    assert gzip.decompress(body).endswith(b"# EOF\n")
    _, body = house.worker.get("/metrics")
    assert b"# EOF" not in body


def test_buyers_and_texts_are_in_no_metric_and_no_log(house: House) -> None:
    _, body = house.worker.get("/metrics")
    shown = body.decode() + house.worker.output()
    assert "这个怎么卖" not in shown
    assert '"b1"' not in shown


def test_every_rejected_byte_is_a_dead_letter(house: House) -> None:
    until(lambda: len(by_source(house.lab.records("dead_letters"))) > len(GARBAGE), "dead letters")
    letters = [
        same[0]
        for same in by_source(house.lab.records("dead_letters")).values()
        if same[0].key() in (b"garbage", b"now/shop")
    ]
    expected = [*GARBAGE, message("w2", 0)]
    assert len(letters) == len(expected)
    assert {letter.value() for letter in letters} >= set(GARBAGE)
    reasons = sorted(dict(letter.headers() or [])["reason"].decode() for letter in letters)
    assert reasons == [
        "invalid",
        "late",
        "not_json",
        "not_json",
        "not_utf8",
        "too_large",
        "unknown_type",
    ]
    late = next(x for x in letters if dict(x.headers() or [])["reason"] == b"late")
    assert (late.key(), json.loads(late.value() or b"")["event_id"]) == (b"now/shop", "w2")


def test_counters_count(house: House) -> None:
    topic = house.lab.topic("messages")
    assert value(house.worker, "chatpulse_late_total") >= 1
    assert value(house.worker, rejected(house)) == 2
    read = value(house.worker, f'chatpulse_events_total{{topic="{topic}",type="message"}}')
    lines = [line for case in CASES.values() for line in case.lines]
    assert read == sum(json.loads(line)["type"] == "message" for line in lines) + 2


def rejected(house: House) -> str:
    topic = house.lab.topic("messages")
    return f'chatpulse_rejected_total{{reason="not_json",topic="{topic}"}}'


def waiting(house: House) -> int:
    return int(house.worker.json("/api/v1/shops/now%2Fshop/waiting")[0]["waiting"])


def everything(house: House) -> dict[str, object]:
    worker = house.worker
    return {
        case.name: [scorecards(worker, card["shop_id"], card["day"]) for card in case.expect]
        for case in CASES.values()
    }


def test_stopped_and_started_again_it_knows_everything(house: House) -> None:
    before = everything(house)
    assert house.worker.stop() == 0
    assert "stopped" in house.worker.output()
    house.worker = house.start()
    until(lambda: house.worker.ready, "the worker is ready again")
    assert everything(house) == before
    assert value(house.worker, rejected(house)) == 0  # nothing was read again


def test_killed_and_started_again_it_counts_nothing_twice(house: House) -> None:
    before = everything(house)
    feed(house.lab, [message(f"k{n}", now_ms() + n, buyer_id=f"k{n}") for n in range(50)])
    until(
        lambda: house.worker.json("/api/v1/shops/now%2Fshop/waiting")[0]["waiting"] == 51,
        "all wait",
    )
    house.worker.kill()
    house.worker = house.start()
    until(lambda: house.worker.ready, "the worker is ready again")
    assert everything(house) == before
    assert waiting(house) == 51


def test_a_second_signal_ends_it_at_once(house: House) -> None:
    house.worker.send(signal.SIGSTOP)  # so that both are there when it looks
    house.worker.send(signal.SIGTERM)
    house.worker.send(signal.SIGINT)
    house.worker.send(signal.SIGCONT)
    assert house.worker.process.wait(10) in (0, 130)
