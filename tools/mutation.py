"""Change rules one comparison or threshold at a time and see whether a test breaks.

Works on copies of the checkout, so that nothing else sees the changes. A line that ends in
`# mutation: <reason>` is left alone: its changes mean the same, and the reason says why.
"""

import argparse
import ast
import copy
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "src" / "chatpulse" / "conversations"
TESTS = ("tests",)
COPIED = ("src", "tests", "tools", "docs", "deploy", "requirements", "pyproject.toml", "Makefile")
GOAL = 0.85

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
SIGNS: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
EXTREMES = {"min": "max", "max": "min"}


class Mutant(NamedTuple):
    """A module with one change: where it is, what it says there, and the whole new text."""

    line: int
    change: str
    text: str


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Give every changed form of one node, leaving the node itself alone."""
    match node:
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    changed = copy.deepcopy(node)
                    changed.ops[index] = other()
                    yield changed
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SIGNS:
            yield ast.BinOp(left, SIGNS[type(op)](), right)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in EXTREMES:
            yield ast.Call(ast.Name(EXTREMES[name], ast.Load()), args, keywords)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
            if value > 1:
                yield ast.Constant(value - 1)


def expressions(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int, ast.expr]]:
    """Give all expressions below `parent` with where they hang.

    Annotations, decorators and the options of a class are left out: they are no rules.
    """
    declarative = {"annotation", "returns", "decorator_list"}
    if isinstance(parent, ast.ClassDef):
        declarative.add("keywords")
    for field, value in list(ast.iter_fields(parent)):
        if field in declarative:
            continue
        for index, node in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(node, ast.expr):
                yield parent, field, index, node
            if isinstance(node, ast.AST):
                yield from expressions(node)


def mutants(source: str) -> Iterator[Mutant]:
    """Give every mutant of a module."""
    lines = source.splitlines()
    tree = ast.parse(source)
    for parent, field, index, node in expressions(tree):
        if "# mutation: " in lines[node.lineno - 1]:
            continue
        for changed in changes(node):
            put(parent, field, index, changed)
            text = ast.unparse(tree)
            put(parent, field, index, node)
            yield Mutant(node.lineno, f"{ast.unparse(node)}  ->  {ast.unparse(changed)}", text)


def put(parent: ast.AST, field: str, index: int, node: ast.AST) -> None:
    """Set the field of `parent`, or its element at `index` where the field is a list."""
    value = getattr(parent, field)
    if isinstance(value, list):
        value[index] = node
    else:
        setattr(parent, field, node)


def passes(room: Path, tests: list[str], timeout: float | None) -> bool:
    """Tell whether the tests pass in this copy of the checkout; endless ones do not."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not kafka and not slow", *tests]
    environment = os.environ | {"PYTHONPATH": str(room / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=room, env=environment, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode > 2:  # neither passed, nor failed, nor broken by the change
        sys.exit(done.stdout.decode() + done.stderr.decode())
    return done.returncode == 0


def furnish(room: Path) -> Path:
    """Copy what the tests need of the checkout into `room`."""
    for name in COPIED:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, room / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif place.exists():
            room.mkdir(parents=True, exist_ok=True)
            shutil.copy(place, room / name)
    return room


def survivors(
    modules: list[Path], tests: list[str], *, jobs: int, home: Path
) -> tuple[int, list[str]]:
    """Try every mutant of the modules; return how many there were, and those nobody noticed."""
    rooms: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for job in range(jobs):
        rooms.put(furnish(home / str(job)))
    began = time.monotonic()
    room = rooms.get()
    if not passes(room, tests, None):
        sys.exit("the tests fail without any change: repair them first")
    rooms.put(room)
    timeout = 30 + 4 * jobs * (time.monotonic() - began)

    def attempt(module: Path, mutant: Mutant) -> str | None:
        room = rooms.get()
        place = room / module.relative_to(ROOT)
        original = place.read_text(encoding="utf-8")
        place.write_text(mutant.text, encoding="utf-8")
        unnoticed = passes(room, tests, timeout)
        place.write_text(original, encoding="utf-8")
        rooms.put(room)
        line = f"{module.relative_to(ROOT)}:{mutant.line}: {mutant.change}"
        print("survived" if unnoticed else "killed  ", line, flush=True)
        return line if unnoticed else None

    todo = [(module, one) for module in modules for one in mutants(module.read_text("utf-8"))]
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(lambda pair: attempt(*pair), todo))
    return len(todo), [line for line in results if line is not None]


def main() -> None:
    """Print the score and the survivors; exit with 1 when it misses the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", type=Path, help="default: all of conversations/")
    parser.add_argument("--tests", nargs="+", default=list(TESTS), help="what pytest runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    modules = [path.resolve() for path in arguments.modules] or sorted(RULES.glob("[!_]*.py"))
    with tempfile.TemporaryDirectory() as home:
        total, left = survivors(modules, arguments.tests, jobs=arguments.jobs, home=Path(home))
    score = 1 - len(left) / total if total else 1.0
    if left:
        print("\nnobody noticed:", *left, sep="\n  ")
    print(f"\nmutation score: {total - len(left)} of {total} noticed ({score:.1%})")
    sys.exit(score < GOAL)


if __name__ == "__main__":
    main()
