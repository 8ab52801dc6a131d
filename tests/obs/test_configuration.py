"""What is committed is fresh, valid on old and new tools, and names only what there is."""

import re
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from chatpulse.notify.alerts import HARMLESS, SHOWN
from chatpulse.telemetry.catalogue import METRICS
from tests.obs.lab import committed
from tests.obs.shell import output
from tests.obs.versions import VERSIONS, tool
from tools.observability import generated
from tools.observability.alert import Alert, number
from tools.observability.alertmanager import RECEIVERS
from tools.observability.alerts import alerts
from tools.observability.promql import Selector, grouped, selectors, tokens
from tools.observability.recording import recordings
from tools.observability.rules import messages, severities
from tools.observability.thresholds import FILE, ROOT, ThresholdsError, load, parse

DEPLOY = ROOT / "deploy"
THRESHOLDS = load()
RECORDINGS, ALERTS = committed()
SCRAPED = {"job", "instance"}
FOREIGN = {
    "up": SCRAPED,
    "ALERTS": {"alertname", "alertstate", "severity", "scope"},
    "chatpulse_notify_oldest_timestamp_seconds": {"receiver"},
}
"""Series that are neither in the catalogue nor recorded, and their labels."""


def test_what_is_generated_is_committed() -> None:
    assert generated.stale() == [], "run make generate"


@pytest.mark.parametrize("version", VERSIONS)
def test_promtool_finds_nothing(version: str, tmp_path: Path) -> None:
    rules = sorted(str(path) for path in (DEPLOY / "prometheus" / "rules").glob("*.yml"))
    output(tool("promtool", version), "check", "rules", "--lint=all", "--lint-fatal", *rules)
    (tmp_path / "rules").symlink_to(DEPLOY / "prometheus" / "rules")
    for name in ("prometheus", "local"):
        text = (DEPLOY / "prometheus" / f"{name}.yml").read_text(encoding="utf-8")
        file = tmp_path / f"{name}.yml"  # where the secrets are that it looks for
        file.write_text(text.replace("/run/secrets", f"{DEPLOY}/secrets.example"), encoding="utf-8")
        output(tool("promtool", version), "check", "config", str(file))


@pytest.mark.parametrize("version", VERSIONS)
def test_amtool_finds_nothing(version: str) -> None:
    for name in ("alertmanager", "local"):
        output(tool("amtool", version), "check-config", f"{DEPLOY}/alertmanager/{name}.yml")


@pytest.mark.parametrize("folder", ["prometheus", "alertmanager"])
def test_the_local_edition_differs_in_addresses_and_secrets_only(folder: str) -> None:
    main = (DEPLOY / folder / f"{folder}.yml").read_text(encoding="utf-8")
    local = (DEPLOY / folder / "local.yml").read_text(encoding="utf-8")
    for host in ("worker", "notify", "alertmanager", "prometheus"):
        main = re.sub(rf"\b{host}(:\d+)", r"127.0.0.1\1", main)
    main = re.sub(r"(?: +http_config:\n)? +authorization:\n +credentials_file: .*\n", "", main)
    assert main == local


def rules() -> list[tuple[str, str]]:
    named = [(rule["record"], rule["expr"]) for rule in RECORDINGS.values()]
    fired = [(name, rule["expr"]) for name, rules in ALERTS.items() for rule in rules]
    return named + fired


def known(name: str) -> bool:
    return name in METRICS or name in RECORDINGS or name in FOREIGN


@pytest.mark.parametrize(("name", "expression"), rules())
def test_a_rule_names_only_series_and_labels_there_are(name: str, expression: str) -> None:
    for selector in selectors(expression):
        assert known(selector.name), selector.name
        assert set(selector.labels) <= labels(selector.name), selector
    every = set().union(*(labels(selector.name) for selector in selectors(expression)))
    for group in grouped(expression):
        assert set(group) <= every, group


def labels(name: str) -> set[str]:
    """Return the labels a series may have; a recorded one has those its rule groups by."""
    if name in FOREIGN:
        return FOREIGN[name] | set(SHOWN)
    if name in METRICS:
        return set(METRICS[name].labels) | SCRAPED
    expression = RECORDINGS[name]["expr"]
    inner = [selector.name for selector in selectors(expression) if selector.name != name]
    return set().union(
        *(labels(one) for one in inner), *grouped(expression), {"reason", "topic"} & {*inner}
    )


