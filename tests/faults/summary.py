"""`python -m tests.faults.summary` makes the table of docs/reliability.md from the results."""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.__main__ import RESULTS
from tests.faults.kinds import KINDS
from tests.faults.plan import OF_THE_INPUT

Campaign = dict[str, Any]


def table(campaigns: list[Campaign]) -> Iterator[str]:
    """Give the lines of the table: per fault how often, how much in flight, what came of it.

    `wrong` and `lost` count the campaigns with the fault in which anything was.
    """
    met: dict[str, list[tuple[Campaign, dict[str, Any]]]] = defaultdict(list)
    for campaign in campaigns:
        for fault in campaign["faults"]:
            met[fault["name"]].append((campaign, fault))
    yield "| fault | times | events in flight | wrong | lost | alone | p50 | max | with others |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name in [*(kind.name for kind in KINDS), *OF_THE_INPUT]:
        found = met.get(name, [])
        measured = [(c, fault) for c, fault in found if fault["recovered_seconds"] is not None]
        times = sorted(seconds(fault) for _, fault in measured)
        single = [seconds(fault) for campaign, fault in measured if alone(campaign, fault)]
        in_flight = sum(fault["in_flight"] for _, fault in found)
        wrong = len({c["seed"] for c, _ in found if c["problems"]})
        lost = len({c["seed"] for c, _ in found if any(map(tells_of_loss, c["problems"]))})
        recovery = f"{statistics.median(single):.1f} s | {max(single):.1f} s" if single else "– | –"
        most = f"{times[-1]:.1f} s" if times else "–"
        yield (
            f"| {name} | {len(found)} | {in_flight:,} | {wrong} | {lost} | {len(single)} | "
            f"{recovery} | {most} |"
        )


def seconds(fault: dict[str, Any]) -> float:
    """Return how long it took until all was served again; a failed campaign has not measured it."""
    return float(fault["recovered_seconds"] or 0.0)


def alone(campaign: Campaign, fault: dict[str, Any]) -> bool:
    """Tell whether no other fault was felt while this one was."""
    return all(
        other["begun"] > fault["begun"] + seconds(fault)
        or other["begun"] + seconds(other) < fault["begun"]
        for other in campaign["faults"]
        if other is not fault
    )


def tells_of_loss(problem: str) -> bool:
    """Tell whether a problem means that something is missing, not only wrong."""
    return any(word in problem for word in (" lacks ", "no dead letter", "not what was sent"))


def totals(campaigns: list[Campaign]) -> Iterator[str]:
    """Give what all campaigns come to."""
    by_kind: dict[str, int] = defaultdict(int)
    for campaign in campaigns:
        by_kind[campaign["kind"]] += 1
    where = ", ".join(f"{count} on {kind}" for kind, count in sorted(by_kind.items()))
    wrong = sum(bool(campaign["problems"]) for campaign in campaigns)
    yield f"{len(campaigns)} campaigns ({where}), of which {wrong} found something wrong."
    sums = {
        name: sum(campaign[name] for campaign in campaigns)
        for name in ("records", "checkpoints", "workers", "ready_looks", "scrapes", "lost")
    }
    injected = sum(len(campaign["faults"]) for campaign in campaigns)
    exits = sum(len(campaign["exits"]) for campaign in campaigns)
    yield (
        f"{injected:,} faults, {sums['records']:,} records, {sums['workers']:,} worker processes "
        f"({exits} ended by themselves and were started anew), {sums['checkpoints']:,} complete "
        f"checkpoints held against the fold, {sums['ready_looks']:,} answers of `ready` held "
        f"against the backlog, {sums['scrapes']:,} scrapes searched for ghosts; {sums['lost']:,} "
        "records deleted on purpose before they were counted."
    )


def main() -> int:
    """Print totals and table of the results named, or of the usual ones."""
    paths = [Path(name) for name in sys.argv[1:]] or [RESULTS]
    campaigns = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    print("\n\n".join(totals(campaigns)), end="\n\n")
    print("\n".join(table(campaigns)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
