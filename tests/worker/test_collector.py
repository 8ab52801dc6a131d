"""A scrape is made in a thread, once for all who ask within a second."""

from __future__ import annotations

import asyncio
import gzip
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatpulse.telemetry import samples
from chatpulse.telemetry.agent_labels import by_name
from chatpulse.worker import collector
from chatpulse.worker.collector import Exposition
from chatpulse.worker.counters import Counters
from chatpulse.worker.settings import Topics
from chatpulse.worker.sources import Sources
from tests.worker.test_snapshots import partition, sources

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


async def at_once(_: float) -> None:
    """Have nothing to count."""


@pytest.fixture
def worker() -> Any:
    """Return the sources of a worker with one shop."""
    given = sources(_0=partition("s1"))
    part = given.owned[0]
    part.positions, part.newest, part.ends, part.saved_at = {}, {}, {}, 0
    return SimpleNamespace(
        owned=given.owned, counters=Counters(Topics()), keep_up=at_once, agent_labels=None
    )


def test_the_loop_turns_while_the_text_is_made(
    worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def table(seen: Any) -> samples.Table:
        begun.set()
        assert go_on.wait(10), "the loop stood still"
        return samples.table(seen)

    async def scrape() -> bytes:
        task = asyncio.create_task(Exposition(worker).render(""))
        assert await asyncio.to_thread(begun.wait, 10)
        go_on.set()
        return (await task)[0]

    monkeypatch.setattr(collector, "table", table)
    text = asyncio.run(scrape())
    assert b'chatpulse_shop_waiting_buyers{shop="s1"} 1.0\n' in text
    assert b"chatpulse_conversations 1.0\n" in text
    assert b"chatpulse_uncounted_conversations 0.0\n" in text


def test_it_is_packed_for_who_takes_it(worker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Exposition, "_others", lambda _: []
    )  # what the process says differs each time
    exposition = Exposition(cast(Sources, worker))
    plain, content_type = asyncio.run(exposition.render(OPEN_METRICS))
    assert content_type.startswith(OPEN_METRICS)
    assert plain.endswith(b"# EOF\n")
    packed = asyncio.run(exposition.render(OPEN_METRICS, packed=True))
    assert len(packed[0]) < len(plain)
    assert (gzip.decompress(packed[0]), packed[1]) == (plain, content_type)


def test_agents_are_called_as_the_settings_want(worker: Any) -> None:
    worker.agent_labels = by_name('[agents]\na1 = "安娜"')
    text = asyncio.run(Exposition(cast(Sources, worker)).render(""))[0].decode()
    assert 'chatpulse_agent_waiting_buyers{agent="安娜",shop="s1"} 1.0\n' in text
    assert "a1" not in text


def test_a_second_scrape_within_a_second_is_the_first_ones(
    worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(collector, "time", SimpleNamespace(monotonic=lambda: clock.now))

    async def scrape() -> list[bytes]:
        exposition = Exposition(worker)
        texts = [(await exposition.render(""))[0]]
        worker.owned.clear()
        for clock.now in (101.0, 101.1):
            texts += [text for text, _ in await asyncio.gather(*map(exposition.render, ["", ""]))]
        return texts

    first, *cached, after, same = asyncio.run(scrape())
    assert cached == [first, first]
    assert after is same
    assert b'shop="s1"' in first
    assert b"shop=" not in after


def test_no_header_makes_it_anew(worker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks in two formats in turn, or in a thousand spellings, costs as much as two scrapes."""
    made = []
    monkeypatch.setattr(collector, "CACHE_SECONDS", 600)
    monkeypatch.setattr(Exposition, "_others", lambda _: made.append(1) or [])

    async def scrapes() -> set[str]:
        exposition = Exposition(cast(Sources, worker))
        accepted = [f"{OPEN_METRICS},text/x{n};q=0.{n}" for n in range(50)]
        return {(await exposition.render(a))[1] for n in range(50) for a in ("", accepted[n])}

    assert len(asyncio.run(scrapes())) == 2
    assert len(made) == 2
