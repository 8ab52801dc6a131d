"""Each platform's own rule, computed side by side (kpis.md 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..contract.ids import HOUR, SECOND
from .policy import Policy
from .rounds import DAY_WINDOW, Wait
from .tally import Tally

PROFILES: Final = (
    "taobao_3min",
    "taobao_avg",
    "pdd_3min",
    "jd_30s",
    "douyin_3min",
    "kuaishou_3min",
)
JD_WINDOW: Final = (9 * HOUR, 23 * HOUR)
THREE_MINUTES: Final = 180 * SECOND
JD_LIMIT: Final = 30 * SECOND
CAP: Final = 600 * SECOND


def tally_profiles(
    tally: Tally, human: Sequence[Wait], assisted: Sequence[Wait], *, day_start: int, policy: Policy
) -> None:
    """Count the units and hits of all profiles of one conversation-day.

    `human` are the waits until a person's reply, `assisted` until a person's or assisting bot's.
    """
    _taobao(tally, assisted)
    _buyer_day(tally, human)
    _jd(tally, human, policy)
    _douyin(tally, assisted, day_start, policy)


def _taobao(tally: Tally, sides: Iterable[Wait]) -> None:
    for side in sides:
        if not side.in_day:
            continue
        numbers = tally.of(side.owner)
        if side.is_hit(THREE_MINUTES):
            numbers.names += ("taobao_3min.total", "taobao_3min.hits")
        elif side.is_decided(THREE_MINUTES):
            numbers.names.append("taobao_3min.total")
        if side.is_decided(CAP):
            numbers.names.append("taobao_avg.total")
            numbers.add("taobao_avg.ms_sum", CAP if side.ms is None else min(side.ms, CAP))


def _buyer_day(tally: Tally, sides: Iterable[Wait]) -> None:
    units: dict[str, bool] = {}
    for side in sides:
        if side.in_day and side.is_decided(THREE_MINUTES):
            units[side.owner] = units.get(side.owner, True) and side.is_hit(THREE_MINUTES)
    for owner, is_hit in units.items():
        tally.count(owner, "pdd_3min.total", "kuaishou_3min.total")
        if is_hit:
            tally.count(owner, "pdd_3min.hits", "kuaishou_3min.hits")


def _jd(tally: Tally, sides: Iterable[Wait], policy: Policy) -> None:
    for side in sides:
        if not side.opens_session or not side.is_decided(JD_LIMIT):
            continue
        if policy.in_window(side.session_at, JD_WINDOW):
            tally.count(side.owner, "jd_30s.total")
            if side.is_hit(JD_LIMIT):
                tally.count(side.owner, "jd_30s.hits")


def _douyin(tally: Tally, sides: Iterable[Wait], day_start: int, policy: Policy) -> None:
    units: dict[tuple[int, str], list[int | None]] = {}
    for side in sides:
        if side.session_at >= day_start and side.is_decided(THREE_MINUTES):
            units.setdefault((side.session_at, side.owner), []).append(side.ms)
    for (session_at, owner), decided in units.items():
        if policy.in_window(session_at, DAY_WINDOW):
            tally.count(owner, "douyin_3min.total")
            answered = [ms for ms in decided if ms is not None]
            is_answered = len(answered) == len(decided)
            if is_answered and sum(answered) <= THREE_MINUTES * len(answered):
                tally.count(owner, "douyin_3min.hits")
