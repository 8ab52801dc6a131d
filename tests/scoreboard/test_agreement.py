"""The engine and the independent computation agree, field by field.

Through `Partition`, the fold that worker and replay share; tests/replay compares the command.
CHATPULSE_AGREEMENT_LINES=1000000 reads a million random lines of each kind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.contract.codec import Rejected, decode
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.notes import Outcome
from chatpulse.scoreboard.partition import Partition
from tests.oracle import Log, scorecards, scorecards_of
from tests.oracle.rules import Rules as OracleRules
from tests.oracle.strategies import Event, runs, to_lines
from tests.oracle.timelines import RULES, random_lines

LINES = int(os.environ.get("CHATPULSE_AGREEMENT_LINES", "2000"))
NOW_WALL_MS = 1_764_000_000_000

Card = dict[str, Any]

BERLIN_IN_MARCH = {"start_ms": 1_742_500_000_000}  # the days of 2025-03-30, of 23 hours
BERLIN_IN_OCTOBER = {"start_ms": 1_760_300_000_000}  # and of 2025-10-26, of 25
SAO_PAULO_2018 = {"start_ms": 1_540_200_000_000}  # no midnight on 2018-11-04

KINDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("in order", {}, {"duplicates": 0.0, "disorder_ms": 0, "garbage": 0.0}),
    ("duplicates, disorder and garbage", {}, {"duplicates": 0.1, "garbage": 0.05}),
    ("late and after the close", RULES, {"late": 0.05, "far": 0.1, "days": 60}),
    ("one day, many copies", {}, {"days": 1, "duplicates": 0.3}),
    ("credited by payment", RULES | {"attribution": "payment"}, {}),
    ("validity of one day", {"validity": 1}, {"late": 0.01}),
    ("validity of three days, by payment", {"validity": 3, "attribution": "payment"}, {"far": 0.1}),
    ("a validity beyond the closing of days", {"validity": 30}, {"days": 90, "buyers": 15}),
    ("strict closers", {"closers": "strict"}, {"late": 0.01}),
    ("few closers", {"closers": ["好的", "ok"], "ad_keywords": ["推广", "好"]}, {}),
    ("day and night", {"duty_window": ["00:00", "24:00"]}, {"disorder_ms": 60_000}),
    ("a short duty", {"duty_window": ["21:30", "23:15"], "timezone": "Asia/Tokyo"}, {}),
    ("spring in Berlin", {"timezone": "Europe/Berlin"}, BERLIN_IN_MARCH | {"days": 20}),
    ("autumn in Berlin", {"timezone": "Europe/Berlin"}, BERLIN_IN_OCTOBER | {"days": 20}),
    ("spring in São Paulo", {"timezone": "America/Sao_Paulo"}, SAO_PAULO_2018 | {"late": 0.02}),
    (
        "shops with rules of their own",
        RULES
        | {
            "shops": {
                "s1": {"timezone": "America/New_York", "attribution": "payment"},
                "s2": {"closers": "strict", "validity": 1, "block_list": []},
                "s3": {"duty_window": ["00:00", "12:00"], "internal_list": ["b3", "b6"]},
            }
        },
        {"shops": 4, "late": 0.01},
    ),
    ("few buyers, long gaps", {}, {"buyers": 6, "days": 400}),
]


LATER = [
    None, 0, 30_000, 30_001, 60_001, 180_000, 180_001, 300_001, 600_000, 600_001, 7_200_000,
    7_200_001, 86_400_000, 9 * 86_400_000,
]  # fmt: skip
CLOCK = {"type": "presence", "event_id": "z", "shop_id": "s1", "agent_id": "a1", "state": "busy"}


def fold(lines: Iterable[bytes], rules: Mapping[str, Any]) -> tuple[list[Card], dict[str, int]]:
    """Return the scorecards of the engine, and what became of the lines."""
    partition = Partition(Rules.parse(json.dumps(rules), toml=False), live=False)
    counts = {"rejected": 0, **{outcome.value: 0 for outcome in Outcome}}
    cards: list[Card] = []
    now = 0

    def take() -> None:
        cards.extend(json.loads(msgspec.json.encode(card)) for card in partition.closed)
        partition.closed.clear()

    for line in lines:
        if not line.strip():
            continue
        event = decode(line, now_ms=NOW_WALL_MS)
        if isinstance(event, Rejected):
            counts["rejected"] += 1
            continue
        counts[partition.apply(event).value] += 1
        now = max(now, event.at)
        take()
    partition.finish(now)
    take()
    return sorted(cards, key=_key), counts


def _key(card: Card) -> tuple[str, str, str]:
    return card["shop_id"], card["agent_id"], card["day"]


def differences(found: list[Card], expected: list[Card]) -> list[str]:
    ours, theirs = ({_key(card): card for card in cards} for cards in (found, expected))
    assert len(ours) == len(found)
    lines = [f"{key}: only in one of them" for key in sorted(ours.keys() ^ theirs.keys())]
    for key in sorted(ours.keys() & theirs.keys()):
        assert list(ours[key]) == list(theirs[key])
        lines += [
            f"{key} {name}: engine {value!r}, oracle {theirs[key][name]!r}"
            for name, value in ours[key].items()
            if value != theirs[key][name]
        ]
    return lines


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "rules", "options"), KINDS, ids=[kind[0] for kind in KINDS])
def test_random_lines(name: str, rules: dict[str, Any], options: dict[str, Any]) -> None:
    seed = sum(name.encode())
    crowd = {"buyers": max(40, LINES // 300)} | options
    lines = list(random_lines(seed, LINES, **crowd))
    log = Log(OracleRules(rules))
    log.read(lines, now_wall_ms=NOW_WALL_MS)
    found, counts = fold(lines, rules)
    assert len(found) > 20
    assert differences(found, scorecards_of(log)) == []
    # A copy of a message later than the lateness is late here and a duplicate there.
    assert counts["rejected"] == log.counts["rejected"]
    assert counts["after_close"] == log.counts["after_close"]
    left = log.counts["accepted"] + log.counts["late"] + log.counts["duplicate"]
    assert counts["applied"] + counts["late"] == left
    assert log.counts["late"] <= counts["late"] <= log.counts["late"] + log.counts["duplicate"]


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"attribution": "payment", "validity": 1},
        {"timezone": "Europe/Berlin", "closers": "strict", "validity": 3},
        {"duty_window": ["00:00", "24:00"], "block_list": ["b2"]},
    ],
    ids=str,
)
@given(run=runs(buyers=3), cut=st.integers(0, 40), later=st.sampled_from(LATER))
def test_small_timelines(
    rules: dict[str, Any], run: tuple[list[Event], list[Event]], cut: int, later: int | None
) -> None:
    """The run may end with nothing but time, at a limit after the newest event."""
    read = run[1][: cut or None]
    if later is not None:
        newest = max(event["at"] for event in read)
        read = [*read, {**CLOCK, "at": newest + later}]
    lines = to_lines(read)
    found, _ = fold(lines, rules)
    assert differences(found, scorecards(lines, rules, now_wall_ms=NOW_WALL_MS)) == []
