"""What agents are called: whatever it is, one label is one agent, and the numbers are the same."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.conversations.policy import Rules
from chatpulse.conversations.row import NOBODY
from chatpulse.demo.simulator import Room, simulate
from chatpulse.scoreboard.partition import Partition
from chatpulse.scoreboard.snapshot import Snapshot, snapshot
from chatpulse.telemetry.agent_labels import (
    AgentLabels,
    AgentNamesError,
    by_digest,
    by_name,
    labelled,
)
from chatpulse.telemetry.samples import table

T, HOUR = 1_740_967_200_000, 3_600_000  # 2025-03-03 10:00 in Asia/Shanghai
KEY = b"0123456789abcdef"

NAMES = """
[agents]
a1 = "安娜"
a2 = "Li Lei"
a3 = "Li Lei"
bob = "Robert"

[shops."s 2"]
a1 = "Anna of the other shop"
a4 = "Robert"
"""

CALLED = [
    ("a name", "s1", "a1", "安娜"),
    ("two of one name", "s1", "a2", "Li Lei (a2)"),
    ("two of one name", "s1", "a3", "Li Lei (a3)"),
    ("nobody we know", "s1", "a9", "a9"),
    ("another one in another shop", "s 2", "a1", "Anna of the other shop"),
    ("a name that others have elsewhere", "s 2", "a4", "Robert (a4)"),
    ("and here only one has", "s1", "bob", "Robert"),
    ("the same name in another shop", "s 2", "bob", "Robert (bob)"),
    ("an id that is somebody's name", "s1", "安娜", "安娜 (id)"),
    ("an id that looks like such a label", "s1", "安娜 (id)", "安娜 (id) (id)"),
    ("an id that is a label with an id", "s1", "Li Lei (a2)", "Li Lei (a2) (id)"),
]


@pytest.mark.parametrize(
    ("shop", "agent", "label"), [c[1:] for c in CALLED], ids=[f"{c[0]}: {c[2]}" for c in CALLED]
)
def test_names(shop: str, agent: str, label: str) -> None:
    assert by_name(NAMES)(shop, [agent]) == {agent: label}


REFUSED = [
    ("no TOML", "[agents", "table declaration"),
    ("another section", '[people]\na = "A"', "people"),
    ("a name at the top", 'a = "A"', "`a`"),
    ("a number", "[agents]\na = 1", "`int`"),
    ("an empty name", '[agents]\na = ""', "length"),
    ("a name without end", f'[agents]\na = "{"x" * 129}"', "length"),
    ("an empty id", '[agents]\n"" = "A"', "length"),
    ("a name that is a space", '[agents]\na = " "', "'a'"),
    ("a name that turns direction", '[agents]\na = "x\\u202ey"', "'a'"),
    ("a table for a name", "[shops.s.a]\nx = 'A'", "str"),
    ("a name of two lines", '[shops.s]\na = "x\\ny"', "'a'"),
    ("a label that says it is an id", '[agents]\na = "b (id)"', "(id)"),
    (
        "labels that cannot be told apart",
        '[agents]\n"x) (y" = "N"\nz = "N"\ny = "N (x)"\nw = "N (x)"',
        "'N (x) (y)'",
    ),
    ("tables without end", "[" + ".".join("a" * 5000) + "]", ""),
]


@pytest.mark.parametrize(
    ("text", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_file_of_names_that_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AgentNamesError) as refused:
        by_name(text)
    assert reason in str(refused.value)


def test_a_digest_is_what_openssl_makes_of_key_and_id() -> None:
    whole = hmac.new(KEY, "小美".encode(), hashlib.sha256).hexdigest()
    assert by_digest(KEY)("s1", ["小美"]) == {"小美": whole[:12]}
    assert by_digest(KEY + b"x")("s1", ["小美"]) != {"小美": whole[:12]}


def test_digests_that_are_alike_are_written_out() -> None:
    labels = by_digest(KEY, digits=1)("s1", [f"a{n}" for n in range(17)])  # 16 digits are too few
    assert len(set(labels.values())) == 17
    assert {len(label) for label in labels.values()} <= {1, 64}
    assert 64 in {len(label) for label in labels.values()}


IDS = st.sampled_from(["a", "b", "N", "N (a)", "N (id)", "a (id)", "b (N)"]) | st.text(
    min_size=1, max_size=4
)
LABEL_TEXTS = st.sampled_from(["N", "a", "b", "N (a)", "N (b)"])


@given(st.dictionaries(IDS, LABEL_TEXTS, max_size=4), st.sets(IDS, max_size=8))
def test_no_two_agents_share_a_label(names: dict[str, str], ids: set[str]) -> None:
    quoted = partial(json.dumps, ensure_ascii=False)
    lines = [f"{quoted(agent)} = {quoted(name)}" for agent, name in names.items()]
    ways = [by_digest(KEY, digits=1)]
    with suppress(AgentNamesError):  # told at the start
        ways.append(by_name("\n".join(["[agents]", *lines])))
    for labels in ways:
        found = labels("s1", ids | names.keys())
        assert found.keys() == ids | names.keys()
        assert len(set(found.values())) == len(found)
        assert NOBODY not in found.values()


@pytest.fixture(scope="module")
def seen() -> Snapshot:
    partition = Partition(Rules())
    for event in simulate(
        Room(rate=3, shops=1, agents=7, curve="flat"), seed=7, start_ms=T - HOUR, until_ms=T + HOUR
    ):
        partition.apply(event)
    partition.refresh(T + HOUR)
    (boards,) = partition.boards.values()
    return snapshot(boards, minutes=64)


def upside_down(shop_id: str, agents: Collection[str]) -> Mapping[str, str]:
    """Call the last one by the first one's id, and so on."""
    ordered = sorted(agents)
    return dict(zip(ordered, reversed(ordered), strict=True))


@pytest.mark.parametrize("labels", [upside_down, by_digest(KEY)], ids=["names", "digests"])
def test_the_numbers_are_those_of_the_ids(seen: Snapshot, labels: AgentLabels) -> None:
    by_id, shown = table(seen), table(labelled(seen, labels))
    called = labels(seen.shop_id, by_id.agents)
    assert len(by_id.agents) == 7
    assert shown.shop == by_id.shop
    assert shown.agents == {called[agent]: values for agent, values in by_id.agents.items()}
    assert list(shown.agents) == sorted(shown.agents)


def test_the_queue_is_nobody_and_ids_stay_as_they_are(seen: Snapshot) -> None:
    queued = [wait for wait in seen.open_waits if wait.assignee == NOBODY]
    shown = labelled(seen, by_digest(KEY))
    assert [wait for wait in shown.open_waits if wait.assignee == NOBODY] == queued
    assert shown.minutes == seen.minutes
    assert labelled(seen, None) is seen
