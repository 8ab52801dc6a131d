"""The wall page in a real browser, on a real worker, in a simulated room."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.obs.wall.browser import Browser, browser
from tests.obs.wall.room import Room, Samples, now_ms, running_room
from tests.tools import need
from tests.wall.desk import THRESHOLDS
from tests.wall.npm import install
from tests.worker.lab import until

WALL = {"viewport": {"width": 1920, "height": 1080}}
PHONE = {"viewport": {"width": 390, "height": 844}, "isMobile": True, "deviceScaleFactor": 2}
LIVE = "document.getElementById('link').dataset.state === 'live'"
SHOWN = f"{LIVE} && document.querySelectorAll('#agents tbody tr').length > 3"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    need("chromium")
    with running_room(tmp_path_factory.mktemp("room")) as running:
        yield running


@pytest.fixture(scope="module")
def page(room: Room) -> Iterator[Browser]:
    install()
    with browser(need("node"), need("chromium")) as running:
        yield running


def opened(page: Browser, room: Room, query: str = "?lang=en", **options: Any) -> Browser:
    page("open", url=f"{room.url}/{query}", **{**WALL, **options})
    page.wait(SHOWN)
    return page


def clock(text: str) -> int:
    """Return the seconds of `12:34` or `1:02:03`."""
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def row(agent: str) -> str:
    """Return an expression for the row of an agent, undefined without one."""
    name = f"row.querySelector('th .text')?.textContent === '{agent}'"
    return f"[...document.querySelectorAll('#agents tbody tr')].find((row) => {name})"


# ---- numbers -----------------------------------------------------------------------------------


def total(samples: Samples, name: str, **labels: str) -> float:
    """Return the sum of a shop metric over the shops."""
    return sum(
        value
        for (metric, found), value in samples.items()
        if metric == f"chatpulse_shop_{name}" and labels.items() <= dict(found).items()
    )


def whole_percent(part: float, whole: float) -> str:
    rounded = int(100 * part / whole + 0.5)
    return str(min(99, rounded) if part < whole else rounded)


def test_the_numbers_are_those_of_the_api(room: Room, page: Browser) -> None:
    opened(page, room)
    shops = room.worker.json("/api/v1/shops")["shops"]

    def differences() -> list[tuple[str, str, str]]:
        """Compare one look at the page with one at the API; what slides may slide in between."""
        samples = room.samples()
        waits = [w for shop in shops for w in room.worker.json(f"/api/v1/shops/{shop}/waiting")]
        cards = [c for shop in shops for c in room.worker.json(f"/api/v1/shops/{shop}/scorecards")]
        today = [card for card in cards if card["agent_id"] == ""]
        hour = {"window": "1h", "limit": "30"}
        within = total(samples, "window_rounds_within", **hour)
        decided = total(samples, "window_duty_rounds", **hour)
        seconds = total(samples, "window_response_seconds", window="5m")
        mean = seconds / total(samples, "window_responses", window="5m")
        active = [
            value
            for (metric, _), value in samples.items()
            if metric == "chatpulse_agent_active_conversations"
        ]
        replied, consulted, converted, inquiries = (
            sum(card[name] for card in today)
            for name in ("replied", "consulted", "converted_same_day", "inquiries_same_day")
        )
        expected = {
            ("waiting", ".value"): str(sum(wait["waiting"] for wait in waits)),
            ("mean5m", ".value"): str(int(mean + 0.5)),
            ("within30s", ".value"): whole_percent(within, decided),
            ("within30s", ".below"): f"{within:.0f}/{decided:.0f} in 1 h",
            ("replied", ".value"): whole_percent(replied, consulted),
            ("replied", ".below"): f"{replied}/{consulted} today",
            ("converted", ".value"): whole_percent(converted, inquiries),
            ("converted", ".below"): f"{converted}/{inquiries} today",
            ("active", ".value"): str(sum(value > 0 for value in active)),
            ("active", ".below"): f"active, of {len(active)}",
        }
        return [
            (f"{name} {part}", shown, wanted)
            for (name, part), wanted in expected.items()
            if (shown := page.number(name, part)) != wanted
        ]

    def oldest_differs() -> int:
        starts = [
            value
            for (metric, _), value in room.samples().items()
            if metric == "chatpulse_shop_oldest_wait_start_timestamp_seconds"
        ]
        return int(now_ms() / 1000 - min(starts)) - clock(page.number("oldest"))

    with room.quiet():
        until(lambda: not differences(), "the page shows what the API says")
        until(lambda: abs(oldest_differs()) <= 1, "the oldest wait is that of the metric")
        rows = page("evaluate", script=ROWS)
        assert rows == agents_by_wait(room)[: len(rows)]


ROWS = """[...document.querySelectorAll('#agents tbody tr')].map((row) =>
    [...row.cells].slice(0, 3).map((cell) => cell.querySelector('.text').textContent))"""


def agents_by_wait(room: Room) -> list[list[str]]:
    """Return agent, shop and waiting of those who keep somebody waiting, oldest wait first."""
    waits = [
        (wait["oldest_wait_start_at"], shop, wait["agent_id"], wait["waiting"])
        for shop in room.worker.json("/api/v1/shops")["shops"]
        for wait in room.worker.json(f"/api/v1/shops/{shop}/waiting")
    ]
    first = [[agent or "(queue)", shop, str(n)] for _, shop, agent, n in sorted(waits, key=_start)]
    known = {(agent, shop) for agent, shop, _ in first}
    rest = [
        [line["agent_id"], line["shop_id"], "0"]
        for line in room.wall()["agents"]
        if line["waiting"] == 0 and (line["agent_id"], line["shop_id"]) not in known
    ]
    return first + rest


def _start(wait: tuple[int, str, str | None, int]) -> int:
    return wait[0]


def test_it_follows_what_happens_without_a_reload(room: Room, page: Browser) -> None:
    opened(page, room)
    page("evaluate", script="window.before = true")
    room.message("newcomer", "visitor-1", ago=3600 / 2)  # the oldest wait: in the first rows
    page.wait(f"{row('newcomer')}?.cells[2].querySelector('.text').textContent === '1'")
    room.message("newcomer", "visitor-1", sender="agent")
    page.wait(f"!({row('newcomer')}) || {row('newcomer')}.cells[2].textContent === '0'")
    assert page("evaluate", script="window.before") is True
    assert page("seen")["navigations"] == 1


def test_levels_are_those_of_the_settings_and_begin_by_themselves(
    room: Room, page: Browser
) -> None:
    opened(page, room)
    style = "document.documentElement.style.getPropertyValue"
    assert page("evaluate", script=f"{style}('--critical')") == THRESHOLDS.colours.critical
    warning = THRESHOLDS.alerts.buyer_waiting.warning
    assert warning is not None
    room.message("patience", "visitor-2", ago=warning - 12)
    cell = f"{row('patience')}?.cells[3]"
    page.wait(f"{cell}?.dataset.level === 'none'", 10)
    page.wait(f"{cell}?.dataset.level === 'warning'", 30)
    mark = f"{cell}.querySelector('.mark')"
    assert page("evaluate", script=f"{mark}.textContent") == "▲"
    assert page("evaluate", script=f"{mark}.getAttribute('aria-label')") == "warning"
    assert clock(page("evaluate", script=f"{cell}.querySelector('.text').textContent")) >= warning
    room.message("patience", "visitor-2", sender="agent")


# ---- a worker that stands still, or is another one ---------------------------------------------


def test_waits_grow_and_the_delay_turns_red_while_the_worker_stands_still(
    room: Room, page: Browser
) -> None:
    opened(page, room)
    page("evaluate", script="window.before = true")
    oldest, delay = clock(page.number("oldest")), int(page.number("delay"))
    room.worker.send(signal.SIGSTOP)
    try:
        page.wait("document.body.classList.contains('silent')", 40)
        assert page.level("delay") == "critical"
        assert clock(page.number("oldest")) >= oldest + 10
        assert int(page.number("delay")) >= delay + 10
        assert "no signal" in page.number("delay", ".below")
        assert "No signal since" in page.text("#alerting")
        assert [v for v in page("axe") if v["impact"] in {"serious", "critical"}] == []
        picture(page, "wall-page-silent-en")
    finally:
        room.worker.send(signal.SIGCONT)
    page.wait(f"{LIVE} && document.getElementById('number-delay').dataset.level === 'none'", 50)
    assert "No signal" not in page.text("#alerting")
    assert page("evaluate", script="window.before") is True


def test_it_comes_back_by_itself_after_a_restart_of_the_worker(room: Room, page: Browser) -> None:
    opened(page, room)
    page("evaluate", script="window.before = true")
    room.message("faithful", "visitor-3", ago=1700)
    page.wait(row("faithful") + " !== undefined")
    assert room.worker.stop() == 0
    page.wait("document.getElementById('link').dataset.state !== 'live'")
    before = clock(page.number("oldest"))
    page.wait(f"{before} + 1 < ({CLOCK})(document.querySelector('#number-oldest .value'))")
    page("evaluate", script=WATCH_FOR_ZERO)
    room.start()
    loaded = "document.querySelector('.trouble[data-level=warning]') === null"
    page.wait(f"{LIVE} && {loaded} && {row('faithful')} !== undefined", 60)
    assert page("evaluate", script="window.before") is True
    assert page("evaluate", script="window.zeros") == 0
    room.message("faithful", "visitor-3", sender="agent")


WATCH_FOR_ZERO = """(() => {
  window.zeros = 0;
  const shown = document.querySelector('#number-waiting .value');
  const look = () => { window.zeros += shown.textContent === '0' };
  const all = { childList: true, characterData: true, subtree: true };
  new MutationObserver(look).observe(shown, all);
})()"""
CLOCK = "(e) => e.textContent.split(':').reduce((sum, part) => 60 * sum + Number(part), 0)"


# ---- what it looks like ------------------------------------------------------------------------

SIZES = {
    "wall": WALL,
    "4k": {"viewport": {"width": 3840, "height": 2160}},
    "laptop": {"viewport": {"width": 1366, "height": 768}},
    "tablet": {"viewport": {"width": 820, "height": 1180}},
    "phone": PHONE,
    "narrow": {"viewport": {"width": 320, "height": 640}},
}
OVERFLOWS = """(() => {
  const root = document.documentElement;
  const outside = [...document.querySelectorAll('.panel, .tile, .tile dd, th, td, .top > *')]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1);
  const cut = [...document.querySelectorAll('.tile .value, .fill, .alerting')]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline');
  const inTile = [...document.querySelectorAll('.tile .value, .tile .unit')].filter((e) =>
    e.getBoundingClientRect().right > e.closest('.tile').getBoundingClientRect().right);
  return [root.scrollWidth > innerWidth, ...[outside, cut, inTile].map((found) =>
    found.map((e) => e.outerHTML.slice(0, 120)))];
})()"""


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_everything_is_on_the_screen_and_accessible(
    room: Room, page: Browser, size: str, lang: str
) -> None:
    dark = (size in {"wall", "phone"}) == (lang == "zh")
    opened(page, room, f"?lang={lang}&theme={'dark' if dark else 'light'}", **SIZES[size])
    assert page("evaluate", script=OVERFLOWS) == [False, [], [], []]
    assert page("axe") == []
    if size in {"wall", "4k", "laptop"}:
        script = "document.documentElement.scrollHeight <= innerHeight"
        assert page("evaluate", script=script) is True
    if size in {"wall", "phone"}:
        picture(page, f"wall-page{'' if size == 'wall' else '-phone'}-{lang}")


def picture(page: Browser, name: str) -> None:
    """Keep a picture where CHATPULSE_PICTURES says; `make wall-pictures` does."""
    folder = os.environ.get("CHATPULSE_PICTURES")
    if folder:
        page("screenshot", path=str(Path(folder).resolve() / f"{name}.png"))


def test_it_asks_nobody_else_and_its_policy_holds(room: Room, page: Browser) -> None:
    opened(page, room)
    seen = page("seen")
    assert {url for url in seen["requests"] if not url.startswith(f"{room.url}/")} == set()
    assert (seen["console"], seen["errors"]) == ([], [])
    page("evaluate", script=INTRUDE)
    assert page("evaluate", script="window.intruded") is None
    assert any("Content Security Policy" in text for text in page("seen")["console"])


INTRUDE = """(() => {
  const script = document.createElement('script');
  script.textContent = 'window.intruded = true';
  document.head.append(script);
})()"""


def test_language_and_theme_are_the_browsers_until_chosen_and_then_remembered(
    room: Room, page: Browser
) -> None:
    def looks() -> tuple[str, str]:
        root = "document.documentElement"
        lang = page("evaluate", script=f"{root}.lang")
        return lang, page("evaluate", script=f"{root}.dataset.theme")

    opened(page, room, "", locale="zh-CN", colorScheme="dark")
    assert looks() == ("zh-Hans", "dark")
    assert "等待客户" in page.text("#numbers")
    page("click", selector="#language")
    page("click", selector="#theme")
    assert looks() == ("en", "light")
    page("reload")
    page.wait(SHOWN)
    assert looks() == ("en", "light")
    opened(page, room, "", locale="en-GB", colorScheme="light")
    assert looks() == ("en", "light")
    page("media", colorScheme="dark")
    page.wait("document.documentElement.dataset.theme === 'dark'")


def test_only_the_line_that_says_it_all_is_read_out_and_nothing_moves_unasked(
    room: Room, page: Browser
) -> None:
    opened(page, room, reducedMotion="reduce")
    live = "[...document.querySelectorAll('[aria-live]')].map((e) => [e.id, e.ariaLive])"
    assert page("evaluate", script=live) == [["alerting", "polite"]]
    motion = "document.getAnimations().length"
    assert page("evaluate", script=motion) == 0
    assert re.search("Waiting too long|Slow|Nobody waits", page.text("#alerting"))
