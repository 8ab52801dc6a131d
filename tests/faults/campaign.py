"""One campaign: a plan, run on a site and judged."""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import check, stream
from tests.faults.brokers import Site
from tests.faults.feeder import Feeder
from tests.faults.fleet import Fleet
from tests.faults.inject import Injector
from tests.faults.plan import Plan
from tests.faults.tail import Tail
from tests.faults.watch import Watcher
from tests.oracle.timelines import RULES
from tests.worker.lab import Lab

TURN_SECONDS = 0.05
SETTLE_SECONDS = 90.0
STOP_SECONDS = 10.0
SOON_SECONDS = 5.0
CHUNK_BYTES = 4_000
SAVE_SECONDS = 2.0
CRASHES = ("Traceback", "Error:")


@dataclass
class Met:
    """A fault that was injected."""

    name: str
    begun: float
    over: float | None = None
    recovered_seconds: float | None = None
    """From its begin until everything was served again after its end; None if not measured."""
    in_flight: int = 0
    """Records handed over by the producer while it lasted and until all was served again."""


@dataclass
class Outcome:
    """What came of a campaign."""

    seed: int
    kind: str
    problems: list[str] = field(default_factory=list)
    faults: list[Met] = field(default_factory=list)
    records: int = 0
    lost: int = 0
    checkpoints: int = 0
    workers: int = 0
    ready_looks: int = 0
    scrapes: int = 0
    exits: list[tuple[str, int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def run(plan: Plan, site: Site, folder: Path) -> Outcome:
    """Run a campaign with its files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    lab = Lab(site.address, folder)
    lab.rules = folder / "rules.json"
    lab.rules.write_text(json.dumps(RULES), encoding="utf-8")
    site.create(lab)
    outcome = Outcome(plan.seed, plan.kind)
    begun = time.monotonic()
    running = _Running(plan, site, lab, outcome)
    try:
        running.play()
        running.judge()
    except Exception as error:  # noqa: BLE001  # whatever it is: the campaign has failed
        outcome.problems.append(f"{type(error).__name__}: {error}")
    finally:
        try:
            running.end()
        except Exception as error:  # noqa: BLE001
            outcome.problems.append(f"at the end: {type(error).__name__}: {error}")
    outcome.seconds = round(time.monotonic() - begun, 1)
    return outcome


def soon(look: Callable[[], list[str]]) -> list[str]:
    """Return what is still wrong after a few seconds: pages of metrics may be a second old."""
    deadline = time.monotonic() + SOON_SECONDS
    while (problems := look()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return problems[:5]


class _Running:
    def __init__(self, plan: Plan, site: Site, lab: Lab, outcome: Outcome) -> None:
        self.plan, self.site, self.lab, self.outcome = plan, site, lab, outcome
        blocks = stream.make(plan.seed, plan.events, flood=plan.flood, poison=plan.poison)
        self.feeder = Feeder(lab, blocks, self._input_fault)
        self.fleet = Fleet(lab, site.outside)
        self.fleet.environment = {
            "FAULTS_CHUNK_BYTES": str(CHUNK_BYTES),
            "CHATPULSE_CHECKPOINT_INTERVAL": f"{SAVE_SECONDS:g}s",
            "FAULTS_PATIENT": "1" if site.kind == "embedded" else "",
        }
        self.tail = Tail(lab)
        self.watcher = Watcher(lab, self.fleet, self.feeder)
        self.injector = Injector(
            lab, site, self.fleet, self.feeder, self.tail, plan.workers, outcome.notes
        )

    # ---- playing

    def play(self) -> None:
        """Inject all faults while input flows, then let everything come to rest."""
        plan, feeder = self.plan, self.feeder
        self.tail.start()
        if plan.backlog:
            feeder.at_once(plan.backlog)
        feeder.seconds = plan.seconds
        self.watcher.start()
        begun = time.monotonic()
        self.injector.start_all()
        feeder.start()
        if plan.backlog:
            self._kill_before_checkpoint()
        self._inject(begun)
        self.injector.heal()
        self._turn_until(
            lambda: feeder.done or feeder.error is not None, "all input is acknowledged"
        )
        assert feeder.error is None, f"the producer failed: {feeder.error}"
        self._turn_until(self._at_rest, "everything is read and served")
        for met in self.outcome.faults:
            self._measure(met)

    def _kill_before_checkpoint(self) -> None:
        """Kill all workers that have begun to read a backlog and never written a checkpoint."""
        self._turn_until(
            lambda: any((member.status() or {}).get("owned") for member in self.fleet.alive),
            "somebody owns a partition",
        )
        at = time.monotonic()
        self.injector.kill_all()
        self.injector.start_all()
        self.outcome.faults.append(Met("killed before its checkpoint", at, time.monotonic()))

    def _inject(self, begun: float) -> None:
        due = [
            (action.at, number, place)
            for number, fault in enumerate(self.plan.faults)
            for place, action in enumerate(fault.actions)
        ]
        heapq.heapify(due)
        met: dict[int, Met] = {}
        while due:
            at, number, place = heapq.heappop(due)
            self._turn_until(lambda at=at: time.monotonic() - begun >= at, "it is time")  # type: ignore[misc]
            fault = self.plan.faults[number]
            if place == 0:
                met[number] = Met(fault.name, time.monotonic())
                self.outcome.faults.append(met[number])
            self.injector.do(number, fault.actions[place])
            if place == len(fault.actions) - 1:
                met[number].over = time.monotonic()

    def _input_fault(self, name: str, begun: float, over: float) -> None:
        self.outcome.faults.append(Met(name, begun, over))

    def _turn_until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {SETTLE_SECONDS:g} s: {what}; {self._state()}")
            self.fleet.supervise()
            time.sleep(TURN_SECONDS)

    def _at_rest(self) -> bool:
        positions = self.watcher.positions()
        if positions is None:
            return False
        return all(positions[place] == end for place, end in self.feeder.ends().items())

    def _state(self) -> str:
        statuses = {member.name: member.status() for member in self.fleet.alive}
        return "; ".join(
            f"{name} owns {(s or {}).get('owned')} ready {(s or {}).get('ready')}"
            for name, s in statuses.items()
        )

    def _measure(self, met: Met) -> None:
        assert met.over is not None
        over = met.over
        self._turn_until(lambda: self.watcher.recovered(over) is not None, "all is served again")
        recovered = self.watcher.recovered(over)
        assert recovered is not None
        met.recovered_seconds = round(recovered - met.begun, 2)
        met.in_flight = self.feeder.handed_between(met.begun, recovered)

    # ---- judging

    def judge(self) -> None:
        """Hold everything that can be seen against what must be."""
        feeder, lab, problems = self.feeder, self.lab, self.outcome.problems
        read = [r for index, r in enumerate(feeder.records) if index not in feeder.lost]
        expected = stream.truth(read, now_ms=check.now_ms())
        problems += check.scorecards(self.fleet, expected)
        problems += soon(lambda: list(check.exposed(self.fleet)))
        problems += soon(lambda: check.counted(self.fleet, lab, feeder))
        self.watcher.end()
        problems += self.watcher.problems[:5]
        for name, (status, seconds) in self.fleet.stop().items():
            if status != 0 or seconds > STOP_SECONDS:
                problems.append(f"{name} stopped with status {status} after {seconds:.1f} s")
        ends = self.site.ends([lab.topic("checkpoints")])
        self.tail.catch_up({number: end for (_, number), end in ends.items()})
        checked, wrong = check.checkpoints(self.tail, feeder, lab)
        problems += wrong[:5]
        problems += check.last_checkpoint(self.tail, feeder, lab)
        problems += check.daily(lab, expected, lost=bool(feeder.lost))
        problems += check.dead_letters(lab, feeder, self._late())
        problems += check.everything_is_there(lab, feeder)
        for name, status, last in self.fleet.exits:
            if any(word in last for word in CRASHES):
                problems.append(f"{name} crashed with status {status}: {last}")
        self.outcome.checkpoints = checked

    def _late(self) -> set[int]:
        kept = [(n, r) for n, r in enumerate(self.feeder.records) if n not in self.feeder.lost]
        return stream.late(kept, now_ms=check.now_ms())

    def end(self) -> None:
        """Leave nothing behind but the files."""
        outcome: Any = self.outcome
        outcome.records, outcome.lost = len(self.feeder.records), len(self.feeder.lost)
        outcome.workers, outcome.exits = len(self.fleet.members), self.fleet.exits
        outcome.ready_looks, outcome.scrapes = self.watcher.ready_looks, self.watcher.scrapes
        self.feeder.end()
        self.fleet.kill()
        if self.watcher.is_alive():
            self.watcher.end()
        if self.tail.is_alive():
            self.tail.end()
        self.site.heal()
        self.site.remove(self.lab)