def test_the_lint_sees_what_is_wrong() -> None:
    found = selectors('sum by (shop) (no_such_metric{shop="s", window=~"5m|1h"}) > on (shop) up')
    assert found == [Selector("no_such_metric", ("shop", "window")), Selector("up", ())]
    assert not known("no_such_metric")
    assert grouped("sum by (shop, agent) (x) and on () y") == [("shop", "agent"), ()]
    with pytest.raises(ValueError, match="no PromQL"):
        list(tokens("up $ 1"))


def test_only_functions_and_names_of_the_oldest_prometheus() -> None:
    functions: set[str] = set()
    for _, expression in rules():
        found = list(tokens(expression))
        functions |= {
            one.text for one, after in pairwise(found) if one.kind == "name" and after.text == "("
        }
    words = {"and", "or", "unless", "on", "by"}
    arithmetic = {"sum", "min", "max", "rate", "increase", "absent", "vector", "time"}
    assert functions <= words | arithmetic | {"clamp_min", "round", "label_replace"}


def test_recording_rules_stand_before_those_who_read_them() -> None:
    order = [rule.record for rule in recordings(THRESHOLDS)]
    for position, rule in enumerate(recordings(THRESHOLDS)):
        read = {selector.name for selector in selectors(rule.expr)} - {rule.record}
        assert read.isdisjoint(order[position:]), rule.record


def test_every_alert_is_complete() -> None:
    for name, rules in ALERTS.items():
        assert name.startswith("Chatpulse")
        for rule in rules:
            assert rule["keep_firing_for"] == "1m"
            assert rule["labels"].keys() == {"severity", "scope"}
            assert rule["labels"]["severity"] in {"info", "warning", "critical"}
            assert rule["labels"]["scope"] in {"agent", "shop", "processor"}
            texts = {"summary", "summary_zh", "description", "description_zh"}
            assert rule["annotations"].keys() == texts | {"dashboard_url", "runbook_url"}
            for text in texts:
                chinese = re.search(r"[\u4e00-\u9fff]", rule["annotations"][text])
                assert bool(chinese) == text.endswith("_zh")


def test_no_setting_is_without_an_alert() -> None:
    assert {alert.key for alert in alerts(THRESHOLDS)} == THRESHOLDS.alerts.keys()


def test_alerts_show_only_labels_that_may_be_shown() -> None:
    shown = set(SHOWN) | HARMLESS
    for alert in alerts(THRESHOLDS):
        for severity in severities(alert, THRESHOLDS):
            said = " ".join(messages(alert, THRESHOLDS, severity).values())
            assert set(re.findall(r"\$labels\.(\w+)", said)) <= shown


def test_every_duty_alert_asks_for_the_hours_and_no_other() -> None:
    for alert in alerts(THRESHOLDS):
        for rule in ALERTS[alert.name]:
            assert ("chatpulse_on_duty" in rule["expr"]) == alert.duty
    assert all(alert.duty for alert in alerts(THRESHOLDS) if alert.scope != "processor")


# --- the runbook ----------------------------------------------------------------------------------

RUNBOOK = (DEPLOY / "runbook.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.DOTALL | re.MULTILINE))


def test_the_runbook_has_a_heading_for_each_alert_and_no_other() -> None:
    assert list(SECTIONS) == [alert.name for alert in alerts(THRESHOLDS)]
    headings = re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE)
    assert Counter(headings) == Counter(list(SECTIONS))


@pytest.mark.parametrize("name", ALERTS)
def test_a_heading_says_what_it_means_where_to_look_and_what_to_do(name: str) -> None:
    parts = re.findall(r"^\*\*(.+?)\.\*\* \S.{20,}", SECTIONS[name], re.MULTILINE)
    assert parts == ["Meaning", "Look at", "Do"]


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_links_to_its_heading(name: str) -> None:
    for rule in ALERTS[name]:
        base, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert base == THRESHOLDS.links.runbook
        assert anchor == slug(name)


def test_links_inside_the_runbook_lead_somewhere() -> None:
    anchors = {slug(name) for name in SECTIONS}
    for target in re.findall(r"\]\(([^)]+)\)", RUNBOOK):
        path, _, anchor = target.partition("#")
        assert anchor in anchors if not path else (DEPLOY / path).resolve().exists(), target


