"""Each platform's own rule, computed side by side (kpis.md 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from ..contract.ids import HOUR, SECOND
from .policy import Policy
from .rounds import Wait
from .tally import Tally

PROFILES: Final = (
    "taobao_3min",
    "taobao_avg",
    "pdd_3min",
    "jd_30s",
    "douyin_3min",
    "kuaishou_3min",
)
DAY_WINDOW: Final = (8 * HOUR, 23 * HOUR)
JD_WINDOW: Final = (9 * HOUR, 23 * HOUR)
THREE_MINUTES: Final = 180 * SECOND
JD_LIMIT: Final = 30 * SECOND
CAP: Final = 600 * SECOND

_owner: Final = attrgetter("owner")
_session: Final = attrgetter("owner", "session_at")


def tally_profiles(
    tally: Tally, human: Sequence[Wait], assisted: Sequence[Wait], *, day_start: int, policy: Policy
) -> None:
    """Count the units and hits of all profiles of one conversation-day.

    `human` are the waits until a person's reply, `assisted` until a person's or assisting bot's.
    """
    _taobao(tally, [w for w in assisted if policy.in_window(w.asked_at, DAY_WINDOW)])
    _buyer_day(tally, [w for w in human if policy.in_window(w.asked_at, DAY_WINDOW)])
    _jd(tally, (w for w in human if w.opens_session and policy.in_window(w.session_at, JD_WINDOW)))
    _douyin(
        tally,
        [
            w
            for w in assisted
            if w.session_at >= day_start and policy.in_window(w.session_at, DAY_WINDOW)
        ],
    )


def _taobao(tally: Tally, sides: Iterable[Wait]) -> None:
    for side in sides:
        if side.is_decided(THREE_MINUTES):
            _unit(tally, "taobao_3min", side.owner, is_hit=side.is_hit(THREE_MINUTES))
        if side.is_decided(CAP):
            tally.add(side.owner, "taobao_avg.total")
            tally.add(
                side.owner, "taobao_avg.ms_sum", CAP if side.ms is None else min(side.ms, CAP)
            )


def _buyer_day(tally: Tally, sides: Iterable[Wait]) -> None:
    for owner, units in groupby(sorted(sides, key=_owner), key=_owner):
        decided = [unit for unit in units if unit.is_decided(THREE_MINUTES)]
        if decided:
            is_hit = all(unit.is_hit(THREE_MINUTES) for unit in decided)
            _unit(tally, "pdd_3min", owner, is_hit=is_hit)
            _unit(tally, "kuaishou_3min", owner, is_hit=is_hit)


def _jd(tally: Tally, sides: Iterable[Wait]) -> None:
    for side in sides:
        if side.is_decided(JD_LIMIT):
            _unit(tally, "jd_30s", side.owner, is_hit=side.is_hit(JD_LIMIT))


def _douyin(tally: Tally, sides: Iterable[Wait]) -> None:
    for (owner, _), units in groupby(sorted(sides, key=_session), key=_session):
        decided = [unit for unit in units if unit.is_decided(THREE_MINUTES)]
        if decided:
            answered = [unit.ms for unit in decided if unit.ms is not None]
            mean_holds = sum(answered) <= THREE_MINUTES * len(answered)
            is_hit = len(answered) == len(decided) and mean_holds
            _unit(tally, "douyin_3min", owner, is_hit=is_hit)


def _unit(tally: Tally, profile: str, owner: str, *, is_hit: bool) -> None:
    tally.add(owner, f"{profile}.total")
    if is_hit:
        tally.add(owner, f"{profile}.hits")
