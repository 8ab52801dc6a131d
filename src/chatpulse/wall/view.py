"""From snapshots of live boards to the wall: the numbers of all shops at one instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ..conversations.rounds import BUCKETS
from ..conversations.row import NOBODY
from ..scoreboard.percentiles import percentile_ms
from ..scoreboard.scorecard import P90
from ..scoreboard.snapshot import Snapshot
from ..telemetry.thresholds import Thresholds
from .trend import trend
from .wall import AgentLine, Line, Mean, Served, Share, ShopLine, Slow, Total, Volume, Wall

AGENTS_SHOWN: Final = 100
SLOWEST_SHOWN: Final = 5
_NONE: Final[dict[str, int]] = {}


def view(
    shops: Iterable[Snapshot],
    *,
    now: int,
    newest_event_at: int | None,
    served: Served,
    thresholds: Thresholds,
) -> Wall:
    """Return the wall of the shops, whose snapshots are of `now`, with all minutes kept."""
    seen = sorted(shops, key=lambda shop: shop.shop_id)
    readings = [_Reading(shop) for shop in seen]
    agents = sorted((line for r in readings for line in r.agents()), key=_urgency)
    zones = {shop.timezone for shop in seen}
    return Wall(
        now=now,
        served=served,
        thresholds=thresholds,
        timezone=zones.pop() if len(zones) == 1 else None,
        newest_event_at=newest_event_at,
        total=_total(readings, agents),
        agents=agents[:AGENTS_SHOWN],
        agents_left_out=max(0, len(agents) - AGENTS_SHOWN),
        slowest=_slowest(agents, thresholds.alerts.slow_responder.samples),
        shops=sorted((r.shop() for r in readings), key=_urgency),
        trend=trend(seen, now),
        volume=_volume(readings),
    )


class _Reading:
    """One shop's snapshot, ordered by owner."""

    def __init__(self, seen: Snapshot) -> None:
        self.shop_id = seen.shop_id
        self.windows = seen.windows
        self._active = seen.active_conversations()
        self._starts: dict[str, list[int]] = {}
        self._queue: list[int] = []
        self.oldest = min(seen.open_waits, key=lambda w: (w.since, w.assignee), default=None)
        for wait in seen.open_waits:
            self._starts.setdefault(NOBODY, []).append(wait.since)
            if wait.assignee == NOBODY:
                self._queue.append(wait.agent_since)
            else:
                self._starts.setdefault(wait.assignee, []).append(wait.agent_since)

    def numbers(self, window: str) -> Mapping[str, int]:
        """Return the shop's own numbers."""
        return self.windows[window].get(NOBODY, _NONE)

    def shop(self) -> ShopLine:
        return ShopLine(shop_id=self.shop_id, queued=len(self._queue), **self._line(NOBODY))

    def agents(self) -> Iterator[AgentLine]:
        """Yield a line per agent with anything to show, and one of the queue if somebody waits."""
        seen = {o for counts in self.windows.values() for o, n in counts.items() if any(n.values())}
        for agent_id in sorted((seen | self._starts.keys() | self._active.keys()) - {NOBODY}):
            yield AgentLine(shop_id=self.shop_id, agent_id=agent_id, **self._line(agent_id))
        if self._queue:
            line = _EMPTY | {
                "waiting": len(self._queue),
                "oldest_wait_start_at": min(self._queue),
            }
            yield AgentLine(shop_id=self.shop_id, agent_id=None, **line)

    def _line(self, owner: str) -> dict[str, Any]:
        five, hour, today = (self.windows[n].get(owner, _NONE).get for n in ("5m", "1h", "today"))
        starts = self._starts.get(owner, [])
        return {
            "waiting": len(starts),
            "oldest_wait_start_at": min(starts, default=None),
            "active": self._active.get(owner, 0),
            "response_5m": Mean(five("response_ms_sum", 0), five("answered", 0)),
            "response_1h": Mean(hour("response_ms_sum", 0), hour("answered", 0)),
            "response_today": Mean(today("response_ms_sum", 0), today("answered", 0)),
            "within_30s": Share(hour("within_30s", 0), hour("duty_30s", 0)),
            "replied": Share(today("replied", 0), today("consulted", 0)),
            "converted": Share(today("converted_same_day", 0), today("inquiries_same_day", 0)),
            "sales_minor": today("sales_minor", 0),
        }


_NO_WAITS: Final = Mean(0, 0)
_NO_SHARE: Final = Share(0, 0)
_EMPTY: Final[dict[str, Any]] = {
    "waiting": 0,
    "oldest_wait_start_at": None,
    "active": 0,
    "response_5m": _NO_WAITS,
    "response_1h": _NO_WAITS,
    "response_today": _NO_WAITS,
    "within_30s": _NO_SHARE,
    "replied": _NO_SHARE,
    "converted": _NO_SHARE,
    "sales_minor": 0,
}


def _urgency(line: AgentLine | ShopLine) -> tuple[float, float, str, str]:
    start, mean = line.oldest_wait_start_at, line.response_5m
    since = float("inf") if start is None else start
    agent_id = line.agent_id if isinstance(line, AgentLine) else None
    return since, -mean.sum_ms / max(1, mean.count), line.shop_id, agent_id or ""


def _total(readings: list[_Reading], agents: list[AgentLine]) -> Total:
    people = [line for line in agents if line.agent_id is not None]
    shops = [r.shop() for r in readings]
    waits: Counter[str] = Counter()
    for r in readings:
        waits.update(r.numbers("5m"))
    found = ((r.oldest.since, r.shop_id, r.oldest.assignee) for r in readings if r.oldest)
    _, shop_id, assignee = min(found, default=(0, None, NOBODY))
    return Total(
        oldest_wait_shop_id=shop_id,
        oldest_wait_agent_id=None if assignee == NOBODY else assignee,
        queued=sum(shop.queued for shop in shops),
        response_5m_p90_ms=percentile_ms([waits[name] for name in BUCKETS], P90),
        agents_active=sum(line.active > 0 for line in people),
        agents_seen=len(people),
        **_sum(shops),
    )


def _sum(lines: Iterable[Line]) -> dict[str, Any]:
    total = dict(_EMPTY)
    for line in lines:
        for name, before in total.items():
            value = getattr(line, name)
            if name == "oldest_wait_start_at":
                total[name] = min((at for at in (before, value) if at is not None), default=None)
            elif isinstance(before, int):
                total[name] = before + value
            else:
                parts = zip(_parts(before), _parts(value), strict=True)
                total[name] = type(before)(*(a + b for a, b in parts))
    return total


def _parts(pair: Mean | Share) -> tuple[int, ...]:
    return msgspec.structs.astuple(pair)


def _slowest(agents: list[AgentLine], samples: int) -> list[Slow]:
    found = []
    for line in agents:
        for window, response in (("5m", line.response_5m), ("1h", line.response_1h)):
            if line.agent_id is not None and response.count >= max(1, samples):
                found.append(Slow(line.shop_id, line.agent_id, window, response))
                break
    found.sort(key=lambda s: (-s.response.sum_ms / s.response.count, s.shop_id, s.agent_id))
    return found[:SLOWEST_SHOWN]


def _volume(readings: list[_Reading]) -> Volume:
    def today(name: str) -> int:
        return sum(r.numbers("today").get(name, 0) for r in readings)

    return Volume(
        today("consulted"),
        today("excluded.ad"),
        today("excluded.internal"),
        today("excluded.blocked"),
    )
