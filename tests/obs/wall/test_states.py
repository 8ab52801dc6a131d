"""The wall page in situations that no simulated room gets into."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from chatpulse.demo.simulator import Room, simulate
from tests.obs.wall.browser import Browser, browser
from tests.tools import need
from tests.wall.desk import HOUR, SECOND, T
from tests.wall.npm import install
from tests.wall.sources import Sources, application

WALL = {"viewport": {"width": 1920, "height": 1080}, "locale": "en-GB", "timezoneId": "Asia/Tokyo"}
LIVE = "document.getElementById('link').dataset.state === 'live'"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page() -> Iterator[Browser]:
    install()
    with browser(need("node"), need("chromium")) as running:
        yield running


@contextmanager
def serving(sources: Sources) -> Iterator[str]:
    """Serve the page of `sources` from another thread; yield its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(step: Callable[[], Any]) -> None:
        asyncio.run_coroutine_threadsafe(step(), loop).result(15)

    async def start() -> None:
        nonlocal server
        server = TestServer(application(sources))
        await server.start_server()

    async def stop() -> None:
        await server.close()

    server: TestServer
    try:
        run(start)
        try:
            yield str(server.make_url("/"))
        finally:
            run(stop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def busy(shops: int, agents: int) -> Sources:
    """Return the sources of a worker after an hour in a room."""
    sources = Sources()
    sources.now = T + HOUR
    room = Room(rate=2, shops=shops, agents=agents, curve="flat")
    for event in simulate(room, seed=3, start_ms=T, until_ms=sources.now):
        sources.desk.apply(event)
    return sources


def scope(page: Browser) -> str:
    return page.text("#scope")


def test_a_worker_that_knows_nothing_yet(page: Browser) -> None:
    sources = Sources()
    sources.owned = {}
    with serving(sources) as url:
        page("open", url=url, **WALL)
        page.wait(LIVE)
        assert page.number("oldest") == page.number("replied") == page.number("delay") == "—"
        assert "No agent yet today" in page.text("#agents")
        assert "Still loading" in page.text("#alerting")
        assert f"Still loading: {sources.unready}" in scope(page)
        assert scope(page).startswith("no shop here yet · 0 of 3 partitions")
        assert page("axe") == []


def test_it_says_that_shops_are_elsewhere_and_links_there(page: Browser) -> None:
    with serving(busy(1, 3)) as url:
        page("open", url=url, **WALL)
        page.wait(f"{LIVE} && document.querySelector('#scope a')")
        assert scope(page).startswith("shop-01 · 2 of 3 partitions, the other shops are elsewhere")
        links = "[...document.querySelectorAll('#scope a')].map((a) => [a.href, a.textContent])"
        assert page("evaluate", script=links) == [["http://other:2/", "other:2"]]


def test_the_time_is_that_of_the_shops_not_of_the_screen(page: Browser) -> None:
    with serving(busy(1, 3)) as url:
        page("open", url=url, **WALL)
        page.wait(LIVE)
        assert page.text("#clock").startswith("11:00:0")  # ten o'clock and an hour, in Shanghai


HOSTILE = (
    "<img src=x onerror='window.intruded = true'>",
    "\u202egnolgnol" + "长" * 100,
    "\u202e\u200fx",
)


def test_names_are_text_whatever_they_are_and_break_nothing(page: Browser) -> None:
    sources = busy(1, 3)
    sources.unready = None  # type: ignore[assignment]
    for number, name in enumerate(HOSTILE):
        sources.desk.wrote(sources.now - 300 * SECOND, f"b{number}", name, shop="shop-01")
    with serving(sources) as url:
        page("open", url=url, **WALL)
        page.wait(f"{LIVE} && document.querySelectorAll('#agents tbody tr').length > 5")
        shown = page("evaluate", script="document.getElementById('agents').textContent")
        assert all(name in shown for name in HOSTILE)
        assert page("evaluate", script="window.intruded") is None
        box = "document.getElementById('agents').parentElement"
        assert page("evaluate", script=f"{box}.scrollWidth <= {box}.clientWidth") is True
        assert page("seen")["errors"] == []


def test_very_old_numbers_and_waits_fit_their_tiles(page: Browser) -> None:
    sources = busy(1, 3)
    sources.desk.wrote(sources.now - 6900 * SECOND, "old", "late", shop="shop-01")
    sources.owned[0].newest = {"m": sources.now - 9000 * SECOND}
    with serving(sources) as url:
        page("open", url=url, **WALL)
        page.wait(f"{LIVE} && document.querySelectorAll('#agents tbody tr').length > 3")
        assert page.number("oldest").startswith("1:55:")
        assert page.number("delay").startswith("2:30:")
        assert page("evaluate", script=OUTSIDE_ITS_TILE) == []


@pytest.mark.parametrize("count", [123, 1_234])
def test_a_crowd_and_a_long_delay_fit_their_tiles(page: Browser, count: int) -> None:
    sources = busy(1, 3)
    for number in range(count):
        sources.desk.wrote(sources.now - 200 * SECOND, f"crowd-{number}", "late", shop="shop-01")
    sources.owned[0].newest = {"m": sources.now - 754 * SECOND}
    with serving(sources) as url:
        page("open", url=url, **WALL)
        page.wait(f"{LIVE} && document.querySelectorAll('#agents tbody tr').length > 3")
        assert int(page.number("waiting")) >= count
        assert page.number("delay").startswith("12:3")
        assert page("evaluate", script=OUTSIDE_ITS_TILE) == []


OUTSIDE_ITS_TILE = """[...document.querySelectorAll('.tile .value, .tile .unit, .tile .mark')]
  .filter((e) => e.getBoundingClientRect().right >
    e.closest('.tile').getBoundingClientRect().right - 4).map((e) => e.outerHTML)"""


def test_many_shops_and_agents_are_counted_where_there_is_no_room(page: Browser) -> None:
    with serving(busy(9, 6)) as url:
        page("open", url=url, **WALL)
        page.wait(f"{LIVE} && document.querySelector('#shops-more').textContent")
        rows = "[...document.querySelectorAll('#{} tbody tr')].filter((r) => r.checkVisibility())"
        for name, total in (("agents", 54), ("shops", 9)):
            seen = page("evaluate", script=f"{rows.format(name)}.length")
            assert page.text(f"#{name}-more") == f"and {total - seen} more"
            assert 2 < seen < total
        fits = "document.documentElement.scrollHeight <= innerHeight"
        assert page("evaluate", script=fits) is True
        assert page("evaluate", script=LYING_OVER_EACH_OTHER) == []


LYING_OVER_EACH_OTHER = """(() => {
  const parts = [...document.querySelectorAll('.panel, .tile, .alerting')]
    .map((e) => [e.className, e.getBoundingClientRect()]);
  return parts.flatMap(([name, a], i) => parts.slice(i + 1)
    .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
    .map(([other]) => [name, other]));
})()"""


def test_a_screen_takes_the_page_of_an_upgraded_worker_once(page: Browser) -> None:
    sources = busy(1, 3)
    with serving(sources) as url:
        page("open", url=url, **WALL)
        page.wait(LIVE)
        assert page("seen")["navigations"] == 1
        # What a screen would show that was opened before the upgrade:
        page("evaluate", script="document.querySelector('meta[name=page]').content = 'old'")
        sources.owned[0].newest["m"] += 1
        page.wait("document.querySelector('meta[name=page]').content !== 'old'")
        page.wait(LIVE)
        assert page("seen")["navigations"] == 2
