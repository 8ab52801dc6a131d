"""What the alerts say, as Prometheus itself fills it in."""

import re
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

import pytest

from tests.obs.lab import committed, dump, run
from tests.obs.versions import VERSIONS, tool

LABELS = {
    "shop": "旗舰店",
    "agent": "小美 & Co",
    "topic": "chat.messages",
    "reason": "late",
    "partition": "3",
    "instance": "worker:8080",
    "receiver": "floor",
}
VALUE = 0.8374
RULES = [rule for rules in committed()[1].values() for rule in rules]


def filled(template: str) -> str:
    """Fill a template in, as Prometheus does."""

    def fill(match: re.Match[str]) -> str:
        expression = match[1].strip()
        if expression == '$value | printf "%.0f"':
            return "1"
        if expression == "$value | humanizePercentage":
            return "83.74%"
        label, _, function = expression.removeprefix("$labels.").partition(" | ")
        assert function in ("", "urlquery")
        return quote_plus(LABELS[label]) if function else LABELS[label]

    return re.sub(r"\{\{(.+?)\}\}", fill, template)


@pytest.mark.parametrize("version", VERSIONS)
def test_prometheus_fills_in_every_message(version: str, tmp_path: Path) -> None:
    rules, tests = tmp_path / "rules.yml", tmp_path / "tests.yml"
    plain = [
        {"alert": f"{rule['alert']}{index}", "expr": "probe", "annotations": rule["annotations"]}
        for index, rule in enumerate(RULES)
    ]
    rules.write_text(dump({"groups": [{"name": "messages", "rules": plain}]}), "utf-8")
    labels = ",".join(f'{name}="{value}"' for name, value in LABELS.items())
    test = {
        "interval": "5s",
        "input_series": [{"series": f"probe{{{labels}}}", "values": f"{VALUE}x3"}],
        "alert_rule_test": [
            {
                "alertname": f"{rule['alert']}{index}",
                "eval_time": "5s",
                "exp_alerts": [
                    {
                        "exp_labels": LABELS,
                        "exp_annotations": {k: filled(v) for k, v in rule["annotations"].items()},
                    }
                ],
            }
            for index, rule in enumerate(RULES)
        ],
    }
    document = {"rule_files": [str(rules)], "evaluation_interval": "5s", "tests": [test]}
    tests.write_text(dump(document), "utf-8")
    assert not run(tool("promtool", version), tests)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_message_is_short_and_its_links_are_whole(rule: dict[str, dict[str, str]]) -> None:
    said = {name: filled(text) for name, text in rule["annotations"].items()}
    for name in ("summary", "summary_zh"):
        assert len(said[name]) <= 80
    for name in ("description", "description_zh"):
        assert len(said[name]) <= 120
    for text in said.values():
        assert not re.search(r"[{}\[\]\n]|  ", text)
    for name in ("dashboard_url", "runbook_url"):
        link = urlsplit(said[name])
        assert link.scheme in {"http", "https"}
        assert link.netloc
    scope = rule["labels"]["scope"]
    wanted = {"agent": ["shop", "agent"], "shop": ["shop"], "processor": []}[scope]
    assert re.findall(r"var-(\w+)=", said["dashboard_url"]) == wanted
