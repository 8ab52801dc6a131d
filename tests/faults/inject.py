"""What an action does: the actions of plans are methods of `Injector` and `damage.Damager`."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.brokers import Site, is_down
from tests.faults.damage import Damager, UnexpectedError
from tests.faults.feeder import Feeder
from tests.faults.fleet import Fleet, Member
from tests.faults.kinds import Action
from tests.faults.plan import WORKERS
from tests.faults.proxy import FAIR, Weather
from tests.faults.tail import Tail
from tests.kafka.cluster import Node
from tests.worker.lab import PARTITIONS, Lab

DAY_MS = 86_400_000
REFUSAL_SECONDS = 40.0
CHECKPOINT_SECONDS = 30.0


@dataclass
class Injector:
    """The levers of one campaign."""

    lab: Lab
    site: Site
    fleet: Fleet
    feeder: Feeder
    tail: Tail
    count: int
    """Workers to run after all were killed."""
    notes: list[str] = field(default_factory=list)
    met: dict[tuple[int, int], Any] = field(default_factory=dict)
    """Whom a fault has met: (number of the fault, its target) -> worker or node."""

    def __post_init__(self) -> None:
        self.damager = Damager(self.lab, self.site, self.feeder, self.tail)

    def do(self, fault: int, action: Action) -> None:
        """Do what the action says."""
        self._fault = fault
        owner = self.damager if hasattr(self.damager, action.do) else self
        getattr(owner, action.do)(action.target, action.value)

    # ---- workers

    def kill(self, target: int, value: float) -> None:
        self._pick(target).kill()

    def kill_all(self, target: int = 0, value: float = 0.0) -> None:
        for member in self.fleet.alive:
            member.kill()

    def kill_others(self, target: int, value: float) -> None:
        for member in self.fleet.alive:
            if member is not self._pick(target):
                member.kill()

    def start(self, target: int, value: float) -> None:
        if len(self.fleet.alive) < WORKERS:
            self.fleet.start()

    def start_all(self, target: int = 0, value: float = 0.0) -> None:
        self.at_least(0, self.count)

    def at_least(self, target: int, value: float) -> None:
        while len(self.fleet.alive) < value:
            self.fleet.start()

    def scale(self, target: int, value: float) -> None:
        self.at_least(target, value)
        for member in self.fleet.alive[int(value) :]:
            self._terminate(member)

    def terminate(self, target: int, value: float) -> None:
        if len(self.fleet.alive) == 1:
            self.fleet.start()
        self._terminate(self._pick(target))

    def freeze(self, target: int, value: float) -> None:
        self._pick(target).signal(signal.SIGSTOP)

    def freeze_in_checkpoint(self, target: int, value: float) -> None:
        self._lever(self._pick(target)).touch()

    def thaw(self, target: int, value: float) -> None:
        member = self._pick(target)
        self._lever(member).unlink(missing_ok=True)
        member.signal(signal.SIGCONT)

    def clock(self, target: int, value: float) -> None:
        (self.lab.folder / "clock").write_text(str(int(value * DAY_MS)))

    # ---- input

    def hold_input(self, target: int, value: float) -> None:
        self.feeder.hold()

    def go_on_with_input(self, target: int, value: float) -> None:
        self.feeder.go_on()

    def lose_input(self, target: int, value: float) -> None:
        """Delete records that no checkpoint covers; workers must refuse, and go on when told to."""
        self.damager.settle()
        newest = {n: self.tail.complete(n)[-1:] for n in range(PARTITIONS)}
        topic, ends = self.lab.topic("messages"), self.feeder.ends()
        unread = {
            n: (found[0].manifest.positions[topic], ends.get(("messages", n), 0))
            for n, found in newest.items()
            if found
        }
        number = max(unread, key=lambda n: unread[n][1] - unread[n][0], default=None)
        if number is None or unread[number][1] - unread[number][0] < 2:
            self.notes.append("nothing was unread: no input was deleted")
            self.start_all()
            return
        position, end = unread[number]
        first = position + (end - position + 1) // 2
        self.site.delete_before(topic, {number: first})
        lying = self.feeder.lying["messages", number]
        self.feeder.lost |= {lying[offset] for offset in range(position, first)}
        gone = f"records {position} to {first - 1} were deleted"
        self._refused(gone, "--accept-gap")
        self.notes.append(f"{first - position} records deleted unread")
        # a killed broker may forget the deletion: what it cost must be in a checkpoint first
        self._await(lambda: self._reached(topic, number) >= first, "a checkpoint beyond the gap")

    # ---- checkpoints

    def await_checkpoints(self, target: int, value: float) -> None:
        """Wait until something can be damaged: a complete checkpoint with records."""
        self._await(
            lambda: any(one.records for n in range(PARTITIONS) for one in self.tail.complete(n)),
            "a checkpoint",
        )

    def lose_checkpoints(self, target: int, value: float) -> None:
        """Delete all checkpoints; workers must refuse, and count the input again when told to."""
        self.kill_all()
        ends = self.damager.settle()
        self.site.delete_before(
            self.lab.topic("checkpoints"), {n: end for n, end in ends.items() if end}
        )
        self._refused("no complete checkpoint is left", "--accept-gap")

    def move_commits(self, target: int, value: float) -> None:
        """Say in the group's committed offsets that everything was read."""
        topics = [self.lab.topic("messages"), self.lab.topic("orders")]
        self.site.move_commits(self.lab, self.site.ends(topics))

    # ---- brokers

    def kill_broker_any(self, target: int, value: float) -> None:
        assert self.site.cluster is not None
        up = [node for node in self.site.cluster.nodes if not is_down(node)]
        self._kill_broker(target, up[target % len(up)])

    def kill_broker_leader(self, target: int, value: float) -> None:
        self._kill_broker(target, self.site.node("leader", self.lab))

    def kill_broker_coordinator(self, target: int, value: float) -> None:
        self._kill_broker(target, self.site.node("coordinator", self.lab))

    def kill_broker_controller(self, target: int, value: float) -> None:
        self._kill_broker(target, self.site.node("controller", self.lab))

    def start_broker(self, target: int, value: float) -> None:
        self.met[self._fault, target].start()

    def freeze_broker(self, target: int, value: float) -> None:
        assert self.site.cluster is not None
        node = self.site.cluster.nodes[target % len(self.site.cluster.nodes)]
        self.met[self._fault, target] = node
        node.freeze()

    def thaw_broker(self, target: int, value: float) -> None:
        self.met[self._fault, target].thaw()

    # ---- links

    def reset_links(self, target: int = 0, value: float = 0.0) -> None:
        for link in self.site.links:
            link.reset()

    def silence_links(self, target: int, value: float) -> None:
        self.site.links[target % len(self.site.links)].set(Weather(silent=True))

    def slow_links(self, target: int, value: float) -> None:
        for link in self.site.links:
            link.set(Weather(bytes_per_second=int(value)))

    def delay_links(self, target: int, value: float) -> None:
        for link in self.site.links:
            link.set(Weather(delay_seconds=value))

    def fair_links(self, target: int, value: float) -> None:
        if value:  # what was silent is dead: only a new connection helps
            self.reset_links()
        for link in self.site.links:
            link.set(FAIR)

    # ---- how

    def heal(self) -> None:
        """Undo everything that lasts."""
        self.site.heal()
        self.clock(0, 0.0)
        self.feeder.go_on()
        for member in self.fleet.alive:
            self._lever(member).unlink(missing_ok=True)
            member.signal(signal.SIGCONT)
        self.at_least(0, 1)

    def _await(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + CHECKPOINT_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise UnexpectedError(f"not within {CHECKPOINT_SECONDS:g} s: {what}")
            self.fleet.supervise()
            time.sleep(0.2)

    def _reached(self, topic: str, number: int) -> int:
        newest = self.tail.complete(number)[-1:]
        return newest[0].manifest.positions[topic] if newest else 0

    def _pick(self, target: int) -> Member:
        key = (self._fault, target)
        if key not in self.met:
            alive = self.fleet.alive or [self.fleet.start()]
            self.met[key] = alive[target % len(alive)]
        member: Member = self.met[key]
        return member

    def _terminate(self, member: Member) -> None:
        member.wanted = False
        member.signal(signal.SIGTERM)
        member.signal(signal.SIGCONT)

    def _lever(self, member: Member) -> Any:
        return self.lab.folder / f"{member.name}.freeze"

    def _kill_broker(self, target: int, node: Node) -> None:
        self.met[self._fault, target] = node
        node.kill()

    def _refused(self, *reasons: str) -> None:
        """Start a worker, which must refuse; then start all with the remedy."""
        member = self.fleet.start()
        with contextlib.suppress(Exception):
            member.process.wait(REFUSAL_SECONDS)
        last = (member.log.rstrip().splitlines() or [""])[-1]
        status, member.wanted = member.process.poll(), False
        if status != 1 or not all(reason in last for reason in ("chatpulse: ", *reasons)):
            member.kill()
            raise UnexpectedError(f"not refused: status {status}, last line {last!r}")
        self.fleet.environment["CHATPULSE_ACCEPT_GAP"] = "true"
        self.start_all()
