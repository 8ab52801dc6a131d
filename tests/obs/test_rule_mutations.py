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

pytestmark = pytest.mark.slow

CASES = cases()
RULES = {
    f"{name}-{rule['labels']['severity']}": rule
    for name, rules in committed()[1].items()
    for rule in rules
}

AT_ONCE = 3

UNKNOWN_TO = re.compile(r"rule: \w+?M(\d+),.*err:")
"""What promtool says about a rule it cannot evaluate; it then says nothing about the others."""


@pytest.mark.parametrize("rule", RULES)
def test_every_mutant_is_noticed(rule: str, tmp_path: Path) -> None:
    original = RULES[rule]
    found = [Mutant("nothing", original), *mutants(original)]
    noticed = noticing(original, found, tmp_path)
    assert 0 not in noticed, "the rule itself fails"
    survivors = [
        mutant.change
        for index, mutant in enumerate(found)
        if index not in noticed and not equivalent(original, mutant)
    ]
    assert survivors == ["nothing"], "\n".join(survivors)


def siblings(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rules of the same alert in its other severities, mildest first."""
    return [other for other in committed()[1][rule["alert"]] if other is not rule]


def equivalent(rule: dict[str, Any], mutant: Mutant) -> bool:
    """Tell whether a change cannot matter: what is critical is a warning too, and for longer.

    So a warning may hold as well because the critical alert fires.
    """
    mildest = committed()[1][rule["alert"]][0] is rule
    return mildest and mutant.change.startswith("without severity=")


def noticing(original: dict[str, Any], found: list[Mutant], place: Path) -> set[int]:
    """Return which of the mutants break a case of the rule's alert.

    The cases come a few at a time, the long ones last, and only for those still unnoticed.
    """
    alert, severity = original["alert"], original["labels"]["severity"]
    cases = sorted((_only(case, severity) for case in CASES[alert]), key=Case.evaluations)
    noticed: set[int] = set()
    for start in range(0, len(cases), AT_ONCE):
        while True:
            left = {index: one for index, one in enumerate(found) if index not in noticed}
            said = _attempt(original, left, cases[start : start + AT_ONCE], place)
            broken = {int(index) for index in UNKNOWN_TO.findall(said)}
            noticed |= broken or {int(i) for i in re.findall(rf"{alert}M(\d+)\b", said)}
            if not broken:
                break
    return noticed


def _attempt(
    original: dict[str, Any], left: dict[int, Mutant], cases: list[Case], place: Path
) -> str:
    """Take the mutants through the cases; return all that promtool says."""
    alert, severity = original["alert"], original["labels"]["severity"]
    rules = []
    for index, mutant in left.items():
        rules.append(_rename(mutant.rule, alert, index))
        if "severity" in mutant.change:
            rules += [_rename(other, alert, index) for other in siblings(original)]
    file = place / "rules.yml"
    groups = [
        {"name": "recording", "rules": needed([original, *rules])},
        {"name": "alerts", "rules": rules},
    ]
    file.write_text(dump({"groups": groups}), encoding="utf-8")
    names = [f'{alert}M{index}", severity="{severity}' for index in left]
    return "".join(run(tool("promtool"), tests) for tests in write_cases(place, file, names, cases))


def _rename(rule: dict[str, Any], alert: str, index: int) -> dict[str, Any]:
    name = f"{alert}M{index}"
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
