"""What the wall shows of a room: who stands where, and that its numbers are the metrics'."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chatpulse.conversations.policy import Rules
from chatpulse.demo.simulator import Room, simulate
from chatpulse.wall.view import AGENTS_SHOWN, SLOWEST_SHOWN
from chatpulse.wall.wall import Line, Mean, Point, Share, Slow, Volume
from tests.telemetry.oracle import families, tables
from tests.wall.desk import HOUR, MINUTE, SECOND, Desk, T, agent, names, wall

NO_WAITS, NO_SHARE = Mean(0, 0), Share(0, 0)


def test_a_worker_without_shops_shows_nothing_and_says_so() -> None:
    shown = wall(T)
    assert (shown.agents, shown.shops, shown.slowest, shown.timezone) == ([], [], [], None)
    assert shown.total.waiting == 0
    assert shown.total.oldest_wait_start_at is None
    assert shown.total.response_5m == NO_WAITS
    assert shown.volume == Volume(0, 0, 0, 0)
    assert [point.mean_ms for point in shown.trend] == [None] * 60


def test_who_keeps_a_buyer_waiting_longest_stands_first_and_the_queue_among_them() -> None:
    desk = Desk()
    desk.round(T, "b0", "quick", 5)
    desk.round(T, "b1", "slower", 50)
    desk.wrote(T + 70 * SECOND, "b2", "busy")
    desk.wrote(T + 80 * SECOND, "b3", None)
    desk.wrote(T + 90 * SECOND, "b4", "busy")
    desk.wrote(T + 60 * SECOND, "b5", "busiest")
    shown = desk.wall(T + 2 * MINUTE)
    order = ["busiest", "busy", None, "slower", "quick"]
    assert names(shown) == [("s", agent_id) for agent_id in order]
    busy, queue = agent(shown, "busy"), agent(shown, None)
    assert (busy.waiting, busy.oldest_wait_start_at) == (2, T + 70 * SECOND)
    assert (queue.waiting, queue.oldest_wait_start_at) == (1, T + 80 * SECOND)
    assert shown.total.waiting == 4
    assert shown.total.queued == 1
    assert shown.total.oldest_wait_start_at == T + 60 * SECOND
    assert shown.total.oldest_wait_agent_id == "busiest"
    assert shown.total.agents_seen == 4


def test_the_oldest_wait_may_be_nobodys() -> None:
    desk = Desk()
    desk.wrote(T, "b1", None)
    desk.wrote(T + SECOND, "b2", "a1")
    total = desk.wall(T + MINUTE).total
    assert (total.oldest_wait_shop_id, total.oldest_wait_agent_id) == ("s", None)


def test_the_total_is_the_sum_over_partitions_not_a_mean_of_means() -> None:
    one, two = Desk(), Desk()
    for number in range(9):
        one.round(T, f"b{number}", "a", 10, shop="s1")
    two.round(T, "b", "a", 110, shop="s2")
    two.wrote(T + 2 * MINUTE, "c", "a", shop="s2")
    shown = wall(T + 3 * MINUTE, one, two)
    assert shown.total.response_5m == Mean(200 * SECOND, 10)
    assert shown.total.within_30s == Share(9, 11)  # who still waits is over 30 s already
    assert shown.total.replied == Share(10, 11)
    assert shown.total.agents_seen == 2  # the same name in two shops is two people
    assert [(shop.shop_id, shop.waiting) for shop in shown.shops] == [("s2", 1), ("s1", 0)]
    assert shown.total.response_5m_p90_ms == 10 * SECOND


def test_ads_are_shown_beside_the_genuine_buyers_and_count_nowhere_else() -> None:
    desk = Desk()
    desk.round(T, "b1", "a", 10)
    desk.round(T, "b2", "a", 500)
    desk.marked(T + 10 * MINUTE, "b2")
    shown = desk.wall(T + 11 * MINUTE)
    assert shown.volume == Volume(genuine=1, ad=1, internal=0, blocked=0)
    assert shown.total.response_today == Mean(10 * SECOND, 1)


def test_the_slowest_have_enough_answers_in_five_minutes_or_else_in_an_hour() -> None:
    desk = Desk()
    for number in range(3):
        desk.round(T, f"old{number}", "before", 40)
        desk.round(T + 29 * MINUTE, f"new{number}", "now", 30)
    desk.round(T + 29 * MINUTE, "new", "before", 90)  # alone in five minutes, one of 4 in an hour
    desk.round(T + 29 * MINUTE, "rare", "rarely", 60)
    assert desk.wall(T + 31 * MINUTE).slowest == [
        Slow("s", "before", "1h", Mean((3 * 40 + 90) * SECOND, 4)),
        Slow("s", "now", "5m", Mean(90 * SECOND, 3)),
    ]


def test_no_more_agents_and_slowest_than_anybody_reads() -> None:
    desk = Desk()
    for number in range(AGENTS_SHOWN + 3):
        for turn in range(3):
            desk.round(T + turn * MINUTE, f"b{number}", f"a{number:03}", 20 + number % 7)
    desk.wrote(T + 4 * MINUTE, "waits", "a102")
    shown = desk.wall(T + 4 * MINUTE + SECOND)
    assert len(shown.agents) == AGENTS_SHOWN
    assert shown.agents_left_out == 3
    assert shown.agents[0].agent_id == "a102"
    assert len(shown.slowest) == SLOWEST_SHOWN
    assert shown.total.agents_seen == AGENTS_SHOWN + 3


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("", "Asia/Shanghai"),
        ('[shops.s2]\ntimezone = "Asia/Tokyo"', None),
        ('timezone = "Asia/Tokyo"', "Asia/Tokyo"),
    ],
)
def test_the_zone_is_that_of_the_shops_if_they_have_one_in_common(
    rules: str, expected: str | None
) -> None:
    desk = Desk(Rules.parse(rules, toml=True))
    desk.wrote(T, "b", "a", shop="s1")
    desk.wrote(T, "b", "a", shop="s2")
    assert desk.wall(T).timezone == expected


def test_every_point_of_the_trend_is_what_the_five_minutes_were_then() -> None:
    desk = Desk()
    then: list[Point] = []
    start = T // MINUTE * MINUTE
    for minute in range(70):
        at = start + minute * MINUTE
        if minute % 9 < 4:
            desk.round(at, f"b{minute}", "a", 5 + minute % 50)
        total = desk.wall(at + MINUTE - 1).total
        mean = total.response_5m
        mean_ms = mean.sum_ms // mean.count if mean.count else None
        then.append(Point(at, mean_ms, total.response_5m_p90_ms))
    now = start + 70 * MINUTE - 1
    assert desk.wall(now).trend == then[-60:]
    assert None in [point.mean_ms for point in then[-60:]]


def test_the_trend_takes_back_what_is_excluded_later() -> None:
    desk = Desk()
    desk.round(T, "b1", "a", 10)
    assert {point.mean_ms for point in desk.wall(T + 20 * MINUTE).trend} == {None, 10 * SECOND}
    desk.marked(T + 20 * MINUTE, "b1")
    assert {point.mean_ms for point in desk.wall(T + 21 * MINUTE).trend} == {None}


METRIC_OF = {
    "waiting": ("waiting_buyers", {}),
    "active": ("active_conversations", {}),
    "sales_minor": ("sales_minor", {}),
    "response_5m.count": ("window_responses", {"window": "5m"}),
    "response_1h.count": ("window_responses", {"window": "1h"}),
    "response_today.count": ("window_responses", {"window": "today"}),
    "within_30s.part": ("window_rounds_within", {"window": "1h", "limit": "30"}),
    "within_30s.whole": ("window_duty_rounds", {"window": "1h", "limit": "30"}),
    "replied.part": ("window_replied_buyers", {"window": "today"}),
    "replied.whole": ("window_consulted_buyers", {"window": "today"}),
    "converted.part": ("converted_inquiries", {"span": "same_day"}),
    "converted.whole": ("inquiries", {"span": "same_day"}),
}


def test_the_numbers_are_those_of_the_metrics() -> None:
    desk = Desk()
    until = T + HOUR
    room = Room(rate=3, shops=2, agents=5, curve="flat")
    for event in simulate(room, seed=7, start_ms=T - HOUR, until_ms=until):
        desk.apply(event)
    shown = desk.wall(until)
    samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families(tables([desk.partition]))
        for sample in family.samples
    }

    def check(line: Line, level: str, labels: Mapping[str, str]) -> None:
        for field, (name, more) in METRIC_OF.items():
            number: object = line
            for part in field.split("."):
                number = getattr(number, part)
            key = (f"chatpulse_{level}_{name}", frozenset({**labels, **more}.items()))
            assert number == samples.get(key, 0), (field, labels)
        start = line.oldest_wait_start_at
        key = (f"chatpulse_{level}_oldest_wait_start_timestamp_seconds", frozenset(labels.items()))
        assert (None if start is None else start / 1000) == samples.get(key)

    assert len(shown.shops) == 2
    assert len([line for line in shown.agents if line.agent_id]) == 10
    for shop in shown.shops:
        check(shop, "shop", {"shop": shop.shop_id})
    for line in shown.agents:
        if line.agent_id is not None:
            check(line, "agent", {"shop": line.shop_id, "agent": line.agent_id})
    assert shown.total.waiting == sum(shop.waiting for shop in shown.shops) > 0
    assert shown.total.queued == sum(line.waiting for line in shown.agents if line.agent_id is None)
