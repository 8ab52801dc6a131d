"""`python -m tests.faults.planted`: bugs planted into copies of the source, each caught by name.

Every bug is one that a reasonable person might write. A copy of the checkout gets it, the named
test runs there, and must fail; what it said is printed. Without the bug the same tests pass: they
are part of `make test`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = ("src", "tests", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Change:
    """A text of a file under src/chatpulse that occurs once, and what is put in its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Bug:
    """A bug and the test that catches it."""

    name: str
    test: str
    changes: tuple[Change, ...]


BUGS: Final = (
    Bug(
        "keep a partition across non-consecutive generations",
        "tests/worker/test_stage.py::test_partitions_are_kept_across_consecutive_generations_only",
        (
            Change(
                "worker/stage.py",
                "self._generation is not None and generation == self._generation + 1",
                "self._generation is not None",
            ),
        ),
    ),
    Bug(
        "accept an incomplete checkpoint",
        "tests/worker/test_checkpoint.py::test_a_lost_record_loses_one_checkpoint",
        (
            Change(
                "worker/checkpoint.py",
                "    whole = len(values) == manifest.chunks and digest(values) == manifest.digest\n"
                "    return values if whole else None\n",
                "    return values\n",
            ),
            Change("worker/checkpoint.py", "not 0 <= manifest.chunks < len(found)", "False"),
            Change(
                "worker/checkpoint.py",
                "return records if len(records) == manifest.records else None",
                "return records",
            ),
        ),
    ),
    Bug(
        "cut positions and rows at different moments",
        "tests/worker/test_checkpointer.py::test_positions_and_rows_are_cut_at_one_moment",
        (
            Change(
                "worker/checkpointer.py",
                "cut = Cut(dict(part.positions), part.engine.dump(), self._rules)\n",
                "rows = part.engine.dump()\n",
            ),
            Change(
                "worker/checkpointer.py",
                "are durable first\n",
                "are durable first\n        cut = Cut(dict(part.positions), rows, self._rules)\n",
            ),
        ),
    ),
    Bug(
        "do not seek at a gap",
        "tests/worker/test_stage.py::test_after_a_gap_the_stage_seeks_back",
        (
            Change(
                "worker/seeker.py",
                "        self._due[tp] = 0.0\n        return False\n",
                "        part.positions[tp.topic] = offset\n        return True\n",
            ),
            Change(
                "worker/seeker.py", "        if tp in self._due:\n            return False\n", ""
            ),
        ),
    ),
    Bug(
        "keep boards on revoke",
        "tests/worker/test_stage.py::test_nothing_is_served_while_partitions_are_taken_away",
        (
            Change(
                "worker/stage.py",
                "return self._parts if self._serving else {}",
                "return self._parts",
            ),
        ),
    ),
    Bug(
        "forget dead-letter headers",
        "tests/worker/test_owned.py::"
        "test_a_rejected_record_is_passed_on_unchanged_with_its_coordinates",
        (
            Change(
                "worker/deadletters.py",
                "return Output(topic, key, value, headers)",
                "return Output(topic, key, value)",
            ),
        ),
    ),
    Bug(
        "be ready before the backlog is read",
        "tests/worker/test_owned.py::test_a_partition_is_ready_when_its_backlog_is_read",
        (
            Change(
                "worker/owned.py",
                "return all(self.positions[topic] >= end for topic, end in self.backlog.items())",
                "return True",
            ),
        ),
    ),
)


def misfits(bug: Bug, source: Path) -> list[str]:
    """Return which changes cannot be made because the source has moved on."""
    return [
        f"{change.file}: not once in it: {change.old!r}"
        for change in bug.changes
        if (source / "chatpulse" / change.file).read_text().count(change.old) != 1
    ]


def plant(bug: Bug, folder: Path) -> None:
    """Make a copy of the checkout in `folder`, with the bug in it."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, folder / name)
    assert not misfits(bug, folder / "src")
    for change in bug.changes:
        file = folder / "src" / "chatpulse" / change.file
        file.write_text(file.read_text().replace(change.old, change.new))


def caught(bug: Bug, folder: Path) -> tuple[bool, str]:
    """Run the bug's test in the copy; tell whether it failed, and the lines that say why."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "--tb=short", "-p", "no:cacheprovider",
         bug.test],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}:{folder / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if line.startswith(("E  ", "FAILED"))]
    return done.returncode == 1, "\n".join(said[:6])


def tried(bug: Bug) -> tuple[bool, str]:
    """Plant a bug in a copy of its own; return what `caught` does."""
    with tempfile.TemporaryDirectory(prefix="chatpulse-planted-") as folder:
        plant(bug, Path(folder))
        return caught(bug, Path(folder))


def main() -> int:
    """Return 0 if every bug was caught."""
    missed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for bug, (found, said) in zip(BUGS, pool.map(tried, BUGS), strict=True):
            missed += not found
            print(f"{'caught' if found else 'MISSED'}: {bug.name}\n  by {bug.test}\n{said}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
