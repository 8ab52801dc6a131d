"""Every time zone there is, at every instant an event may have: days follow each other."""

from __future__ import annotations

import json
from functools import cache
from zoneinfo import available_timezones

from hypothesis import example, given
from hypothesis import strategies as st

from chatpulse.contract.ids import DAY, HOUR, MAX_INTEGER
from chatpulse.conversations.calendar import Calendar, iso
from chatpulse.conversations.policy import Rules, RulesError

ZONES = sorted(available_timezones())
YEAR_10000 = 253_402_300_800_000
INSTANTS = st.one_of(
    st.integers(0, 2_000_000_000_000),
    st.integers(0, YEAR_10000 - 3 * DAY),
    st.builds(lambda day, off: day * DAY // 2 + off, st.integers(0, 60_000), st.integers(-9, 9)),
).filter(lambda at: at >= 0)

calendar = cache(Calendar)


@example(zone="Pacific/Apia", at=1_325_239_200_000)  # has no 30 December 2011
@example(zone="Pacific/Kwajalein", at=745_934_400_000)  # has no 21 August 1993
@example(zone="America/Sao_Paulo", at=1_540_695_600_000)
@example(zone="Africa/Monrovia", at=63_593_070_000)  # was 44 minutes and 30 seconds behind
@given(zone=st.sampled_from(ZONES), at=INSTANTS)
def test_days(zone: str, at: int) -> None:
    days = calendar(zone)
    day = days.day(at)
    assert days.start(day) <= at < days.end(day)
    assert days.end(day) - days.start(day) in range(DAY - 3 * HOUR, DAY + 25 * HOUR)
    assert 0 <= days.time_of_day(at) < DAY
    assert Calendar(zone).day(at) == day  # whatever was asked before
    assert len(iso(day)) == 10


@given(zone=st.sampled_from(ZONES), at=st.integers(0, MAX_INTEGER))
def test_any_instant(zone: str, at: int) -> None:
    days = calendar(zone)
    assert days.time_of_day(at) >= 0
    iso(days.day(at))


NAMES = st.one_of(
    st.sampled_from(ZONES),
    st.sampled_from(
        ("", ".", "..", "/", "/etc/localtime", "Asia", "Asia/", "zone.tab", "\0", "\ud800")
    ),
    st.sampled_from(("__init__.py", "tzdata.zi", "Europe/../UTC", "UTC/", "x" * 300, "localtime")),
    st.text(max_size=6),
    st.builds("/".join, st.lists(st.text(max_size=3), max_size=4)),
)


@given(name=NAMES)
def test_names_of_time_zones(name: str) -> None:
    text = json.dumps({"timezone": name})
    key = refused(text)
    assert key in (None, "timezone")
    if key is None:
        Rules.parse(text, toml=False).for_shop("s").calendar.day(1_741_147_200_000)


def refused(rules: str) -> str | None:
    """Return the key for which rules are refused; None if they are not."""
    try:
        Rules.parse(rules, toml=False)
    except RulesError as error:
        return error.key
    return None
