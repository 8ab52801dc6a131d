"""Presence and assessments of the agents: events of the office, only when the room wants them."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal, TypeAlias

from ...contract.events import Awarded, Deducted, Presence
from ...contract.ids import HOUR, MINUTE
from .floor import Floor
from .staff import Agent, Desk

State: TypeAlias = Literal["online", "busy", "suspended", "offline"]
FAULTS: Final = ("training", "absence", "absenteeism", "late_report", "chat_audit")
MERITS: Final = ("praise", "overtime", "mentoring")


def open_office(floor: Floor, at: int) -> None:
    """Begin to watch every agent, and to assess."""
    if floor.extra is None:
        return
    for desk in floor.desks:
        floor.plan(at + HOUR, partial(_assess, floor, desk))
        for agent in desk.agents:
            floor.plan(at, partial(_watch, floor, desk, agent, "offline"))


def _watch(floor: Floor, desk: Desk, agent: Agent, state: State, at: int) -> None:
    """Look once a minute whether the agent came, went, paused or got busy."""
    assert floor.extra is not None  # noqa: S101  # planned only if there is one
    now = state
    if agent not in desk.duty(at):
        now = "suspended" if agent in desk.duty(at - HOUR) else "offline"
    elif state not in ("online", "busy"):
        now = "online"
    elif floor.extra.random() < 0.01:
        now = "busy" if state == "online" else "online"
    if now != state:
        floor.put(
            Presence(
                event_id=floor.event_id(),
                shop_id=desk.shop_id,
                at=at,
                agent_id=agent.agent_id,
                state=now,
            )
        )
    floor.plan(at + MINUTE, partial(_watch, floor, desk, agent, now))


def _assess(floor: Floor, desk: Desk, at: int) -> None:
    """Let the supervisor give or take points, a few times a day."""
    assert floor.extra is not None  # noqa: S101  # planned only if there is one
    rng = floor.extra
    agent = desk.agents[int(rng.random() * len(desk.agents))]
    good = rng.random() < 0.5
    reasons = MERITS if good else FAULTS
    floor.put(
        (Awarded if good else Deducted)(
            event_id=floor.event_id(),
            shop_id=desk.shop_id,
            at=at,
            agent_id=agent.agent_id,
            points=1 + int(rng.random() * 5),
            reason=reasons[int(rng.random() * len(reasons))],
            by=desk.supervisor,
        )
    )
    floor.plan(at + 2 * HOUR + int(rng.random() * 6 * HOUR), partial(_assess, floor, desk))
