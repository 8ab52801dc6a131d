"""Replay and the independent computation of tests/oracle agree, field by field.

`make test` compares some ten thousand lines; CHATPULSE_AGREEMENT_LINES=1000000 compares a million
of each kind (about three minutes each).
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from chatpulse.cli import chatpulse
from tests.oracle import scorecards
from tests.oracle.timelines import RULES, random_lines
from tests.replay.events import ndjson

LINES = int(os.environ.get("CHATPULSE_AGREEMENT_LINES", "15000"))

Card = dict[str, Any]

KINDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("in order", {}, {"duplicates": 0.0, "disorder_ms": 0}),
    ("duplicates and disorder", {}, {"duplicates": 0.1, "disorder_ms": 120_000}),
    ("late and after the close", RULES, {"late": 0.02, "days": 60}),
    ("credited by payment", RULES | {"attribution": "payment", "validity": 3}, {"garbage": 0.0}),
    ("few buyers, long gaps", {"closers": "strict"}, {"buyers": 20, "days": 300}),
    ("another time zone", {"timezone": "America/New_York"}, {"late": 0.01}),
]


def replayed(lines: list[bytes], rules: dict[str, Any], folder: Path) -> list[Card]:
    (folder / "events").write_bytes(ndjson(lines))
    (folder / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
    arguments = [str(folder / "events"), "--rules", str(folder / "rules.json"), "--format", "json"]
    done = CliRunner().invoke(chatpulse, ["replay", *arguments])
    assert done.exit_code == 0, done.exception
    return [json.loads(card) for card in done.stdout.splitlines()]


def differences(found: list[Card], expected: list[Card]) -> list[str]:
    def by_key(cards: list[Card]) -> dict[tuple[str, str, str], Card]:
        return {(card["shop_id"], card["agent_id"], card["day"]): card for card in cards}

    ours, theirs = by_key(found), by_key(expected)
    lines = [f"{key}: only in one of them" for key in sorted(ours.keys() ^ theirs.keys())]
    for key in sorted(ours.keys() & theirs.keys()):
        assert ours[key].keys() == theirs[key].keys()
        lines += [
            f"{key} {name}: replay {value!r}, oracle {theirs[key][name]!r}"
            for name, value in ours[key].items()
            if value != theirs[key][name]
        ]
    return lines


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "rules", "options"), KINDS, ids=[kind[0] for kind in KINDS])
def test_replay_agrees_with_the_oracle(
    name: str, rules: dict[str, Any], options: dict[str, Any], tmp_path: Path
) -> None:
    seed = sum(name.encode())
    crowd = {"buyers": max(200, LINES // 300)} | options
    lines = list(random_lines(seed, LINES, **crowd))
    expected = scorecards(lines, rules, now_wall_ms=time.time_ns() // 1_000_000)
    found = replayed(lines, rules, tmp_path)
    assert len(found) > 100
    assert differences(found, expected) == []
