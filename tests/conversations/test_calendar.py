"""Days of a shop: Shanghai's, and those of 23 and 25 hours."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.ids import DAY, HOUR, MAX_INTEGER
from chatpulse.conversations.calendar import Calendar, iso

ZONES = [
    "Asia/Shanghai",
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]


def utc(text: str) -> int:
    """Return the instant of an ISO time (UTC unless it says otherwise)."""
    instant = datetime.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=datetime.UTC)
    return round(instant.timestamp() * 1000)


def day(text: str) -> int:
    return datetime.date.fromisoformat(text).toordinal()


STARTS = [
    ("Asia/Shanghai", "2025-03-03", "2025-03-02T16:00", 24),
    ("Europe/Berlin", "2025-03-30", "2025-03-29T23:00", 23),
    ("Europe/Berlin", "2025-10-26", "2025-10-25T22:00", 25),
    ("America/New_York", "2025-03-09", "2025-03-09T05:00", 23),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", 23),  # midnight does not exist
    ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", 25),  # 23:00 comes twice
    ("America/Sao_Paulo", "2025-03-03", "2025-03-03T03:00", 24),
    ("Australia/Lord_Howe", "2025-04-06", "2025-04-05T13:00", 24.5),
]


@pytest.mark.parametrize(("zone", "date", "start", "hours"), STARTS)
def test_a_day_begins_and_ends(zone: str, date: str, start: str, hours: float) -> None:
    calendar, first = Calendar(zone), utc(start)
    assert calendar.start(day(date)) == first
    assert calendar.end(day(date)) == first + round(hours * HOUR)
    assert calendar.day(first) == day(date)
    assert calendar.day(first - 1) == day(date) - 1
    assert calendar.day(first + round(hours * HOUR) - 1) == day(date)
    assert calendar.day(first + round(hours * HOUR)) == day(date) + 1


@pytest.mark.parametrize("zone", ZONES)
def test_an_instant_beyond_all_days_belongs_to_the_nearest(zone: str) -> None:
    calendar = Calendar(zone)
    assert calendar.day(-(1 << 63)) == 1
    assert calendar.day(1 << 63) == datetime.date.max.toordinal() - 1


TIMES = [
    ("Asia/Shanghai", "2025-03-03T08:00:00.001+08:00", 8 * HOUR + 1),
    ("Asia/Shanghai", "2025-03-03T23:59:59.999+08:00", 24 * HOUR - 1),
    ("Europe/Berlin", "2025-03-30T00:30", HOUR + HOUR // 2),
    ("Europe/Berlin", "2025-03-30T01:00", 3 * HOUR),  # 02:00 does not exist
    ("Europe/Berlin", "2025-03-30T06:00:00.250", 8 * HOUR + 250),
    ("Europe/Berlin", "2025-10-26T00:30", 2 * HOUR + HOUR // 2),
    ("Europe/Berlin", "2025-10-26T01:30", 2 * HOUR + HOUR // 2),  # for the second time
    ("Europe/Berlin", "2025-10-26T07:00", 8 * HOUR),
    ("America/Sao_Paulo", "2018-11-04T03:00", HOUR),  # the day begins at 01:00
    ("America/Sao_Paulo", "2018-11-04T11:00", 9 * HOUR),
]


@pytest.mark.parametrize(("zone", "instant", "time"), TIMES)
def test_the_time_of_day_is_that_of_the_wall_clock(zone: str, instant: str, time: int) -> None:
    assert Calendar(zone).time_of_day(utc(instant)) == time


@pytest.mark.parametrize("zone", ZONES)
@given(instants=st.lists(st.integers(0, 4_102_444_800_000), min_size=1, max_size=8))
def test_days_agree_with_the_zone_and_partition_time(zone: str, instants: list[int]) -> None:
    calendar, zoned = Calendar(zone), ZoneInfo(zone)
    for at in instants:
        local = datetime.datetime.fromtimestamp(at // 1000, zoned)
        found = calendar.day(at)
        assert found == local.toordinal()
        assert calendar.start(found) <= at < calendar.end(found)
        clock = (local.hour * 60 + local.minute) * 60 + local.second
        assert calendar.time_of_day(at) == clock * 1000 + at % 1000


@given(st.integers(0, MAX_INTEGER))
def test_any_instant_of_the_contract_has_a_day(at: int) -> None:
    calendar = Calendar("Asia/Shanghai")
    found = calendar.day(at)
    assert calendar.start(found) <= at
    assert iso(found) <= "9999-12-30"


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin"])
def test_what_was_asked_before_changes_no_answer(zone: str) -> None:
    calendar = Calendar(zone)
    first, last = calendar.start(day("1999-01-01")), calendar.start(day("2025-01-01"))
    asked = [first + n * DAY for n in range((last - first) // DAY)]  # more than it remembers
    forth = [calendar.day(at) for at in asked]
    assert [calendar.day(at) for at in reversed(asked)][::-1] == forth
    assert forth == [Calendar(zone).day(at) for at in asked]


def test_days_are_printed_as_iso_dates() -> None:
    assert iso(day("2025-03-03")) == "2025-03-03"
