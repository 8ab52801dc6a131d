"""Drawn with Grafana's own components, from a real Prometheus that scrapes a real worker."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.obs.grafana.dashboards import committed
from tests.tools import need
from tools.observability.dashboards.board import NAMES
from tools.observability.dashboards.palette import CRITICAL, behind, levels
from tools.observability.dashboards.words import LANGUAGES
from tools.observability.grafana.drawing import draw
from tools.observability.grafana.scene import Scene, scene, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SPAN = 60.0


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    for tool in ("npm", "node", "prometheus", "chromium"):
        need(tool)
    with scene(tmp_path_factory.mktemp("scene")) as playing:
        yield playing


def test_every_panel_shows_something(room: Scene, tmp_path: Path) -> None:
    # A rate needs two scrapes of its counter, a checkpoint five seconds: they come after the first.
    until(lambda: room.number("min(chatpulse_checkpoint_bytes)"), "a checkpoint is written")
    time.sleep(10)
    jobs = [
        room.job(name, language, span=SPAN, png=tmp_path / f"{name}-{language}.png")
        for language in LANGUAGES
        for name in NAMES
    ]
    drawn = draw(jobs, need("chromium"))
    assert len(drawn) == len(jobs)
    for each in drawn:
        assert each.errors == [], each.uid
        assert (each.empty, each.blank) == ([], []), each.uid
    wall = drawn[0].texts
    slow = room.slowest()
    assert slow["agent"] in wall["谁回复最慢·5分钟平均"]
    assert "●" in wall["客服明细 · 等待最久在前"]
    assert all((tmp_path / f"{name}-zh.png").stat().st_size > 30_000 for name in NAMES)


def test_waits_grow_on_while_the_worker_is_stopped_and_the_delay_turns_red(room: Scene) -> None:
    panels = {panel["title"]: panel for panel in committed()["zh-wall"]["panels"]}
    asked = {title: panels[title]["targets"][0]["expr"].replace("$shop", ".+") for title in
             ("最长等待", "数据延迟")}  # fmt: skip
    limits = levels("data_delay")
    assert limits.critical is not None
    assert limits.warning is not None

    def shown(title: str) -> float:
        return room.number(asked[title]) or 0.0

    until(lambda: shown("数据延迟") < limits.warning, "the worker is up to date")
    room.worker.send_signal(signal.SIGSTOP)
    try:
        time.sleep(5)  # the last answer has been scraped, the next attempt has failed
        begun, waits = time.monotonic(), [shown("最长等待")]
        while shown("数据延迟") <= limits.critical:
            time.sleep(5)
            waits.append(shown("最长等待"))
            assert waits[-1] >= waits[-2] + 3, waits
        assert waits[-1] - waits[0] == pytest.approx(time.monotonic() - begun, abs=6)
        stopped = draw([room.job("wall", "zh", span=SPAN)], need("chromium"))[0]
        assert stopped.errors == []
        assert stopped.colours["数据延迟"] == _css(behind(CRITICAL))
        assert stopped.colours["最长等待"] == _css(behind(CRITICAL))
    finally:
        room.worker.send_signal(signal.SIGCONT)

    until(lambda: shown("数据延迟") < limits.warning, "the delay is short again")
    until(lambda: room.query("chatpulse_shop_waiting_buyers"), "the shops are shown again")
    again = draw([room.job("wall", "zh", span=SPAN)], need("chromium"))[0]
    assert (again.errors, again.blank, again.empty) == ([], [], [])
    assert again.colours["数据延迟"] != _css(behind(CRITICAL))
    live = "time() - min(chatpulse_shop_oldest_wait_start_timestamp_seconds)"
    until(lambda: abs(shown("最长等待") - (room.number(live) or 0)) < 3, "the wait is the worker's")


def _css(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"
