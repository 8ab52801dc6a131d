"""A change of any alert expression breaks a case: in comparison, threshold, window, selector, wait.

All mutants of a rule stand side by side in one rule file, each under a name of its own, and go
through the cases together: a run of promtool for each alert instead of one for each mutant.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.obs.lab import Case, committed, dump, needed, run, write_cases
from tests.obs.mutants import Mutant, mutants
from tests.obs.rule_cases import cases
from tests.obs.versions import tool

CASES = cases()
RULES = {
    f"{name}-{rule['labels']['severity']}": rule
    for name, rules in committed()[1].items()
    for rule in rules
}

AT_ONCE = 3

EQUIVALENT = {
    'without severity="warning"': "what is critical is a warning too, and for longer",
}
"""Changes that mean the same, with the reason."""


@pytest.mark.parametrize("rule", RULES)
def test_every_mutant_is_noticed(rule: str, tmp_path: Path) -> None:
    original = RULES[rule]
    found = [Mutant("nothing", original), *mutants(original)]
    noticed = noticing(original, found, tmp_path)
    assert 0 not in noticed, "the rule itself fails"
    survivors = [
        mutant.change
        for index, mutant in enumerate(found)
        if index not in noticed and mutant.change not in EQUIVALENT
    ]
    assert survivors == ["nothing"], "\n".join(survivors)


def noticing(original: dict[str, Any], found: list[Mutant], place: Path) -> set[int]:
    """Return which of the mutants break a case of the rule's alert.

    The cases come a few at a time, the long ones last, and only for those still unnoticed.
    """
    alert, severity = original["alert"], original["labels"]["severity"]
    cases = sorted((_only(case, severity) for case in CASES[alert]), key=Case.evaluations)
    noticed: set[int] = set()
    for start in range(0, len(cases), AT_ONCE):
        left = {index: one for index, one in enumerate(found) if index not in noticed}
        names = [f"{alert}M{index}" for index in left]
        rules = [
            _rename(one.rule, alert, name) for one, name in zip(left.values(), names, strict=True)
        ]
        file = place / "rules.yml"
        groups = [
            {"name": "recording", "rules": needed([original, *rules])},
            {"name": "alerts", "rules": rules},
        ]
        file.write_text(dump({"groups": groups}), encoding="utf-8")
        for tests in write_cases(place, file, names, cases[start : start + AT_ONCE]):
            said = run(tool("promtool"), tests)
            noticed |= {int(index) for index in re.findall(rf"{alert}M(\d+)\b", said)}
    return noticed


def _rename(rule: dict[str, Any], alert: str, name: str) -> dict[str, Any]:
    kept = {key: value for key, value in rule.items() if key != "annotations"}
    expression = rule["expr"].replace(f'alertname="{alert}"', f'alertname="{name}"')
    return kept | {"alert": name, "expr": expression}


def _only(case: Case, severity: str) -> Case:
    """Leave the alert's other severities out of what is expected."""
    then = {
        second: [one for one in said if one.split()[0].rstrip("?") == severity]
        for second, said in case.then.items()
    }
    return Case(case.name, case.given, then, case.who, case.interval, case.sampling)
