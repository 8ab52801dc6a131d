"""What import-linter cannot see: clocks behind `datetime`, and the framework outside the worker."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "chatpulse"
PURE = ("contract", "conversations", "scoreboard", "telemetry", "wall")
CLOCKS = {"now", "today", "utcnow"}
FRAMEWORK = {"faust", "mode"}


def names(paths: Iterator[Path]) -> list[str]:
    return sorted(path.relative_to(SOURCE).as_posix() for path in paths)


PURE_FILES = [name for package in PURE for name in names((SOURCE / package).rglob("*.py"))]
OTHER_FILES = [name for name in names(SOURCE.rglob("*.py")) if not name.startswith("worker/")]


def clocks(tree: ast.AST) -> list[str]:
    """Name every use of a wall clock, called or handed on, as `line: expression`."""
    return [
        f"{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCKS
        and ast.unparse(node.value).split(".")[-1] in {"datetime", "date"}
    ]


def imported(tree: ast.AST) -> Iterator[str]:
    """Give the top-level name of every absolute import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def parse(name: str) -> ast.AST:
    return ast.parse((SOURCE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PURE_FILES)
def test_the_engine_reads_no_clock(name: str) -> None:
    assert clocks(parse(name)) == []


@pytest.mark.parametrize("name", OTHER_FILES)
def test_only_the_worker_knows_the_framework(name: str) -> None:
    assert FRAMEWORK.isdisjoint(imported(parse(name)))


@pytest.mark.parametrize(
    "text",
    ["datetime.now()", "datetime.datetime.utcnow", "dt.date.today()", "f(clock=datetime.now)"],
)
def test_a_clock_is_recognised(text: str) -> None:
    assert len(clocks(ast.parse(text))) == 1


@pytest.mark.parametrize("text", ["now", "self.now", "window.today", "datetime.fromtimestamp(0)"])
def test_what_is_no_clock(text: str) -> None:
    assert clocks(ast.parse(text)) == []
