"""`make fuzz`: every property here, again and again with other examples, for its share of the time.

Without FUZZ_SECONDS, in `make test`, each runs once. Either way no example may take longer than
CPU_SECONDS, and what breaks a property that reads bytes is kept, made small, in the corpus.
"""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest

from tests.fuzz.inputs import FOLDER
from tests.tools import in_ci

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "0" if in_ci() else time.time_ns() // 1_000_000))
CPU_SECONDS = 3.0  # what runs away takes minutes; a busy machine doubles what is in order
"""What one example may cost; the largest inputs cost a third of it."""
SLOW_EVERY = 5
"""Every fifth round climbs towards slow inputs; the others are faster without."""

if SECONDS:  # only `make fuzz` sets it, and runs nothing else
    hypothesis.settings.register_profile(
        "fuzz",
        hypothesis.settings.get_profile("local"),
        max_examples=1000 if SECONDS > 120 else 200,  # a round is not cut short
        phases=[phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.explain],
        print_blob=True,
    )
    hypothesis.settings.load_profile("fuzz")


@dataclass
class Tally:
    """What was tried of one property."""

    name: str
    round: int = 0
    examples: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    broken_by: dict[str, Any] = field(default_factory=dict)


TALLIES: list[Tally] = []
SHARES: dict[str, float] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mine = [item.nodeid for item in items if _is_property(item)]
    SHARES.update({nodeid: SECONDS / len(mine) for nodeid in mine})


def _is_property(item: pytest.Item) -> bool:
    return "tests/fuzz/" in item.nodeid and hasattr(getattr(item, "obj", None), "hypothesis")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not _is_property(pyfuncitem):
        return None
    test = pyfuncitem.obj
    tally = Tally(pyfuncitem.name.removeprefix("test_"))
    TALLIES.append(tally)
    inner = test.hypothesis.inner_test
    test.hypothesis.inner_test = _watched(inner, tally)
    fixtures = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    begun = time.monotonic()
    try:
        for tally.round in _rounds(begun + SHARES[pyfuncitem.nodeid]):
            if SECONDS:
                hypothesis.seed(SEED + tally.round)(test)
            test(**fixtures)
    except BaseException:
        _keep(tally)
        raise
    finally:
        tally.seconds = time.monotonic() - begun
        test.hypothesis.inner_test = inner
    return True


def _rounds(deadline: float) -> Iterator[int]:
    number = 0
    yield number
    while time.monotonic() < deadline:
        number += 1
        yield number


def _watched(inner: Any, tally: Tally) -> Any:
    @functools.wraps(inner)
    def watched(*args: Any, **drawn: Any) -> None:
        tally.examples += 1
        begun = time.thread_time()
        try:
            inner(*args, **drawn)
            spent = time.thread_time() - begun
            assert spent < CPU_SECONDS, f"{spent:.1f} s of CPU"
        except hypothesis.errors.UnsatisfiedAssumption:
            raise
        except BaseException:
            tally.broken_by = drawn  # the last one that fails is the smallest
            raise
        tally.slowest = max(tally.slowest, spent)
        if SECONDS and tally.round % SLOW_EVERY == SLOW_EVERY - 1:
            hypothesis.target(spent, label="CPU seconds")

    return watched


def _keep(tally: Tally) -> None:
    """Put the input among those that are tried first from now on."""
    raw, corpus = tally.broken_by.get("raw"), FOLDER / tally.name
    if SECONDS and isinstance(raw, bytes) and corpus.is_dir():
        (corpus / f"found-{hashlib.sha256(raw).hexdigest()[:8]}").write_bytes(raw)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not SECONDS:
        return
    write = terminalreporter.write_line
    terminalreporter.section(f"fuzzing from seed {SEED}")
    write(f"{'property':<44} {'examples':>9} {'seconds':>8} {'slowest, ms of CPU':>19}")
    for tally in TALLIES:
        slowest = f"{tally.slowest * 1000:.1f}"
        write(f"{tally.name:<44} {tally.examples:>9} {tally.seconds:>8.1f} {slowest:>19}")
    write(f"{'all':<44} {sum(t.examples for t in TALLIES):>9}")
