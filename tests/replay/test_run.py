"""The loop itself: every scorecard once, and why Python's cycle collector may rest meanwhile."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatpulse.conversations.policy import Rules
from chatpulse.replay.feed import Fed, feed
from chatpulse.replay.files import Source
from chatpulse.replay.left_out import LeftOut
from chatpulse.replay.run import run
from chatpulse.scoreboard.scorecard import Scorecard
from tests.oracle.timelines import random_lines
from tests.replay.events import ndjson

LINES = [raw for raw in random_lines(1, 6000, late=0.02) if raw.strip()]


def random_feed(tmp_path: Path, left_out: LeftOut) -> Iterator[Fed]:
    path = tmp_path / "events"
    path.write_bytes(ndjson(LINES))
    return feed([Source(str(path))], left_out, lambda: None)


def test_every_scorecard_comes_once(tmp_path: Path) -> None:
    cards: list[Scorecard] = []
    left_out = LeftOut()
    count = run(random_feed(tmp_path, left_out), Rules(), left_out, cards.append)
    rejected = left_out.counts.total() - left_out.counts["late"] - left_out.counts["after_close"]
    assert count == len(LINES) - rejected
    assert left_out.counts["late"] > 0
    assert left_out.counts["after_close"] > 0
    keys = [(card.shop_id, card.agent_id, card.day) for card in cards]
    assert len(keys) == len(set(keys)) > 100


def test_the_engine_makes_no_reference_cycles(tmp_path: Path) -> None:
    found: list[int] = []

    def watched() -> Iterator[Fed]:
        for number, fed in enumerate(random_feed(tmp_path, LeftOut())):
            if number % 2000 == 1000:
                found.append(gc.collect())
            yield fed

    run(watched(), Rules(), LeftOut(), lambda card: None)
    assert max(found[1:]) < 100, "unreachable objects in 2000 events"
    assert gc.isenabled()


def test_the_collector_is_put_back_even_after_a_failure() -> None:
    def broken() -> Iterator[Fed]:
        assert not gc.isenabled()
        yield from iter([broken_event()])

    def broken_event() -> Fed:
        raise KeyError

    with pytest.raises(KeyError):
        run(broken(), Rules(), LeftOut(), lambda card: None)
    assert gc.isenabled()
