"""Boards to samples: what a scrape sees of the shops a worker owns now.

The series of an owner (a shop, an agent) are columns, the same for all, in a fixed order; `table`
gives the numbers in that order. Only what has something to say is a series: an agent appears with
the first number or waiting buyer and goes with the last, a ratio without denominator is absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

from ..contract.ids import SECOND
from ..conversations.conversion import SPANS
from ..conversations.rounds import BOUNDS_MS, BUCKETS, LIMITS
from ..conversations.row import NOBODY
from ..conversations.spam import REASONS
from ..scoreboard.live import WINDOWS
from ..scoreboard.percentiles import percentile_ms
from ..scoreboard.scorecard import CREDITS, P90
from ..scoreboard.snapshot import Snapshot
from .catalogue import METRICS, TODAY_COUNTS, Metric

Values: TypeAlias = list[float | None]
"""Numbers in the order of the columns; None: no series."""

ASSISTS: Final = ("order", "payment", "followup")
_WINDOWS: Final = (*WINDOWS, "today")
_NAMES: Final = tuple((f"duty_{n}s", f"within_{n}s") for n in LIMITS)
_Series: TypeAlias = tuple[str, dict[str, str]]
_NONE: Final[dict[str, int]] = {}


class Column(NamedTuple):
    """One series of every owner; `name` is the metric's, with a suffix in a histogram."""

    metric: Metric
    name: str
    labels: dict[str, str]
    """Beside `shop` and `agent`."""


class Table(NamedTuple):
    """All series of one shop: `shop` has a value per column of SHOP, an agent's per AGENT."""

    shop_id: str
    shop: Values
    agents: dict[str, Values]


def table(seen: Snapshot) -> Table:
    """Return the series of a shop and its agents, these in order."""
    active, starts = seen.active_conversations(), _starts(seen)
    owners = {o for counts in seen.windows.values() for o, n in counts.items() if any(n.values())}
    owners = (owners | starts.keys() | active.keys()) - {NOBODY}

    def common(owner: str) -> Values:
        waiting = starts.get(owner, ())
        oldest = min(waiting) / SECOND if waiting else None
        values: Values = [len(waiting), oldest, active.get(owner, 0)]
        for window in _WINDOWS:
            numbers = seen.windows[window].get(owner, _NONE)
            shown = owner == NOBODY or any(numbers.values())
            values += _window(numbers) if shown else _NO_WINDOW
        return values + _today(seen.windows["today"].get(owner, _NONE))

    today = seen.windows["today"]
    agents = {
        agent_id: common(agent_id) + _of_agent(today.get(agent_id, _NONE))
        for agent_id in sorted(owners)
    }
    queued = sum(wait.assignee == NOBODY for wait in seen.open_waits)
    shop = [*common(NOBODY), queued, *_of_shop(today.get(NOBODY, _NONE)), *_histogram(seen)]
    return Table(seen.shop_id, shop, agents)


def _starts(seen: Snapshot) -> dict[str, list[int]]:
    """Return since when buyers wait, for the shop and for every agent by the agent's clock."""
    starts: dict[str, list[int]] = {}
    for wait in seen.open_waits:
        starts.setdefault(NOBODY, []).append(wait.since)
        if wait.assignee != NOBODY:
            starts.setdefault(wait.assignee, []).append(wait.agent_since)
    return starts


# The numbers, each function followed by the columns that it fills.


def _window(numbers: Mapping[str, int]) -> Values:
    get = numbers.get
    answered, waited = get("answered", 0), get("response_ms_sum", 0)
    values: Values = [answered, waited / SECOND, None, None]
    if answered:
        p90 = percentile_ms([get(name, 0) for name in BUCKETS], P90)
        assert p90 is not None  # noqa: S101  # there is one of at least one answer
        values[2:] = waited / answered / SECOND, p90 / SECOND
    for duty, within in _NAMES:
        decided, hits = get(duty, 0), get(within, 0)
        values += (decided, hits, hits / decided if decided else None)
    consulted, replied = get("consulted", 0), get("replied", 0)
    values += (consulted, replied, replied / consulted if consulted else None)
    return values


def _window_columns(window: str) -> Iterator[_Series]:
    base = {"window": window}
    for name in (
        "window_responses",
        "window_response_seconds",
        "response_mean_seconds",
        "response_p90_seconds",
    ):
        yield name, base
    for n in LIMITS:
        for name in ("window_duty_rounds", "window_rounds_within", "within_ratio"):
            yield name, {**base, "limit": str(n)}
    for name in ("window_consulted_buyers", "window_replied_buyers", "reply_ratio"):
        yield name, base


_NO_WINDOW: Final[Values] = [None] * len(list(_window_columns("")))


def _today(numbers: Mapping[str, int]) -> Values:
    get = numbers.get
    values: Values = []
    for span in SPANS:
        inquiries, converted = get(f"inquiries_{span}", 0), get(f"converted_{span}", 0)
        values += (inquiries, converted, converted / inquiries if inquiries else None)
    values += (get(name, 0) for name in TODAY_COUNTS)
    paying = get("paying_buyers", 0)
    values.append(get("sales_minor", 0) / paying if paying else None)
    return values


def _today_columns() -> Iterator[_Series]:
    for span in SPANS:
        for name in ("inquiries", "converted_inquiries", "conversion_ratio"):
            yield name, {"span": span}
    for name in (*TODAY_COUNTS, "unit_price_minor"):
        yield name, {}


def _of_agent(numbers: Mapping[str, int]) -> Values:
    return [numbers.get(f"assists_{kind}", 0) for kind in ASSISTS]


def _of_shop(numbers: Mapping[str, int]) -> Values:
    names = (*(f"excluded.{reason}" for reason in REASONS), *(f"credit.{kind}" for kind in CREDITS))
    return [numbers.get(name, 0) for name in names]


def _histogram(seen: Snapshot) -> Values:
    running = list(accumulate(seen.response_counts))
    return [*running, running[-1], seen.response_ms_sum / SECOND]


def _shop_columns() -> Iterator[_Series]:
    yield "queued_buyers", {}
    for reason in REASONS:
        yield "excluded_buyers", {"reason": reason}
    for kind in CREDITS:
        yield "paid_orders", {"credit": kind}
    for bound in (*(f"{bound / SECOND:.1f}" for bound in BOUNDS_MS), "+Inf"):
        yield "response_duration_seconds_bucket", {"le": bound}
    yield "response_duration_seconds_count", {}
    yield "response_duration_seconds_sum", {}


def _common_columns() -> Iterator[_Series]:
    for name in ("waiting_buyers", "oldest_wait_start_timestamp_seconds", "active_conversations"):
        yield name, {}
    for window in _WINDOWS:
        yield from _window_columns(window)
    yield from _today_columns()


def _columns(level: str, own: Iterator[_Series]) -> Iterator[Column]:
    for name, labels in (*_common_columns(), *own):
        sample = f"chatpulse_{level}_{name}"
        metric = METRICS.get(sample) or METRICS[sample.rpartition("_")[0]]
        yield Column(metric, sample, labels)


AGENT: Final = tuple(_columns("agent", (("assists", {"kind": kind}) for kind in ASSISTS)))
SHOP: Final = tuple(_columns("shop", _shop_columns()))
