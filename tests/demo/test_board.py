"""What the board shows, from an exposition to lines of text."""

import datetime

import pytest
from rich.cells import cell_len

from chatpulse.demo.board import WIDEST, Pulse, render
from chatpulse.demo.columns import GAP, agent_columns, fitting, shop_columns
from chatpulse.demo.command import as_lines
from chatpulse.demo.labels import WORDS, Language, language_of
from chatpulse.demo.readings import Reading, Row, read
from chatpulse.demo.shown import duration, level_of_mean, level_of_wait, money, percent

NOON = datetime.datetime(2026, 11, 25, 4, tzinfo=datetime.UTC).timestamp()  # in Shanghai
EXPOSITION = """\
# HELP chatpulse_agent_waiting_buyers Open waits.
# TYPE chatpulse_agent_waiting_buyers gauge
chatpulse_agent_waiting_buyers{agent="quick",shop="s1"} 1.0
chatpulse_agent_waiting_buyers{agent="slow",shop="s1"} 3.0
chatpulse_agent_waiting_buyers{agent="idle",shop="s1"} 0.0
chatpulse_shop_waiting_buyers{shop="s1"} 5.0
chatpulse_shop_queued_buyers{shop="s1"} 1.0
chatpulse_agent_oldest_wait_start_timestamp_seconds{agent="quick",shop="s1"} 1795579180.0
chatpulse_agent_oldest_wait_start_timestamp_seconds{agent="slow",shop="s1"} 1795579015.0
chatpulse_agent_response_mean_seconds{agent="slow",shop="s1",window="5m"} 61.0
chatpulse_agent_response_mean_seconds{agent="slow",shop="s1",window="1h"} 999.0
chatpulse_agent_response_mean_seconds{agent="slow",shop="s1",window="today"} 101.5
chatpulse_agent_within_ratio{agent="slow",limit="30",shop="s1",window="today"} 0.25
chatpulse_agent_within_ratio{agent="slow",limit="300",shop="s1",window="today"} 0.9
chatpulse_agent_converted_inquiries{agent="slow",shop="s1",span="same_day"} 2.0
chatpulse_agent_inquiries{agent="slow",shop="s1",span="same_day"} 8.0
chatpulse_agent_sales_minor{agent="slow",shop="s1"} 1.23456e+05
chatpulse_shop_excluded_buyers{reason="ad",shop="s1"} 7.0
chatpulse_shop_excluded_buyers{reason="internal",shop="s1"} 9.0
chatpulse_events_total{topic="chat.messages",type="message"} 40.0
chatpulse_events_total{topic="shop.orders",type="paid"} 2.0
chatpulse_newest_event_timestamp_seconds{partition="0",topic="chat.messages"} 1795579199.0
chatpulse_newest_event_timestamp_seconds{partition="0",topic="shop.orders"} 1795579100.0
"""


def test_a_scrape_is_read_by_who_waits_longest() -> None:
    assert read(EXPOSITION) == Reading(
        shops=(Row("s1", "", waiting=5, queued=1, ads=7),),
        agents=(
            Row(
                "s1", "slow", waiting=3, since=NOON - 185, mean_5m=61, mean_today=101.5,
                within_30s=0.25, converted=2, inquiries=8, sales_minor=123456,
            ),
            Row("s1", "quick", waiting=1, since=NOON - 20),
            Row("s1", "idle"),
        ),
        events=42,
        newest=NOON - 1,
    )  # fmt: skip


def test_nothing_is_read_from_an_empty_scrape() -> None:
    assert read("") == Reading((), (), 0, None)


def board(lang: Language, reading: Reading | None = None, **size: int) -> str:
    shown = render(
        reading or read(EXPOSITION),
        Pulse("http://h:1", 3.25),
        WORDS[lang],
        now=NOON,
        width=size.get("width", WIDEST),
        height=size.get("height"),
    )
    return as_lines(shown)


