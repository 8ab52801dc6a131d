"""Every small change of an alert rule that must not go unnoticed."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tools.observability.alert import number
from tools.observability.promql import Token, tokens
from tools.observability.thresholds import seconds

COMPARISONS = {
    ">": (">=", "<"),
    ">=": (">", "<"),
    "<": ("<=", ">"),
    "<=": ("<", ">"),
    "==": ("!=",),
}
WORDS = {
    "and": ("or", "unless"),
    "or": ("and", "unless"),
    "unless": ("and", "or"),
    "min": ("max",),
    "max": ("min",),
    "sum": ("min",),
    "absent": ("",),
    "increase": ("delta",),
}
VALUES = {"5m": "1h", "1h": "5m", "today": "1h", "180": "60", "firing": "pending"}
LEAST_SHIFT = {"for": 5, "keep_firing_for": 20}
"""Seconds by which the waits move at least."""


class Mutant(NamedTuple):
    """A changed rule, and what was changed."""

    change: str
    rule: dict[str, Any]


def mutants(rule: dict[str, Any]) -> Iterator[Mutant]:
    """Give every mutant of an alert rule."""
    for change, expression in changed_expressions(rule["expr"]):
        yield Mutant(change, rule | {"expr": expression})
    for key, least in LEAST_SHIFT.items():
        length = seconds(rule.get(key, "0s"))
        for moved in (length - max(least, length // 5), length + max(least, length // 5)):
            if moved >= 0:
                yield Mutant(f"{key} -> {moved}s", rule | {key: f"{moved}s"})
    other = {"info": "warning", "warning": "critical", "critical": "warning"}
    labels = rule["labels"] | {"severity": other[rule["labels"]["severity"]]}
    yield Mutant("another severity", rule | {"labels": labels})


def changed_expressions(expression: str) -> Iterator[tuple[str, str]]:
    """Give every changed form of an expression, with what was changed."""
    for token, text in _changes(expression):
        changed = expression[: token.start] + text + expression[token.start + len(token.text) :]
        around = " ".join(expression[max(token.start - 30, 0) : token.start + 20].split())
        yield f"{token.text} -> {text or 'nothing'} in ...{around}...", changed
    yield from _without_matchers(expression)
    yield from _other_grouping(expression)


def _changes(expression: str) -> Iterator[tuple[Token, str]]:
    depth = 0
    for token in tokens(expression):
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        match token.kind:
            case "operator" if not depth and token.text in COMPARISONS:
                yield from ((token, text) for text in COMPARISONS[token.text])
            case "operator" if not depth and token.text == "-":
                yield token, "+"
            case "name" if not depth and token.text in WORDS:
                yield from ((token, text) for text in WORDS[token.text])
            case "number":
                yield from ((token, text) for text in _numbers(float(token.text)))
            case "duration":
                length = seconds(token.text)
                yield from ((token, f"{length * part // 2}s") for part in (1, 4))
            case "string" if depth:
                yield token, f'"{VALUES.get(token.text[1:-1], "other")}"'


def _numbers(value: float) -> tuple[str, ...]:
    """Move a number by a tenth, a small whole one by one."""
    if value == int(value) and value < 10:
        return (number(value + 1), number(value - 1))
    return (number(round(value * 1.1, 6)), number(round(value * 0.9, 6)))


def _without_matchers(expression: str) -> Iterator[tuple[str, str]]:
    """Leave each matcher of a selector out."""
    for match in re.finditer(r'[a-z_]+="[^"]*"(, )?', expression):
        rest = expression[: match.start()].rstrip() + " " + expression[match.end() :]
        cleaned = re.sub(r",\s*}", "}", rest)
        yield f"without {match[0]}", cleaned.replace("{ ", "{")


def _other_grouping(expression: str) -> Iterator[tuple[str, str]]:
    """Leave the last label of each `on (...)` and `by (...)` out."""
    for match in re.finditer(r"\b(on|by) \(([^)]+)\)", expression):
        fewer = ", ".join(match[2].split(", ")[:-1])
        changed = expression[: match.start(2)] + fewer + expression[match.end(2) :]
        yield f"{match[0]} -> {match[1]} ({fewer})", changed
