"""The dashboard files: fresh, typed, sound, alike in both languages; and the checks are sharp."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.obs.grafana.dashboards import FOLDER, Dashboard, committed, panel
from tests.obs.grafana.faults import FAULTS
from tests.tools import need
from tools.observability.alerts import alerts
from tools.observability.dashboards import dashboard_files
from tools.observability.dashboards.alerts import ALERT_NAMES
from tools.observability.dashboards.palette import behind, levels, steps
from tools.observability.grafana.grammar import grammar_errors
from tools.observability.grafana.lint import complaints
from tools.observability.grafana.schema import type_errors
from tools.observability.grafana.workspace import SOURCES
from tools.observability.thresholds import ROOT, load

NAMES = ("wall", "shop", "agent", "processor")
EDITIONS = tuple(f"{language}-{name}" for language in ("en", "zh") for name in NAMES)
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    for tool in ("npm", "node", "promtool"):
        need(tool)


def test_every_file_is_fresh() -> None:
    for path, text in dashboard_files().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: run make generate"
    made = {path for path in dashboard_files() if path.startswith("deploy/grafana/")}
    found = {str(p.relative_to(ROOT)) for p in FOLDER.rglob("*") if p.is_file()}
    assert found == made


def test_there_are_four_in_two_languages() -> None:
    assert tuple(sorted(committed())) == tuple(sorted(EDITIONS))
    uids = [dashboard["uid"] for dashboard in committed().values()]
    assert len(set(uids)) == len(uids)


@pytest.mark.parametrize("edition", EDITIONS)
def test_nothing_to_complain_of(edition: str) -> None:
    assert complaints(committed()[edition]) == []


def test_promtool_parses_every_expression() -> None:
    assert not any(grammar_errors(committed(), need("promtool")).values())


def test_types_and_faults() -> None:
    """Both in one run of the compiler, which takes its time to start."""
    wrong = {name: committed()["zh-wall"] for name in FAULTS}
    for name, dashboard in wrong.items():
        FAULTS[name](dashboard)
        assert dashboard != committed()["zh-wall"], f"{name} changes nothing"
    typed = type_errors(committed() | wrong)
    assert {name: typed[name] for name in EDITIONS if typed[name]} == {}
    overlooked = [
        name for name, dashboard in wrong.items() if not typed[name] and not _means(dashboard)
    ]
    assert overlooked == []
    assert len(wrong) >= 24


def _means(dashboard: Dashboard) -> list[str]:
    """Return what the checks of meaning say; a shape that they cannot read is the types' affair."""
    try:
        return complaints(dashboard) + grammar_errors({"it": dashboard}, need("promtool"))["it"]
    except (KeyError, TypeError, AttributeError):
        return []


def test_both_languages_ask_and_place_the_same() -> None:
    for name in NAMES:
        zh, en = committed()[f"zh-{name}"], committed()[f"en-{name}"]
        assert [_bones(p) for p in zh["panels"]] == [_bones(p) for p in en["panels"]]
        assert not HAN.search(json.dumps(_without_links(en), ensure_ascii=False))
        assert all(HAN.search(p["title"] + p["description"]) for p in zh["panels"])


def _bones(panel: dict[str, Any]) -> tuple[Any, ...]:
    return panel["id"], panel["gridPos"], [target["expr"] for target in panel["targets"]]


def _without_links(dashboard: Dashboard) -> Dashboard:
    return {key: value for key, value in dashboard.items() if key != "links"}


def test_every_alert_has_a_name_on_the_wall() -> None:
    assert ALERT_NAMES.keys() == {alert.name for alert in alerts(load())}


def test_the_wall_has_eight_numbers_first_and_its_table_sorted_by_the_wait() -> None:
    wall = committed()["en-wall"]
    first = [p for p in wall["panels"] if p["gridPos"]["y"] == 0]
    assert [p["type"] for p in first] == ["stat"] * 8
    assert "Data delay" in [p["title"] for p in first]
    sort = [t for t in panel(wall, "table")["transformations"] if t["id"] == "sortBy"]
    assert sort[0]["options"]["sort"] == [{"field": "Longest wait", "desc": True}]


def test_colours_and_alerts_have_the_same_thresholds() -> None:
    waits = [step["value"] for step in steps("buyer_waiting")]
    limit = load().alerts["buyer_waiting"]
    assert waits == [None, limit.warning, limit.critical]
    rate = levels("shop_reply_rate")
    assert [step["value"] for step in steps("shop_reply_rate")] == [
        *(None, rate.critical, rate.warning)
    ]


@pytest.mark.parametrize("colour", ["warning", "critical", "good", "neutral"])
def test_text_on_a_colour_can_be_read(colour: str) -> None:
    """Grafana writes rgb(32, 34, 38) on what is brighter than 180, else rgb(247, 248, 250)."""
    shade = behind(getattr(load().colours, colour))
    rgb = [int(shade[place : place + 2], 16) for place in (1, 3, 5)]
    bright = rgb[0] * 0.299 + rgb[1] * 0.587 + rgb[2] * 0.114 > 180
    text = [32, 34, 38] if bright else [247, 248, 250]
    light, dark = sorted((_luminance(rgb), _luminance(text)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.2  # large text needs 3


def _luminance(rgb: list[int]) -> float:
    shares = [value / 255 for value in rgb]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return linear[0] * 0.2126 + linear[1] * 0.7152 + linear[2] * 0.0722


def test_provisioning_names_folders_and_sources_that_exist() -> None:
    sources = yaml.safe_load((FOLDER / "provisioning/datasources/chatpulse.yml").read_text())
    assert [(s["type"], s["uid"]) for s in sources["datasources"]] == [
        ("prometheus", "chatpulse-prometheus"),
        ("alertmanager", "chatpulse-alertmanager"),
    ]
    providers = yaml.safe_load((FOLDER / "provisioning/dashboards/chatpulse.yml").read_text())
    for provider in providers["providers"]:
        language = provider["options"]["path"].rsplit("/", 1)[1]
        assert len(list((FOLDER / "dashboards" / language).glob("*.json"))) == len(NAMES)
        assert provider["allowUiUpdates"] is False


def test_playlists_play_dashboards_that_exist() -> None:
    uids = {dashboard["uid"] for dashboard in committed().values()}
    for path in FOLDER.glob("playlists/*.json"):
        items = json.loads(path.read_text(encoding="utf-8"))["items"]
        assert {item["value"] for item in items} <= uids


def test_the_lock_names_no_host() -> None:
    text = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    assert all("integrity" in package for package in _locked(json.loads(text)))


def _locked(lock: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (package for path, package in lock["packages"].items() if path)