@pytest.mark.parametrize("alert", alerts(THRESHOLDS), ids=lambda alert: alert.name)
def test_the_runbook_names_the_thresholds_there_are(alert: Alert) -> None:
    limit = THRESHOLDS.alerts[alert.key]
    text = SECTIONS[alert.name].replace(",", "")
    wanted = [str(limit.samples)] if limit.samples else []
    times = 100 if alert.unit == "share" else 1
    wanted += [number(round(value * times, 4)) for value in limit.by_severity.values()]
    if alert.name in {"ChatpulseOrdersStalled", "ChatpulseRecordsMissing", "ChatpulseAdShareHigh"}:
        return  # said in words
    for one in wanted:
        assert re.search(rf"\b{one}\b", text), one


def slug(heading: str) -> str:
    """Return the anchor that Markdown renderers give a heading of one word."""
    return heading.lower()


# --- Prometheus' configuration --------------------------------------------------------------------


def test_prometheus_scrapes_everything_within_limits() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    assert config["global"]["scrape_interval"] == config["global"]["evaluation_interval"] == "5s"
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert jobs.keys() == {"chatpulse", "notify", "alertmanager", "prometheus"}
    for job in ("chatpulse", "notify"):
        assert jobs[job]["sample_limit"] > 0
        assert jobs[job]["body_size_limit"]
        assert jobs[job]["label_limit"] >= 10
    for name in re.findall(r'up\{job="(\w+)"\}', str(ALERTS)):
        assert name in jobs
    for path in config["rule_files"]:
        assert (DEPLOY / "prometheus" / path).exists()


def test_alertmanager_knows_every_receiver_and_the_duty_hours() -> None:
    path = DEPLOY / "alertmanager" / "alertmanager.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    receivers = {receiver["name"]: receiver for receiver in config["receivers"]}
    assert receivers.keys() == {"nobody", *RECEIVERS}
    urls = {hook["url"] for one in receivers.values() for hook in one.get("webhook_configs", [])}
    assert urls == {"http://notify:9094/alertmanager"}
    times = config["time_intervals"][0]["time_intervals"][0]
    assert times["times"] == [{"start_time": "08:00", "end_time": "23:15"}]
    assert times["location"] == "Asia/Shanghai"


# --- the settings file ----------------------------------------------------------------------------

WRONG = {
    "an unknown key": ('start = "08:00"', 'begin = "08:00"', "begin"),
    "no time of day": ('start = "08:00"', 'start = "8"', "duty.start"),
    "duty that ends before it begins": ('start = "08:00"', 'start = "23:30"', "duty.end"),
    "a zone with summer time": ("Asia/Shanghai", "Europe/Berlin", "summer time"),
    "no zone": ("Asia/Shanghai", "Asia/Nowhere", "duty.timezone"),
    "a share above one": ("hold = 0.8", "hold = 1.8", "hysteresis.hold"),
    "no duration": ('keep = "1m"', 'keep = "a minute"', "hysteresis.keep"),
    "no colour": ("#009E73", "green", "colours.good"),
    "a link with a slash at the end": (":3000", ":3000/", "links.dashboards"),
    "no number": ("warning = 100", 'warning = "100"', "alerts"),
    "a negative threshold": ("warning = 100\n", "warning = -1\n", "alerts.buyer_waiting.warning"),
    "twice the same": ("critical = 180\n", "critical = 100\n", "alerts.buyer_waiting.critical"),
    "an odd limit": ("limit = 180", "limit = 120", "alerts.agent_three_minute_rate.limit"),
    "no samples": ("samples = 3\n", "samples = 0\n", "alerts.slow_responder.samples"),
    "an odd window": ('window = "5m"', 'window = "week"', "alerts.slow_responder.window"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_refused_with_its_key(wrong: str) -> None:
    before, after, key = WRONG[wrong]
    text = FILE.read_text(encoding="utf-8")
    assert before in text
    with pytest.raises(ThresholdsError, match=re.escape(key)) as error:
        parse(text.replace(before, after, 1))
    assert "\n" not in str(error.value)


def test_the_seeds_are_the_defaults() -> None:
    settings = tomllib.loads(FILE.read_text(encoding="utf-8"))["alerts"]
    pairs = {key: (one.get("warning"), one.get("critical")) for key, one in settings.items()}
    assert pairs["buyer_waiting"] == (100, 180)
    assert pairs["slow_responder"] == pairs["shop_slow"] == (60, 100)


def test_a_changed_threshold_makes_the_generated_files_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = FILE.read_text(encoding="utf-8").replace("warning = 100\n", "warning = 90\n", 1)
    monkeypatch.setattr(generated, "load", lambda: parse(text))
    assert {Path(path).name for path in generated.stale()} >= {"chatpulse.alerts.yml", "alerts.md"}
