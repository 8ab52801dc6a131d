"""Run campaigns: `python -m tests.faults --seed 1 --campaigns 3 --broker one`."""

from __future__ import annotations

import argparse
import faulthandler
import os
import shutil
import signal
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults import campaign, plan
from tests.faults.brokers import CAN, SITES, site
from tests.faults.kinds import KINDS
from tests.tools import in_ci

SHORT_SEED, SHORT_CAMPAIGNS = 1, 10
RESULTS = Path(".cache/faults/campaigns.jsonl")
_writing = threading.Lock()


def main() -> int:
    """Return 0 if nothing was wrong in any campaign."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first campaign")
    parser.add_argument("--campaigns", type=int, default=1, help="how many, of consecutive seeds")
    parser.add_argument(
        "--broker",
        action="append",
        choices=SITES,
        help="where; several share the campaigns and run side by side [what there is]",
    )
    parser.add_argument("--short", action="store_true", help="the ten campaigns of CI")
    parser.add_argument("--out", type=Path, default=RESULTS, help="results are added here")
    parser.add_argument("--keep", type=Path, help="folder for all files, which then are kept")
    parser.add_argument("--only", default="", help="one fault, whose name contains this")
    parser.add_argument(
        "--featuring", default="", help="begin with a fault whose name contains this, if it can be"
    )
    parser.add_argument("--show", action="store_true", help="print the plans, run nothing")
    asked = parser.parse_args()
    faulthandler.register(signal.SIGUSR1)  # for campaigns that hang
    if asked.short:
        asked.seed, asked.campaigns = SHORT_SEED, SHORT_CAMPAIGNS
    kinds: list[str] = asked.broker or lanes()
    leave_out(kinds)
    seeds = range(asked.seed, asked.seed + asked.campaigns)
    shares = [(kind, list(seeds)[number :: len(kinds)]) for number, kind in enumerate(kinds)]
    if asked.show:
        for kind, share in shares:
            for seed in share:
                show(planned(seed, kind, CAN[kind], asked))
        return 0
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="chatpulse-faults-"))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with ThreadPoolExecutor(len(shares)) as pool:
            runs = [
                pool.submit(lane, kind, share, folder / f"lane{number}", asked)
                for number, (kind, share) in enumerate(shares)
            ]
            failed = sum(run.result() for run in runs)
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(seeds) - failed} of {len(seeds)} campaigns: nothing wrong, nothing lost")
    return 1 if failed else 0


def lanes() -> list[str]:
    """Return where campaigns run by default: Apache Kafka if it can be had, always so in CI."""
    if os.environ.get("CHATPULSE_TEST_BROKERS"):
        return ["given", "given"]
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if not missing:
        return ["one", "one", "three"]
    if in_ci():
        sys.exit(f"{missing[0]} is missing: in CI campaigns run on Apache Kafka")
    return ["embedded"]


def leave_out(kinds: list[str]) -> None:
    """Say which faults these brokers cannot bear."""
    able = frozenset[str]().union(*(CAN[kind] for kind in kinds))
    left_out = [kind.name for kind in KINDS if not kind.needs <= able]
    if left_out:
        print(f"left out, for want of Apache Kafka nodes of our own: {', '.join(left_out)}")


def lane(kind: str, seeds: list[int], folder: Path, asked: argparse.Namespace) -> int:
    """Run the campaigns of a lane one after another on brokers of its own; count the failed."""
    failed, waiting = 0, list(seeds)
    while waiting:
        with site(kind, folder / f"brokers{len(waiting)}") as brokers:
            while waiting:
                made = planned(seed := waiting.pop(0), kind, brokers.can, asked)
                outcome = campaign.run(made, brokers, folder / f"campaign{seed}")
                with _writing:
                    with asked.out.open("a", encoding="utf-8") as results:
                        results.write(outcome.line() + "\n")
                    report(outcome)
                if outcome.problems:
                    failed += 1
                    break  # whatever it was, the next campaign finds fresh brokers
    return failed


def planned(seed: int, kind: str, can: frozenset[str], asked: argparse.Namespace) -> plan.Plan:
    """Return the plan of a seed, as it was asked for."""
    return plan.make(seed, kind, can, only=asked.only, featuring=asked.featuring)


def show(made: plan.Plan) -> None:
    """Print a plan."""
    print(
        f"seed {made.seed} on {made.kind}: {made.workers} workers, {made.events} "
        f"events, flood {made.flood}, poison {made.poison}, backlog {made.backlog}"
    )
    for fault in made.faults:
        print(f"  {fault.name}")
        for action in fault.actions:
            print(f"    {action.at:6.2f} {action.do} {action.target} {action.value:g}")


def report(outcome: campaign.Outcome) -> None:
    """Print a campaign's line, and what was wrong."""
    names = ", ".join(
        f"{met.name} ({met.recovered_seconds} s)"
        for met in sorted(outcome.faults, key=lambda met: met.begun)
    )
    verdict = "WRONG" if outcome.problems else "right"
    print(
        f"{verdict} seed {outcome.seed} on {outcome.kind}, {outcome.seconds:.0f} s, "
        f"{outcome.records} records, {outcome.checkpoints} checkpoints: {names}",
        flush=True,
    )
    for problem in outcome.problems:
        print(f"    {problem}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
