"""Every alert fires, holds, resolves and stays silent when it should, on old and new Prometheus."""

from pathlib import Path

import pytest

from tests.obs.lab import committed, run, write_cases, write_rules
from tests.obs.rule_cases import cases
from tests.obs.versions import VERSIONS, tool

pytestmark = pytest.mark.slow

CASES = cases()


def test_every_alert_has_cases() -> None:
    _, alerts = committed()
    assert sorted(CASES) == sorted(alerts)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("alert", sorted(CASES))
def test_alert(alert: str, version: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    write_rules(rules, committed()[1][alert])
    files = write_cases(tmp_path, rules, [alert], CASES[alert])
    for file in files:
        assert not run(tool("promtool", version), file)
