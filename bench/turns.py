"""Runs in turns, and their medians."""

import statistics
from collections.abc import Callable, Collection, Mapping
from typing import Any

from bench.processes import FAILURES

Runs = dict[str, list[dict[str, Any]]]


def in_turns(
    measures: Mapping[str, Callable[[], dict[str, Any]]], repeat: int, once: Collection[str] = ()
) -> tuple[Runs, dict[str, str]]:
    """Measure all so many times, in turns; return the runs, and why those failed that did.

    Those named in `once` have their turn in the first round only.
    """
    runs: Runs = {name: [] for name in measures}
    failed: dict[str, str] = {}
    for turn in range(repeat):
        for name, measure_once in measures.items():
            if name in failed or (turn and name in once):
                continue
            try:
                found = measure_once()
            except FAILURES as error:
                failed[name] = str(error)
                del runs[name]
                print(f"  {name} failed: {error}", flush=True)
            else:
                runs[name].append(found)
                unit = "" if found["rate"] is None else " events/s"
                print(f"  {name:30} {rate_text(found['rate']):>11}{unit}", flush=True)
    return runs, failed


def rate_text(rate: float | None) -> str:
    """Return a rate until all is durable as people read it; None is one that never was."""
    return "not durable" if rate is None else f"{rate:,.0f}"


def medians(runs: list[dict[str, Any]]) -> dict[str, float | None]:
    """Return the median of every figure of the runs."""
    names = [name for name, value in runs[0].items() if isinstance(value, int | float | None)]
    return {name: median(runs, name) for name in names}


def median(runs: list[dict[str, Any]], figure: str) -> float | None:
    """Return the median of a figure; None if it is missing in one of the runs."""
    values = [found[figure] for found in runs]
    return None if None in values else statistics.median(values)
