"""PromQL taken apart just far enough: which series an expression names, with which matchers.

What the expressions mean is promtool's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<duration>\d+(?:ms|[smhdwy])(?![a-zA-Z0-9_]))
    |(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)
    |(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<operator>==|!=|>=|<=|=~|!~|[-+*/%^<>=(){}\[\],@])""",
    re.VERBOSE,
)
"""One token; the name of its group is its kind."""

KEYWORDS: Final = frozenset("and or unless on ignoring by without offset bool".split())
AGGREGATIONS: Final = frozenset("sum min max avg count topk bottomk quantile".split())
"""Operators that may stand before their `by`, and then look like a series."""
GROUPING: Final = frozenset("on ignoring by without group_left group_right".split())


class Token(NamedTuple):
    """A piece of an expression, and where it stands."""

    kind: str
    text: str
    start: int


class Selector(NamedTuple):
    """A series named in an expression."""

    name: str
    labels: tuple[str, ...]
    """The labels its matchers name."""


def tokens(expression: str) -> Iterator[Token]:
    """Give all tokens but white space; raise ValueError at what is no PromQL."""
    position = 0
    while position < len(expression):
        match = TOKEN.match(expression, position)
        if match is None:
            raise ValueError(f"no PromQL at {expression[position : position + 20]!r}")
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match[0], position)
        position = match.end()


def selectors(expression: str) -> list[Selector]:
    """Return every series an expression names, in order."""
    found: list[Selector] = []
    rest = list(tokens(expression))
    index = 0
    while index < len(rest):
        token = rest[index]
        after = rest[index + 1].text if index + 1 < len(rest) else ""
        index += 1
        if token.kind != "name":
            continue
        if token.text in GROUPING:  # its labels are no series
            while rest[index].text != ")":
                index += 1
        elif token.text not in KEYWORDS | AGGREGATIONS and after != "(":
            labels = []
            if after == "{":
                while rest[index].text != "}":
                    if rest[index].kind == "name":
                        labels.append(rest[index].text)
                    index += 1
            found.append(Selector(token.text, tuple(labels)))
    return found


def grouped(expression: str) -> list[tuple[str, ...]]:
    """Return the labels of every `on (...)`, `by (...)` and their like."""
    pattern = rf"\b(?:{'|'.join(sorted(GROUPING))})\s*\(([^)]*)\)"
    return [
        tuple(label for label in re.split(r"[\s,]+", inside) if label)
        for inside in re.findall(pattern, expression)
    ]
