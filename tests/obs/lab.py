"""promtool as a laboratory: series in, alerts out, at any second of a day that begins at 08:00.

Second 0 of promtool is midnight of 1970 in Greenwich, which is 08:00 in Shanghai: the duty of the
shipped settings begins, and ends at second 54,000.
"""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.tools import need
from tools.observability.promql import selectors
from tools.observability.thresholds import ROOT

RULES = ROOT / "deploy" / "prometheus" / "rules"
DUTY_ENDS = 54_000

Value = float | None
Line = Mapping[int, Value]
"""A value from each second on; None: there is no such series any more."""

IDENTITY = "alertstate, severity, shop, agent, topic, reason, partition, instance, receiver"
"""The labels that tell alerts of one name apart."""


@dataclass(frozen=True)
class Series:
    """One input series: its values, or a function of second and value."""

    line: Line
    value: Callable[[int, float], float] = lambda _, value: value


@dataclass(frozen=True)
class Case:
    """What Prometheus is given, and which alerts it has at which second.

    Alerts are written `severity` for firing and `severity?` for pending, with the labels of the one
    they are about where a case has several: `warning agent=a`.
    """

    name: str
    given: Mapping[str, Series]
    then: Mapping[int, Sequence[str]]
    who: str = ""
    """Labels of the alerts whose expectation names none."""
    interval: int = 5
    """Seconds between evaluations."""
    sampling: int = 0
    """Seconds between samples, if not the same."""

    def evaluations(self) -> int:
        """Return how often the rules are evaluated."""
        return max(self.then) // self.interval


@cache
def committed() -> tuple[dict[str, dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """Return the committed recording rules by what they record, and the alert rules by name."""
    recordings: dict[str, dict[str, Any]] = {}
    alerts: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    recordings[rule["record"]] = rule
                else:
                    alerts.setdefault(rule["alert"], []).append(rule)
    return recordings, alerts


def needed(rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the recording rules that these rules read, directly or not, in their order."""
    recordings, _ = committed()
    wanted: set[str] = set()
    waiting = [selector.name for rule in rules for selector in selectors(rule["expr"])]
    while waiting:
        name = waiting.pop()
        if name in recordings and name not in wanted:
            wanted.add(name)
            waiting += [selector.name for selector in selectors(recordings[name]["expr"])]
    return [rule for name, rule in recordings.items() if name in wanted]


def write_rules(path: Path, rules: Sequence[Mapping[str, Any]]) -> None:
    """Write a rule file of these alert rules and all they read; annotations are left out."""
    alerts = [{k: v for k, v in rule.items() if k != "annotations"} for rule in rules]
    groups = [{"name": "recording", "rules": needed(rules)}, {"name": "alerts", "rules": alerts}]
    path.write_text(dump({"groups": groups}), encoding="utf-8")


def write_cases(
    place: Path, rules: Path, alerts: Sequence[str], cases: Iterable[Case]
) -> list[Path]:
    """Write test files of promtool, one for each interval, for alerts that do the same."""
    by_interval: dict[int, list[dict[str, Any]]] = {}
    for case in cases:
        by_interval.setdefault(case.interval, []).append(_test(alerts, case))
    head = {"rule_files": [str(rules)], "group_eval_order": ["recording", "alerts"]}
    files = []
    for interval, tests in by_interval.items():
        files.append(place / f"{rules.stem}-{interval}s.yml")
        document = head | {"evaluation_interval": f"{interval}s", "tests": tests}
        files[-1].write_text(dump(document), encoding="utf-8")
    return files


def run(promtool: str, file: Path) -> str:
    """Run a test file; return what promtool complains about, empty if nothing.

    It makes way for the programs that other tests wait for at the same time.
    """
    done = subprocess.run(
        [need("nice"), promtool, "test", "rules", str(file)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


def dump(document: object) -> str:
    """Return YAML, faster than people would write it."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False, width=4000))


def _test(alerts: Sequence[str], case: Case) -> dict[str, Any]:
    end, sampling = max(case.then), case.sampling or case.interval
    return {
        "name": case.name,
        "interval": f"{sampling}s",
        "input_series": [
            {"series": name, "values": values(series, sampling, end)}
            for name, series in case.given.items()
        ],
        "promql_expr_test": [
            {
                "expr": f'sum by ({IDENTITY}) (ALERTS{{alertname="{alert}"}})',
                "eval_time": f"{second}s",
                "exp_samples": [{"labels": _labels(text, case.who), "value": 1} for text in said],
            }
            for alert in alerts
            for second, said in case.then.items()
        ],
    }


def _labels(said: str, who: str) -> str:
    severity, _, named = said.partition(" ")
    pairs = [pair.split("=") for pair in (named or who).split()]
    state = "pending" if severity.endswith("?") else "firing"
    labels = {"alertstate": state, "severity": severity.rstrip("?"), **dict(pairs)}
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def values(series: Series, interval: int, end: int) -> str:
    """Return the values of a series as promtool writes them."""
    return " ".join(_runs(list(_samples(series, interval, end))))


def _samples(series: Series, interval: int, end: int) -> Iterator[str]:
    before = False
    for second in range(0, end + 1, interval):
        value = next(
            (v for start, v in sorted(series.line.items(), reverse=True) if start <= second), None
        )
        if value is None:
            yield "stale" if before else "_"
        else:
            yield repr(series.value(second, value))
        before = value is not None


def _runs(samples: list[str]) -> Iterator[str]:
    """Write equal samples one after another as promtool does: 5x2 is 5 5 5, but _x2 is _ _."""
    index = 0
    while index < len(samples):
        count = 1
        while index + count < len(samples) and samples[index + count] == samples[index]:
            count += 1
        text = samples[index]
        if count == 1:
            yield text
        else:
            yield f"{text}x{count if text == '_' else count - 1}"
        index += count
