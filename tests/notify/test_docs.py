"""docs/notify.md and the example configuration say what the program does."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from chatpulse.durations import format_duration
from chatpulse.notify.alerts import SHOWN
from chatpulse.notify.metrics import Metrics
from chatpulse.notify.settings import Receiver, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "notify.md"
EXAMPLE = ROOT / "deploy" / "chatpulse-notify.toml"


def rows_of(model: type[BaseModel]) -> list[str]:
    rows = []
    for name, about in model.model_fields.items():
        value = about.default
        if about.is_required():
            default = "required"
        elif value is None:
            default = ""
        else:
            default = f"`{format_duration(value) if isinstance(value, timedelta) else value}`"
        rows.append(f"| `{name}` | {default} | {about.description} |")
    return rows


def metric_rows() -> list[str]:
    metrics = Metrics(["x"])
    metrics.watch(dict, lambda: 0)
    rows = []
    for family in metrics.registry.collect():
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {key for s in family.samples if s.name == name for key in s.labels}
        if name.endswith(("queue_length", "timestamp_seconds")):
            labels = {"receiver"}  # no sample without a robot
        shown = " ".join(f"`{label}`" for label in sorted(labels, key=lambda k: k != "receiver"))
        rows.append(f"| `{name}` | {family.type} | {shown} | {family.documentation} |")
    return rows


@pytest.mark.parametrize("model", [Settings, Receiver])
def test_every_setting_is_documented(model: type[BaseModel]) -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [row for row in rows_of(model) if row not in text] == []


def test_every_metric_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [row for row in metric_rows() if row not in text] == []


def test_nothing_is_documented_that_is_not_there() -> None:
    text = DOCS.read_text(encoding="utf-8")
    known = {*rows_of(Settings), *rows_of(Receiver), *metric_rows()}
    assert [row for row in re.findall(r"^\| `.*", text, re.M) if row not in known] == []


def test_the_labels_that_are_shown_are_documented() -> None:
    text = " ".join(DOCS.read_text(encoding="utf-8").split())
    listed = re.search(r"Of an alert's labels only (.*?) are kept", text)
    assert listed
    assert re.findall(r"`(\w+)`", listed[1]) == ["alertname", "severity", *SHOWN]


def test_the_example_configuration_is_valid() -> None:
    found = Settings.model_validate(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert {receiver.vendor for receiver in found.receivers.values()} == {
        "dingtalk",
        "wecom",
        "feishu",
        "slack",
    }


def test_the_example_names_every_setting() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    names = [*Settings.model_fields, *Receiver.model_fields]
    assert [name for name in names if not re.search(rf"^#?\[?{name}\b", text, re.M)] == []


def test_the_examples_of_the_page_are_valid() -> None:
    examples = "\n".join(re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S))
    found = Settings.model_validate(tomllib.loads(examples))
    assert found.defaults == ("floor", "managers", "office")
