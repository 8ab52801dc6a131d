"""The catalogue is complete, well named, and the page of the documentation is made from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatpulse.telemetry.__main__ import page
from chatpulse.telemetry.catalogue import METRICS, Metric
from tests.golden import assert_golden

LABELS = frozenset(
    "shop agent window limit span kind credit topic type partition reason version".split()
)
"""All there may be; another one needs a bound on its values, and must not be anybody's secret."""

DOCS = Path(__file__).parents[2] / "docs"


def promised() -> set[str]:
    """Return the families that the contract names, each level of `*` written out."""
    names: set[str] = set()
    section = (DOCS / "outputs.md").read_text(encoding="utf-8").split("## Metrics")[1]
    for name in re.findall(r"`(chatpulse_[a-z0-9_*]+)(?:\{[^}]*\})?`", section):
        levels = ("agent", "shop") if "_*_" in name else ("",)  # `chatpulse_*` is no name
        names |= {name.replace("*", level) for level in levels}
    return {name for name in names if not name.endswith("_")}


def test_every_metric_of_the_contract_is_in_the_catalogue() -> None:
    assert len(promised()) > 50
    assert promised() <= METRICS.keys()


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_metric_is_named_and_described_as_prometheus_wants_it(metric: Metric) -> None:
    assert re.fullmatch(r"chatpulse_[a-z0-9_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.type == "counter")
    assert metric.help.endswith(".")
    levels = {"agent": ("shop", "agent"), "shop": ("shop",)}
    level = metric.name.split("_")[1]
    assert metric.labels[: len(levels.get(level, ()))] == levels.get(level, ())
    assert level in levels or not {"shop", "agent"} & set(metric.labels)
    assert set(metric.labels) <= LABELS


def test_the_page_of_the_documentation_is_fresh_golden() -> None:
    assert_golden(DOCS / "metrics.md", page())
