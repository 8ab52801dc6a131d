"""What is behind a number adds up to the number."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatpulse.cli import chatpulse
from chatpulse.contract.codec import Rejected, decode
from chatpulse.conversations.policy import Rules
from chatpulse.replay.explain import explanations
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.scorecard import COUNTED
from tests.conformance_cases import cases
from tests.oracle.timelines import RULES, random_lines


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(random_lines(3, 2000, shops=1, buyers=15, days=15)))
    return file


def test_the_contributions_of_all_conversations_add_up_to_every_scorecard(events: Path) -> None:
    rules = Rules.parse(json.dumps(RULES), toml=False)
    partition = Partition(rules, live=False)
    newest = 0
    for line in events.read_bytes().splitlines():
        event = decode(line, now_ms=1 << 50)
        if not isinstance(event, Rejected):
            newest = max(newest, event.at)
            partition.apply(event)
    partition.finish(newest)
    assert len({card.day for card in partition.closed}) > 10
    for day in {card.day for card in partition.closed}:
        found = explanations(
            (str(events),), rules, shop_id="s1", day=date.fromisoformat(day).toordinal()
        )
        for card in (card for card in partition.closed if card.day == day):
            numbers: Counter[str] = Counter()
            for explanation in found:
                numbers.update(explanation.numbers.get(card.agent_id, {}))
            assert {name: numbers[name] for name in COUNTED} == {
                name: getattr(card, name) for name in COUNTED
            }


def explained(tmp_path: Path, name: str, *options: str) -> list[dict[str, object]]:
    (case,) = [case for case in cases() if case.name == name]
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(case.lines))
    args = ["explain", str(file), "--shop", "s1", "--format", "json", *options]
    result = CliRunner().invoke(chatpulse, args)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_excluded_buyer_is_listed_with_the_signals_of_the_score(tmp_path: Path) -> None:
    (ad,) = explained(tmp_path, "ad-contact-and-keywords", "--day", "2025-03-03")
    assert ad["excluded"] == "ad"
    assert ad["score"] == {
        "contact": 2, "mobile": 0, "foreign_url": 0, "keywords": 2, "campaign": 0,
        "purchase": 0, "writes_again": 0,
    }  # fmt: skip
    assert ad["numbers"] == {"": {"excluded.ad": 1}}


def test_a_sale_is_listed_with_the_order_and_who_earned_it(tmp_path: Path) -> None:
    (sale,) = explained(
        tmp_path, "attribution-order-mode", "--day", "2025-03-03", "--number", "sales_minor"
    )
    (order,) = sale["orders"]  # type: ignore[misc]
    assert (order["credit"], order["agent_id"]) == ("closed", "a1")


def test_only_the_conversations_of_the_agent_and_number_asked_for(tmp_path: Path) -> None:
    options = ("--day", "2025-03-03", "--agent", "a1", "--number", "missed")
    assert explained(tmp_path, "ex01-anchor-first-message", *options) == []


def test_the_table_names_the_buyer_the_waits_and_the_total(events: Path) -> None:
    args = ["explain", str(events), "--shop", "s1", "--day", "2025-03-05", "--number", "answered"]
    result = CliRunner().invoke(chatpulse, args)
    assert result.exit_code == 0
    assert "total 合计" in result.stdout
    assert "→" in result.stdout


def test_an_unreadable_file_is_one_clear_line(tmp_path: Path) -> None:
    args = ["explain", str(tmp_path / "none"), "--shop", "s1", "--day", "2025-03-05"]
    result = CliRunner().invoke(chatpulse, args)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
