"""The text of a scrape is what prometheus_client's encoders make of the same samples."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from chatpulse.conversations.policy import Rules
from chatpulse.demo.simulator import Room, simulate
from chatpulse.scoreboard.partition import Partition
from chatpulse.telemetry.samples import AGENT, SHOP, Column, Table, Values
from chatpulse.worker.exposition import exposition
from tests.telemetry.oracle import Fixed, families, tables

T, HOUR = 1_740_967_200_000, 3_600_000  # 2025-03-03 10:00 in Asia/Shanghai
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
ACCEPTS = [
    "",
    "text/plain",
    "text/plain; version=1.0.0; escaping=dots",
    "text/plain; version=1.0.0; escaping=values",
    OPEN_METRICS,
    "application/openmetrics-text",
    f"{OPEN_METRICS}; escaping=dots",
    f"{OPEN_METRICS}; escaping=values",
    "application/openmetrics-text; version=2.0.0",
    PROMETHEUS_3,
]


def others() -> list[Metric]:
    events = Metric("chatpulse_events", "Events.", "counter")
    events.add_sample("chatpulse_events_total", {"topic": "m"}, 3)
    return [events, Metric("chatpulse_conversations", 'No "sample" of it.', "gauge")]


def check(found: Sequence[Table], accept: str) -> None:
    encoder, content_type = choose_encoder(accept)
    wanted = encoder(Fixed([*families(found), *others()]))
    assert exposition(found, others(), accept) == (wanted, content_type)


@pytest.fixture(scope="module")
def room() -> list[Table]:
    partition = Partition(Rules())
    events = Room(rate=3, shops=3, agents=7, curve="flat")
    for event in simulate(events, seed=7, start_ms=T - HOUR, until_ms=T + HOUR):
        partition.apply(event)
    partition.refresh(T + HOUR)
    return tables([partition])


@pytest.mark.parametrize("accept", ACCEPTS)
def test_a_room_in_every_format(room: list[Table], accept: str) -> None:
    assert [len(shop.agents) for shop in room] == [7, 7, 7]
    check(room, accept)
    check([], accept)


@pytest.mark.parametrize("version", ["x", "1.x", "", "1..", "٣.0"])
def test_a_version_that_is_none_gets_what_everybody_gets(room: list[Table], version: str) -> None:
    accept = f"application/openmetrics-text; version={version}"
    assert exposition(room, others(), accept)[1].startswith(("text/plain", "application/open"))


def test_a_shop_without_agents_has_no_agents_metrics(room: list[Table]) -> None:
    bare = room[0]._replace(agents={})
    check([bare], "")
    check([bare, room[1]], "")


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES |= st.text('\\"\n\1\2{}=,é客\r\x85\u2028 ', max_size=6)
NUMBERS = st.integers(0, 10**25) | st.floats(0) | st.none()


def values(columns: Sequence[Column]) -> st.SearchStrategy[Values]:
    return st.lists(NUMBERS, min_size=3, max_size=9).map(
        lambda some: [some[place % len(some)] for place in range(len(columns))]
    )


TABLES = st.lists(
    st.builds(Table, NAMES, values(SHOP), st.dictionaries(NAMES, values(AGENT), max_size=3)),
    max_size=3,
)


@given(TABLES, st.sampled_from(ACCEPTS))
def test_any_names_and_numbers(found: list[Table], accept: str) -> None:
    check(found, accept)


def test_a_strict_reader_of_open_metrics_is_content(room: list[Table]) -> None:
    text, _ = exposition(room, others(), OPEN_METRICS)
    histogram = "chatpulse_shop_response_duration_seconds"
    found = {family.name: family for family in text_string_to_metric_families(text.decode())}
    counts = [s for s in found[histogram].samples if s.name == f"{histogram}_count"]
    assert [sample.labels["shop"] for sample in counts] == [shop.shop_id for shop in room]


def test_what_hostile_names_say_stays_in_their_labels() -> None:
    shop, agent = 'a"} 1\nb{c="\\', "\n# EOF\n"
    row: Values = [1] * len(SHOP)
    text, _ = exposition([Table(shop, row, {agent: row[: len(AGENT)]})], [], OPEN_METRICS)
    parsed = list(text_string_to_metric_families(text.decode()))
    samples = [sample for family in parsed for sample in family.samples]
    assert len(samples) == len(SHOP) + len(AGENT)
    assert {sample.labels["shop"] for sample in samples} == {shop}
    assert {sample.labels.get("agent") for sample in samples} == {agent, None}
