"""The people of a shop: who is how fast, and who is at the desk when."""

from __future__ import annotations

from random import Random
from typing import Final

from .room import Room, clock, day_number, minute_of_day

NAMES: Final = (
    "xiaoyu", "mengmeng", "anna", "chenchen", "lele", "tiantian", "kevin", "yueyue", "dongdong",
    "mia", "xiaolin", "baobao", "qiqi", "haoran", "sisi", "ningning", "taozi", "jasmine", "afei",
    "yangyang", "mumu", "jiajia", "leo", "xinxin",
)  # fmt: skip

PACE_MS: Final = (20_000, 42_000)  # mean waits of the normal agents lie between these
SLOW_PACE_MS: Final = (125_000, 170_000)
ONE_SLOW_IN: Final = 6
TURNS: Final = ((8.5, 17.0, 11.5), (15.5, 24.5, 17.5))  # start, end, first possible break
NIGHT: Final = (23.5, 32.5, 27.5)  # of a shop with enough people; elsewhere questions wait
NIGHT_AGENT: Final = 4
ALONE: Final = (8.5, 24.0, 12.5)
BREAK_MINUTES: Final = 40
STEP: Final = 10 * 60_000


class Agent:
    """One person: `pace_ms` is the mean wait, `drop` the chance that a question is forgotten."""

    __slots__ = ("agent_id", "drop", "off", "pace_ms", "pause", "turn")

    def __init__(self, agent_id: str, pace_ms: float, drop: float, number: int, room: Room) -> None:
        self.agent_id = agent_id
        self.pace_ms = pace_ms
        self.drop = drop
        works_daily = number == NIGHT_AGENT or room.agents < 4 or room.curve == "flat"
        self.off = -1 if works_daily else number % 7
        self.turn, self.pause = _turn(number, room)

    def is_on(self, minute: int, weekday: int) -> bool:
        """Tell whether the agent is at the desk; `minute` may be that of a late shift's night."""
        start, end = self.turn
        if end > 1440 and minute < end - 1440:  # after midnight it is still yesterday's shift
            minute, weekday = minute + 1440, (weekday - 1) % 7
        begins, over = self.pause
        return start <= minute < end and not begins <= minute < over and weekday != self.off


def _turn(number: int, room: Room) -> tuple[tuple[int, int], tuple[int, int]]:
    if room.curve == "flat":  # a quarter of an hour of break each, spread over the clock
        pause = number * 1440 // room.agents
        return (0, 1440), (pause, pause + 15 if room.agents > 1 else pause)
    start, end, lunch = TURNS[number % 2] if room.agents > 1 else ALONE
    pause = clock(lunch + 0.5 * (number // 2 % 4))
    if number == NIGHT_AGENT:
        start, end, lunch = NIGHT
        pause = clock(lunch)
    return (clock(start), clock(end)), (pause, pause + BREAK_MINUTES)


class Desk:
    """A shop: its id, its name, its people."""

    __slots__ = ("_duty", "agents", "name", "shop_id", "supervisor")

    def __init__(self, number: int, room: Room, rng: Random) -> None:
        self.shop_id = f"shop-{number + 1:02d}"
        self.name = f"{'青禾云栖南山拾光'[number * 2 % 8 :][:2]}旗舰店"
        self.supervisor = f"lead-{number + 1:02d}"
        names = rng.sample(NAMES, len(NAMES))
        self.agents = tuple(
            _hire(names, n, room, rng, slow=n % ONE_SLOW_IN == 1) for n in range(room.agents)
        )
        self._duty: dict[tuple[int, int], tuple[Agent, ...]] = {}

    def duty(self, at: int) -> tuple[Agent, ...]:
        """Return who is at the desk at an instant."""
        key = minute_of_day(at), day_number(at) % 7
        found = self._duty.get(key)
        if found is None:  # at most a week of minutes
            found = tuple(agent for agent in self.agents if agent.is_on(*key))
            self._duty[key] = found
        return found

    def opening(self, at: int) -> int:
        """Return the next instant, in steps of ten minutes, at which somebody is at the desk."""
        at -= at % STEP
        for _ in range(7 * 144):
            at += STEP
            if self.duty(at):
                break
        return at


def _hire(names: list[str], number: int, room: Room, rng: Random, *, slow: bool) -> Agent:
    lap, place = divmod(number, len(names))
    low, high = SLOW_PACE_MS if slow else PACE_MS
    return Agent(
        names[place] + (str(lap + 1) if lap else ""),
        rng.uniform(low, high),
        0.03 if slow else rng.uniform(0.004, 0.012),
        number,
        room,
    )


def hire(room: Room, rng: Random) -> tuple[Desk, ...]:
    """Return the desks of a room: one slow agent in six, so that a board has something to show."""
    return tuple(Desk(number, room, rng) for number in range(room.shops))