def test_a_line_says_everything_and_marks_what_is_slow_without_colour() -> None:
    (line,) = [line for line in board("en").splitlines() if line.startswith(" slow ")]
    assert line.split() == [
        "slow", "3", "●", "3m05s", "▲", "1m01s", "●", "1m42s", "25.0%", "–", "–", "2/8", "–",
        "1,234.56",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("zh", "2026-11-25 周三 12:00:00 上海时间   数据延迟 1.0 秒   吞吐 3.2 事件/秒"),
        ("en", "2026-11-25 Wed 12:00:00 Shanghai   data delay 1.0 s   throughput 3.2 events/s"),
    ],
)
def test_the_head_tells_shop_time_delay_and_throughput(lang: Language, expected: str) -> None:
    head = board(lang).splitlines()[0]
    assert head.startswith(" chatpulse  ")
    assert " s1 " in head
    assert head.endswith(expected)
    assert cell_len(head) == WIDEST


def test_the_addresses_can_be_copied() -> None:
    text = board("zh")
    assert " 大屏  http://h:1/\n" in text
    assert " curl http://h:1/metrics\n" in text
    assert " curl http://h:1/api/v1/shops/s1/scorecards\n" in text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [40, 80, 100, 120, 200])
def test_columns_end_at_the_same_place_whatever_the_language(lang: Language, width: int) -> None:
    lines = board(lang, width=width).splitlines()
    rows = [line for line in lines if line.startswith((" slow ", " quick ", " idle ", " s1 "))]
    assert len(rows) == 4
    assert len({cell_len(line) for line in rows}) == 1
    assert cell_len(rows[0]) <= width


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_headings_fit_and_everything_fits_into_120_columns(lang: Language) -> None:
    for columns in (shop_columns(WORDS[lang]), agent_columns(WORDS[lang], with_shop=False)):
        assert all(cell_len(column.heading) <= column.width for column in columns)
        assert sum(column.width + GAP for column in columns) <= WIDEST


def test_a_narrow_terminal_keeps_who_waits_and_how_long() -> None:
    columns = agent_columns(WORDS["en"], with_shop=False)
    assert [c.heading for c in fitting(columns, 26)] == ["agent", "oldest"]
    assert len(fitting(columns, 1)) == 1


def test_what_does_not_fit_below_is_counted() -> None:
    agents = tuple(Row("s1", f"a{number}") for number in range(50))
    text = board("en", Reading((Row("s1", ""),), agents, 0, None), height=30)
    assert " … and 36 more" in text
    assert len(text.splitlines()) <= 30


def test_several_shops_have_a_line_each_and_agents_name_theirs() -> None:
    reading = Reading((Row("s1", ""), Row("s2", "")), (Row("s2", "ann"),), 0, None)
    lines = board("en", reading).splitlines()
    assert [line.split()[:2] for line in lines if line.startswith(" ann")] == [["ann", "s2"]]
    assert [line.split()[0] for line in lines if line.startswith((" s1", " s2"))] == ["s1", "s2"]


def test_names_from_outside_cannot_move_the_cursor() -> None:
    text = board("en", Reading((), (Row("s\x1b[2J", "a\x1b]0;x\a\n"),), 0, None))
    assert "\x1b" not in text
    assert "\a" not in text


@pytest.mark.parametrize(
    ("seconds", "level"), [(None, 0), (60, 0), (60.1, 1), (100, 1), (100.1, 2)]
)
def test_levels_of_a_mean(seconds: float | None, level: int) -> None:
    assert level_of_mean(seconds) == level


@pytest.mark.parametrize(
    ("seconds", "level"), [(None, 0), (99.9, 0), (100, 1), (179.9, 1), (180, 2)]
)
def test_levels_of_a_wait(seconds: float | None, level: int) -> None:
    assert level_of_wait(seconds) == level


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (duration(None, ("h", "m", "s")), "–"),
        (duration(59.4, ("h", "m", "s")), "59s"),
        (duration(59.5, ("h", "m", "s")), "1m00s"),
        (duration(3600, ("时", "分", "秒")), "1时00分"),
        (percent(None), "–"),
        (percent(0.9999), "99.9%"),
        (percent(1), "100%"),
        (money(123456789), "1,234,567.89"),
        (money(5), "0.05"),
    ],
)
def test_numbers_as_people_read_them(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language
