"""Numbers of rounds and response times (kpis.md 2)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ..contract.ids import MINUTE, SECOND
from .chat import agent_clock
from .policy import Policy
from .row import NOBODY, Asked, Chat, Round
from .tally import Tally

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
_LIMITS: Final = tuple((n * SECOND, f"duty_{n}s", f"within_{n}s") for n in LIMITS)


class Wait(Struct, frozen=True, gc=False):
    """A round from one side: the shop's (`owner` NOBODY) or its agent's, each with its clock.

    `ms`: the wait if answered, else None. `open_ms`: how long it has been open, None if it is over.
    """

    owner: str
    asked_at: int
    start: int
    replied_at: int | None
    ms: int | None
    open_ms: int | None
    session_at: int
    opens_session: bool

    def is_decided(self, limit: int) -> bool:
        """Tell whether it is answered, missed, or open for longer than `limit`."""
        return self.open_ms is None or self.open_ms > limit

    def is_hit(self, limit: int) -> bool:
        """Tell whether it was answered within `limit`."""
        return self.ms is not None and self.ms <= limit


def waits(rounds: Sequence[Round], asked: Asked | None, chat: Chat, now: int) -> list[Wait]:
    """Return the rounds of a day from the shop's side and from their agents'.

    `asked` is the round of that day that is open at `now`; it is its assignee's.
    """
    sides = []
    for asked_at, replied_at, agent_id, agent_from, session_at, opens in map(_fields, rounds):
        ms = None if replied_at is None else replied_at - asked_at
        sides.append(Wait(NOBODY, asked_at, asked_at, replied_at, ms, None, session_at, opens))
        if agent_id != NOBODY:
            ms = None if replied_at is None else replied_at - agent_from
            sides.append(
                Wait(agent_id, asked_at, agent_from, replied_at, ms, None, session_at, opens)
            )
    if asked is not None:
        owners = {NOBODY: asked.at, chat.assignee: agent_clock(chat, asked.at, chat.assignee)}
        for owner, start in owners.items():
            sides.append(
                Wait(
                    owner,
                    asked.at,
                    start,
                    None,
                    None,
                    now - start,
                    asked.session_at,
                    asked.opens_session,
                )
            )
    return sides


def tally_rounds(tally: Tally, sides: Sequence[Wait], policy: Policy) -> None:
    """Count rounds, waits, first responses, N-second rates and slow receptions."""
    slow: dict[str, int] = {}
    for side in sides:
        tally.add(side.owner, "rounds")
        if side.ms is not None:
            _tally_response(tally, side, side.ms)
            if side.ms > SLOW:
                slow[side.owner] = slow.get(side.owner, 0) + 1
        elif side.open_ms is None:
            tally.add(side.owner, "missed")
        if policy.in_duty(side.asked_at):
            _tally_limits(tally, side)
    for owner, count in slow.items():
        if count >= SLOW_WAITS:
            tally.add(owner, "slow_receptions")


def _tally_response(tally: Tally, side: Wait, ms: int) -> None:
    owner = side.owner
    bucket = BUCKETS[bisect_left(BOUNDS_MS, ms)]
    tally.add(owner, "answered")
    tally.add(owner, "response_ms_sum", ms)
    tally.add(owner, bucket)
    if ms > ALARMING:
        tally.add(owner, "alarming")
    if side.opens_session:
        tally.add(owner, "first_responses")
        tally.add(owner, "first_response_ms_sum", ms)
    assert side.replied_at is not None
    minute = side.replied_at // MINUTE
    tally.minutes += (
        (minute, owner, "answered", 1),
        (minute, owner, "response_ms_sum", ms),
        (minute, owner, bucket, 1),
    )


def _tally_limits(tally: Tally, side: Wait) -> None:
    owner, start = side.owner, side.start
    for limit, decided, hit in _LIMITS:
        if not side.is_decided(limit):
            continue
        at = start + limit
        if side.replied_at is not None and side.replied_at < at:
            at = side.replied_at
        tally.add(owner, decided)
        tally.minutes.append((at // MINUTE, owner, decided, 1))
        if side.is_hit(limit):
            tally.add(owner, hit)
            tally.minutes.append((at // MINUTE, owner, hit, 1))


def _fields(r: Round) -> tuple[int, int | None, str, int, int, bool]:
    return r.asked_at, r.replied_at, r.agent_id, r.agent_from, r.session_at, r.opens_session
