"""Numbers of rounds and response times (kpis.md 2)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ..contract.ids import HOUR, MINUTE, SECOND
from .chat import agent_clock
from .policy import Policy
from .row import NOBODY, Asked, Chat, Round
from .tally import Moment, Tally

BOUNDS_MS: Final = tuple(
    s * SECOND for s in (5, 10, 15, 20, 30, 45, 60, 90, 100, 120, 180, 300, 600, 1800)
)
"""Upper bounds of the response-time histogram; a last bucket without one follows."""
BUCKETS: Final = tuple(f"responses.{i}" for i in range(len(BOUNDS_MS) + 1))

ALARMING: Final = 100 * SECOND
SLOW: Final = 120 * SECOND
SLOW_WAITS: Final = 3
LIMITS: Final = (30, 60, 180, 300)
"""The N of the N-second response rates."""
DAY_WINDOW: Final = (8 * HOUR, 23 * HOUR)
"""The window of most platform profiles."""

_DECIDED: Final = tuple((n * SECOND, f"duty_{n}s") for n in LIMITS)
_HIT: Final = tuple((n * SECOND, f"within_{n}s") for n in LIMITS)


class Wait(Struct, frozen=True, gc=False):
    """A round from one side: the shop's (`owner` NOBODY) or its agent's, each with its clock.

    `ms`: the wait if answered, else None. `open_ms`: how long it has been open, None if it is over.
    `on_duty`, `in_day`: asked in the duty window, in `DAY_WINDOW`.
    """

    owner: str
    start: int
    replied_at: int | None
    ms: int | None
    open_ms: int | None
    session_at: int
    opens_session: bool
    on_duty: bool
    in_day: bool

    def is_decided(self, limit: int) -> bool:
        """Tell whether it is answered, missed, or open for longer than `limit`."""
        return self.open_ms is None or self.open_ms > limit

    def is_hit(self, limit: int) -> bool:
        """Tell whether it was answered within `limit`."""
        return self.ms is not None and self.ms <= limit


def waits(
    rounds: Sequence[Round], asked: Asked | None, chat: Chat, now: int, policy: Policy
) -> list[Wait]:
    """Return the rounds of a day from the shop's side and from their agents'.

    `asked` is the round of that day that is open at `now`; it is its assignee's.
    """
    sides = []
    for r in rounds:
        replied_at, agent_id, agent_from = r.replied_at, r.agent_id, r.agent_from
        asked_at, rest = r.asked_at, _rest(r, policy)
        ms = None if replied_at is None else replied_at - asked_at
        sides.append(Wait(NOBODY, asked_at, replied_at, ms, None, *rest))
        if agent_id != NOBODY:
            ms = None if replied_at is None else replied_at - agent_from
            sides.append(Wait(agent_id, agent_from, replied_at, ms, None, *rest))
    if asked is not None:
        rest = _rest(
            Round(asked.at, None, NOBODY, asked.at, asked.session_at, asked.opens_session), policy
        )
        starts = {NOBODY: asked.at, chat.assignee: agent_clock(chat, asked.at, chat.assignee)}
        for owner, start in starts.items():
            sides.append(Wait(owner, start, None, None, now - start, *rest))
    return sides


def tally_rounds(tally: Tally, sides: Sequence[Wait]) -> None:
    """Count rounds, waits, first responses, N-second rates and slow receptions."""
    slow: dict[str, int] = {}
    for side in sides:
        ms = side.ms
        if ms is None:
            _tally_unanswered(tally, side)
            continue
        _tally_answered(tally, side, ms)
        if ms > SLOW:
            slow[side.owner] = slow.get(side.owner, 0) + 1
    for owner, count in slow.items():
        if count >= SLOW_WAITS:
            tally.count(owner, "slow_receptions")


def _tally_answered(tally: Tally, side: Wait, ms: int) -> None:
    piece = bisect_left(_BREAKS, ms)
    numbers = tally.of(side.owner)
    numbers.names += _ANSWERED_ON_DUTY[piece] if side.on_duty else _ANSWERED[piece]
    numbers.add("response_ms_sum", ms)
    if side.opens_session:
        numbers.names.append("first_responses")
        numbers.add("first_response_ms_sum", ms)
    if tally.moments is not None:
        assert side.replied_at is not None  # noqa: S101  # it has a wait, so it was answered
        minute = side.replied_at // MINUTE
        if minute >= tally.since:
            tally.moments.append(Moment(minute, side.owner, _RESPONSE[piece], ms))
            if side.on_duty:
                tally.moments.append(Moment(minute, side.owner, _ON_TIME[piece]))
                _note_overdue(tally.moments, side, ms)


def _tally_unanswered(tally: Tally, side: Wait) -> None:
    names = tally.of(side.owner).names
    names.append("rounds")
    if side.open_ms is None:
        names.append("missed")
    if side.on_duty:
        names += (name for n, name in _DECIDED if side.is_decided(n))
        if tally.moments is not None:
            _note_overdue(tally.moments, side, side.open_ms)


def _note_overdue(moments: list[Moment], side: Wait, ms: int | None) -> None:
    """Note, in the minute of the limit, the limits that a wait of `ms` (None: ever) exceeds."""
    for limit, decided in _DECIDED:
        if ms is None or ms > limit:
            moments.append(Moment((side.start + limit) // MINUTE, side.owner, (decided,)))


def _rest(r: Round, policy: Policy) -> tuple[int, bool, bool, bool]:
    time = policy.calendar.time_of_day(r.asked_at)
    duty_start, duty_end = policy.duty_window
    on_duty = duty_start <= time < duty_end
    return r.session_at, r.opens_session, on_duty, DAY_WINDOW[0] <= time < DAY_WINDOW[1]


# What an answered wait counts for changes at these waits only: looked up, not computed each time.

_BREAKS: Final = tuple(sorted({*BOUNDS_MS, ALARMING, *(limit for limit, _ in _HIT)}))
_PIECES: Final = (*_BREAKS, _BREAKS[-1] + 1)  # mutation: any longer wait will do


def _response(ms: int) -> tuple[str, ...]:
    return "answered", BUCKETS[bisect_left(BOUNDS_MS, ms)]


def _answered(ms: int) -> tuple[str, ...]:
    return ("rounds", *_response(ms), *(("alarming",) if ms > ALARMING else ()))


def _on_time(ms: int) -> tuple[str, ...]:
    """Name the limits decided at the reply: those that it kept."""
    decided = (name for limit, name in _DECIDED if ms <= limit)
    return (*decided, *(name for limit, name in _HIT if ms <= limit))


def _answered_on_duty(ms: int) -> tuple[str, ...]:
    hits = (name for limit, name in _HIT if ms <= limit)
    return (*_answered(ms), *(name for _, name in _DECIDED), *hits)


_RESPONSE: Final = tuple(map(_response, _PIECES))
_ANSWERED: Final = tuple(map(_answered, _PIECES))
_ON_TIME: Final = tuple(map(_on_time, _PIECES))
_ANSWERED_ON_DUTY: Final = tuple(map(_answered_on_duty, _PIECES))
