"""Boards to samples: what a scrape sees of the shops a worker owns now.

Only what has something to say is a series: an agent appears with the first number or waiting buyer
and goes with the last, a ratio without denominator is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final

from msgspec import Struct, field

from ..contract.ids import SECOND
from ..conversations.conversion import SPANS
from ..conversations.rounds import BOUNDS_MS, BUCKETS, LIMITS
from ..conversations.row import NOBODY
from ..conversations.spam import REASONS
from ..scoreboard.board import Counts
from ..scoreboard.live import WINDOWS, LiveBoards
from ..scoreboard.partition import Partition
from ..scoreboard.percentiles import percentile_ms
from ..scoreboard.scorecard import CREDITS, P90
from .catalogue import METRICS, TODAY_COUNTS, Metric

ASSISTS: Final = ("order", "payment", "followup")
_EMPTY: Final[dict[str, int]] = {}


class Sample(Struct, frozen=True):
    """One line of exposition; `name` is the family's, with a suffix in a histogram."""

    name: str
    labels: dict[str, str]
    value: float


class Family(Struct):
    """A metric of the catalogue with its samples."""

    metric: Metric
    samples: list[Sample] = field(default_factory=list)


def families(partitions: Iterable[Partition]) -> list[Family]:
    """Return the shops' and agents' families of all partitions, as of their last refresh."""
    found = _Families()
    for partition in partitions:
        for shop_id, boards in sorted(partition.boards.items()):
            _Gathering(found, shop_id, boards).gather()
    return list(found.by_name.values())


class _Families:
    def __init__(self) -> None:
        self.by_name: dict[str, Family] = {}

    def add(self, name: str, labels: dict[str, str], value: float, suffix: str = "") -> None:
        family = self.by_name.get(name)
        if family is None:
            family = self.by_name[name] = Family(METRICS[name])
        family.samples.append(Sample(name + suffix, labels, value))


class _Gathering:
    """Goes over one shop's boards; `put` writes one number of one owner."""

    def __init__(self, found: _Families, shop_id: str, boards: LiveBoards) -> None:
        self._found = found
        self._shop_id = shop_id
        self._boards = boards

    def gather(self) -> None:
        windows = {name: self._boards.window(name) for name in (*WINDOWS, "today")}
        active = self._boards.active_conversations()
        agents = self._gather_waits(windows, active)
        for owner in (NOBODY, *sorted(agents)):
            for window, counts in windows.items():
                numbers = counts.get(owner, _EMPTY)
                if owner == NOBODY or any(numbers.values()):
                    self._gather_window(owner, window, numbers)
            self._gather_today(owner, windows["today"].get(owner, _EMPTY))
        self._gather_shop(windows["today"].get(NOBODY, _EMPTY))

    def put(self, owner: str, name: str, value: float, **labels: str) -> None:
        if owner == NOBODY:
            self._found.add(f"chatpulse_shop_{name}", {"shop": self._shop_id, **labels}, value)
        else:
            base = {"shop": self._shop_id, "agent": owner}
            self._found.add(f"chatpulse_agent_{name}", {**base, **labels}, value)

    def _gather_waits(self, windows: Mapping[str, Counts], active: Mapping[str, int]) -> set[str]:
        """Put the waits; return every agent with anything to show."""
        starts: dict[str, list[int]] = {NOBODY: []}
        queued = 0
        for wait in self._boards.open_waits():
            starts[NOBODY].append(wait.since)
            queued += wait.assignee == NOBODY
            if wait.assignee != NOBODY:
                starts.setdefault(wait.assignee, []).append(wait.agent_since)
        agents = {o for counts in windows.values() for o, n in counts.items() if any(n.values())}
        agents = (agents | starts.keys() | active.keys()) - {NOBODY}
        for owner in (NOBODY, *sorted(agents)):
            waiting = starts.get(owner, [])
            self.put(owner, "waiting_buyers", len(waiting))
            self.put(owner, "active_conversations", active.get(owner, 0))
            if waiting:
                self.put(owner, "oldest_wait_start_timestamp_seconds", min(waiting) / SECOND)
        self.put(NOBODY, "queued_buyers", queued)
        return agents

    def _gather_window(self, owner: str, window: str, numbers: Mapping[str, int]) -> None:
        get = numbers.get
        answered, waited = get("answered", 0), get("response_ms_sum", 0)
        self.put(owner, "window_responses", answered, window=window)
        self.put(owner, "window_response_seconds", waited / SECOND, window=window)
        if answered:
            p90 = percentile_ms([get(name, 0) for name in BUCKETS], P90)
            assert p90 is not None
            mean = waited / answered / SECOND
            self.put(owner, "response_mean_seconds", mean, window=window)
            self.put(owner, "response_p90_seconds", p90 / SECOND, window=window)
        for n in LIMITS:
            decided, hits = get(f"duty_{n}s", 0), get(f"within_{n}s", 0)
            labels = {"window": window, "limit": str(n)}
            self.put(owner, "window_duty_rounds", decided, **labels)
            self.put(owner, "window_rounds_within", hits, **labels)
            if decided:
                self.put(owner, "within_ratio", hits / decided, **labels)
        consulted, replied = get("consulted", 0), get("replied", 0)
        self.put(owner, "window_consulted_buyers", consulted, window=window)
        self.put(owner, "window_replied_buyers", replied, window=window)
        if consulted:
            self.put(owner, "reply_ratio", replied / consulted, window=window)

    def _gather_today(self, owner: str, numbers: Mapping[str, int]) -> None:
        get = numbers.get
        for span in SPANS:
            inquiries, converted = get(f"inquiries_{span}", 0), get(f"converted_{span}", 0)
            self.put(owner, "inquiries", inquiries, span=span)
            self.put(owner, "converted_inquiries", converted, span=span)
            if inquiries:
                self.put(owner, "conversion_ratio", converted / inquiries, span=span)
        for name in TODAY_COUNTS:
            self.put(owner, name, get(name, 0))
        if get("paying_buyers", 0):
            self.put(owner, "unit_price_minor", get("sales_minor", 0) / get("paying_buyers", 0))
        if owner != NOBODY:
            for kind in ASSISTS:
                self.put(owner, "assists", get(f"assists_{kind}", 0), kind=kind)

    def _gather_shop(self, numbers: Mapping[str, int]) -> None:
        for reason in REASONS:
            self.put(NOBODY, "excluded_buyers", numbers.get(f"excluded.{reason}", 0), reason=reason)
        for kind in CREDITS:
            self.put(NOBODY, "paid_orders", numbers.get(f"credit.{kind}", 0), credit=kind)
        self._gather_histogram()

    def _gather_histogram(self) -> None:
        name, shop = "chatpulse_shop_response_duration_seconds", {"shop": self._shop_id}
        running = list(accumulate(self._boards.response_counts))
        bounds = [*(f"{bound / SECOND:.1f}" for bound in BOUNDS_MS), "+Inf"]
        for bound, count in zip(bounds, running, strict=True):
            self._found.add(name, {**shop, "le": bound}, count, "_bucket")
        self._found.add(name, shop, running[-1], "_count")
        self._found.add(name, shop, self._boards.response_ms_sum / SECOND, "_sum")
