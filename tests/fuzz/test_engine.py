"""Records that are events, however odd: folded, cut, shown, and nothing raises.

An exception of the engine stops the worker, and it would meet the same record again.
"""

from __future__ import annotations

import msgspec
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from chatpulse.contract.codec import decode
from chatpulse.contract.events import Event, EventBase
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.live import KEPT_MINUTES
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.snapshot import Snapshot, snapshot
from chatpulse.telemetry.samples import table
from chatpulse.wall.view import view
from chatpulse.worker.exposition import exposition
from chatpulse.worker.pictures import read_thresholds
from tests.conformance_cases import cases
from tests.fuzz.inputs import fuzzed
from tests.wall.desk import SERVED

NOW = 1_800_000_000_000
RULES = Rules.parse('[shops."s1"]\ntimezone = "America/Sao_Paulo"\nclosers = "strict"', toml=True)
TIMELINES = [b"\n".join(case.lines) for case in cases() if len(case.lines) < 12]
THRESHOLDS = read_thresholds()
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; escaping=underscores"


def events(raw: bytes) -> list[Event]:
    found = (decode(line, now_ms=NOW) for line in raw.split(b"\n")[:100])
    return [event for event in found if isinstance(event, EventBase)]  # type: ignore[misc]


@fuzzed(*TIMELINES, words=("s1", "buyer", "agent", "bot", "system", "recall", "1741147200000"))
def test_engine(raw: bytes) -> None:
    partition = Partition(RULES)
    given = events(raw)
    newest = max((event.at for event in given), default=NOW)
    for event in given:
        partition.apply(event)
        partition.refresh(event.at)
    partition.close_due()
    again = Partition.load(RULES, list(partition.dump()))
    assert again.refresh(newest + 1)
    assert partition.refresh(newest + 1)
    for shop_id, boards in partition.boards.items():
        cards = partition.scorecards(shop_id)
        assert cards == again.scorecards(shop_id)
        assert msgspec.json.decode(msgspec.json.encode(cards), type=list) is not None
        boards.waiting()
    seen = [snapshot(boards, minutes=KEPT_MINUTES) for boards in partition.boards.values()]
    wall = view(seen, now=newest, newest_event_at=newest, served=SERVED, thresholds=THRESHOLDS)
    msgspec.json.encode(wall)
    scraped(seen)


def scraped(seen: list[Snapshot]) -> None:
    """Hold what a scrape reads against the shops and agents that are there."""
    tables = [table(shop) for shop in seen]
    shops = {shop.shop_id for shop in seen}
    agents = {agent for one in tables for agent in one.agents}
    for accept, parse in (("", text_format), (OPEN_METRICS, open_metrics)):
        body, _ = exposition(tables, [], accept)
        for family in parse(body.decode()):
            for sample in family.samples:
                assert sample.labels.get("shop", "") in {*shops, ""}
                assert sample.labels.get("agent", "") in {*agents, ""}
