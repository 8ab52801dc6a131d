"""Every recording rule on its own: what it records, and that a change of it is noticed."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.obs.feeds import braces
from tests.obs.lab import committed, dump, needed, run, values
from tests.obs.mutants import changed_expressions
from tests.obs.recording_cases import Recorded, recorded
from tests.obs.versions import VERSIONS, tool

pytestmark = pytest.mark.slow

RULES = committed()[0]
CASES: dict[str, list[Recorded]] = {}
for one in recorded():
    CASES.setdefault(one.record, []).append(one)


EQUIVALENT = {"shop:chatpulse_ad_buyers_per_buyer:ratio": ("sum -> min",)}
"""Changes that mean the same: the sums over one series for each shop only drop its label."""


def test_every_rule_has_cases() -> None:
    assert sorted(CASES) == sorted(RULES)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("level", sorted({name.split(":")[0] for name in RULES}))
def test_recordings(level: str, version: str, tmp_path: Path) -> None:
    found = [rule for name, rule in RULES.items() if name.split(":")[0] == level]
    read = {rule["record"]: rule for rule in [*needed(found), *found]}
    order = [rule for name, rule in RULES.items() if name in read]
    rules = tmp_path / "rules.yml"
    rules.write_text(dump({"groups": [{"name": "all", "rules": order}]}), "utf-8")
    cases = [case for rule in found for case in CASES[rule["record"]]]
    cases = [case for case in cases if case.newest or version != "newest"]
    for file in write(tmp_path, rules, [""], cases):
        assert not run(tool("promtool", version), file)


@pytest.mark.parametrize("record", RULES)
def test_every_mutant_is_noticed(record: str, tmp_path: Path) -> None:
    rule = RULES[record]
    changes = {"": ("nothing", rule["expr"])} | {
        f"M{index}": one for index, one in enumerate(changed_expressions(rule["expr"]))
    }
    noticed: set[str] = set()
    while True:  # a rule that cannot be evaluated hides what the others do
        left = {mark: one for mark, one in changes.items() if mark not in noticed}
        said = attempt(record, left, tmp_path)
        broken = set(re.findall(rf"rule: {record}(M\d+),.*err:", said))
        noticed |= broken or set(re.findall(rf'expr: "{record}(M\d+)\b', said))
        assert f'expr: "{record}"' not in said, said
        if not broken:
            break
    survivors = [
        change
        for mark, (change, _) in changes.items()
        if mark not in noticed and not change.startswith(EQUIVALENT.get(record, ("no change",)))
    ]
    assert survivors == ["nothing"], "\n".join(survivors)


def attempt(record: str, changes: dict[str, tuple[str, str]], place: Path) -> str:
    """Record all changed expressions beside each other; return what promtool says."""
    changed = [
        {"record": record + mark, "expr": re.sub(rf"\b{record}\b", record + mark, expression)}
        for mark, (_, expression) in changes.items()
    ]
    read = [rule for rule in needed([RULES[record]]) if rule["record"] != record]
    rules = place / "rules.yml"
    rules.write_text(dump({"groups": [{"name": "all", "rules": [*read, *changed]}]}), "utf-8")
    files = write(place, rules, list(changes), CASES[record])
    return "".join(run(tool("promtool"), file) for file in files)


def write(place: Path, rules: Path, marks: Sequence[str], cases: Iterable[Recorded]) -> list[Path]:
    """Write a test file for each interval."""
    by_interval: dict[int, list[dict[str, Any]]] = {}
    for case in cases:
        by_interval.setdefault(case.interval, []).append(_test(case, marks))
    files = []
    for interval, tests in by_interval.items():
        files.append(place / f"tests-{interval}s.yml")
        head = {"rule_files": [str(rules)], "evaluation_interval": f"{interval}s"}
        files[-1].write_text(dump(head | {"tests": tests}), "utf-8")
    return files


def _test(case: Recorded, marks: Sequence[str]) -> dict[str, Any]:
    end = max(case.then)
    return {
        "name": f"{case.record}: {case.name}",
        "interval": f"{case.interval}s",
        "input_series": [
            {"series": name, "values": values(series, case.interval, end)}
            for name, series in case.given.items()
        ],
        "promql_expr_test": [
            {
                "expr": case.record + mark,
                "eval_time": f"{second}s",
                "exp_samples": [
                    {"labels": case.record + mark + braces(labels), "value": value}
                    for labels, value in samples.items()
                ],
            }
            for mark in marks
            for second, samples in case.then.items()
        ],
    }
