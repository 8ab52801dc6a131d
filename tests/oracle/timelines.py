"""Random NDJSON input, dense in edge cases: no believable shop, but one where rules meet.

Conversations are played in *scenes*, bursts of a few events with gaps at the limits of the rules,
in order of time; a line is read at its `at` plus a delay. Chat is delayed by at most `disorder_ms`,
so with 120,000 or less nothing is late; orders, marks and copies by up to six days, and few of them
are read after their day has closed. `late` is the share of events that go beyond. The same
arguments give the same bytes; memory grows with the buyers in flight and the delayed lines only.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Iterable, Iterator

from .cast import DAY, RULES, SHANGHAI, Buyer, Play
from .garbage import GARBAGE

__all__ = ["RULES", "random_lines"]

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
FIRST_DAY_MS = 1_740_931_200_000  # 2025-03-03 00:00 in Asia/Shanghai

# Gaps inside a scene: mostly moments, and every limit of the rules with its neighbours.
GAPS = (
    [0] * 12
    + [1, 999, 2_000, 4_000, 7_000, 11_000, 17_000, 25_000, 40_000] * 4
    + [5_000, 5_001, 10_000, 15_000, 29_999, 30_000, 30_000, 30_001, 60_000, 60_001] * 2
    + [99_999, 100_000, 100_001, 119_999, 120_000, 120_001, 120_001, 121_000, 150_000]
    + [179_999, 180_000, 180_000, 180_001, 240_000, 299_999, 300_000, 300_001]
    + [599_999, 600_000, 600_000, 600_001, 600_001, 900_000, 1_800_000, 1_800_001]
    + [2 * HOUR - 1, 2 * HOUR, 2 * HOUR + 1, HOUR, 5 * HOUR]
)

# Instants of a day that a scene likes to begin just before or at.
INSTANTS = [8 * HOUR, 9 * HOUR, 12 * HOUR, 18 * HOUR, 22 * HOUR, 23 * HOUR, DAY, DAY]
NEAR = [-600_000, -180_000, -30_000, -2, -1, -1, 0, 0, 0, 1, 30_000]

# A long session keeps silent for at most 10 minutes, from before 23:00 until after midnight.
BREATHS = [600_000, 600_000, 599_999, 540_000, 300_000]

# Pauses between scenes that matter: silence, validity, conversion spans, follow-up, both memories.
PAUSES = [0, 1, 600_000, 600_001, HOUR, 2 * HOUR, 12 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY]
LONG_PAUSES = [4 * DAY, 7 * DAY - 1, 7 * DAY, 8 * DAY - 1, 8 * DAY, 8 * DAY + 1, 10 * DAY]
LONGER_PAUSES = [*LONG_PAUSES, 21 * DAY - 1, 21 * DAY, 21 * DAY + 1, 22 * DAY]
# ... and since the newest payment: the follow-up and the after-sale time.
SINCE_PAID = [7 * DAY - 1, 7 * DAY, 21 * DAY - 1, 21 * DAY, 21 * DAY - HOUR, 21 * DAY + 1, DAY]
# The run may end exactly when something is decided.
LAST = [0, 30_000, 30_001, 180_000, 300_000, 300_001, 600_000, 600_001, 2 * HOUR, 2 * HOUR + 1]

_CHAT = ('"message"', '"transfer"')
_FEWEST, _MOST = 2, 12  # events in a scene
_LENGTH = (_FEWEST + _MOST) / 2
_FIXED_MS = 9 * HOUR  # about what a scene and the pauses with a meaning take, for the pace


def random_lines(
    seed: int,
    events: int,
    *,
    shops: int = 2,
    buyers: int = 200,
    agents: int = 5,
    days: int = 30,
    duplicates: float = 0.02,
    disorder_ms: int = 120_000,
    far: float = 0.03,
    late: float = 0.0,
    garbage: float = 0.005,
    start_ms: int = FIRST_DAY_MS,
) -> Iterator[bytes]:
    """Yield that many lines (without their ends) in reading order, over about that many days.

    `buyers`: in flight at a time, over all shops; others take their places. More of them for the
    same events mean longer pauses; with too few the days become more than asked for.
    `duplicates`: share of events that come again. `far`: share of orders, marks and copies that are
    delayed by up to six days. `late`: share of events delayed beyond the lateness and beyond the
    closing of days.
    """
    rng = random.Random(seed)
    play = _Stage(
        rng,
        Play(rng, agents),
        _Delays(rng, duplicates, disorder_ms, far, late),
        shops=shops,
        days=days,
        # the mean of the pauses without a meaning of their own, seven of ten
        pause=max(10 * MINUTE, (days * DAY * buyers * _LENGTH / events - _FIXED_MS) / 0.7),
    )
    lines = play.lines(start_ms, buyers)
    if garbage:
        lines = _strewn(rng, lines, garbage)
    newest: deque[bytes] = deque(maxlen=50)
    for line in itertools.islice(lines, events - 1):
        newest.append(line)
        yield line
    yield _last(rng, newest)


class _Delays:
    """When a line is read, and whether again."""

    def __init__(
        self, rng: random.Random, duplicates: float, disorder_ms: int, far: float, late: float
    ) -> None:
        self._random = rng.random
        self._duplicates = duplicates
        self._disorder_ms = disorder_ms
        self._far = far
        self._late = late

    def of(self, at: int, fields: str) -> int:
        draw = self._random
        chat = fields.startswith(_CHAT)
        if self._late and draw() < self._late:
            if draw() < 0.2:
                return at + self._disorder_ms + int(draw() * 2)
            return at + int(draw() * (10 * MINUTE if draw() < 0.5 else 15 * DAY))
        if not chat and draw() < self._far * 4:
            return at + int(draw() * (6 * DAY if draw() < 0.3 else 5 * HOUR))
        if draw() < 0.3:
            return at + min(self._disorder_ms, int(draw() * 1.1 * self._disorder_ms))
        return at

    def again(self, at: int) -> int | None:
        """Return when the copy is read, if there is one."""
        draw = self._random
        if draw() >= self._duplicates:
            return None
        return at + int(draw() * (6 * DAY if draw() < self._far else MINUTE))


class _Stage:
    """The scenes of all buyers, in order of time, and the lines that wait to be read."""

    def __init__(
        self,
        rng: random.Random,
        play: Play,
        delays: _Delays,
        *,
        shops: int,
        days: int,
        pause: float,
    ) -> None:
        self._rng = rng
        self._random = rng.random
        self._play = play
        self._delays = delays
        self._shops = shops
        self._pause = pause
        self._days = days
        self._long = LONGER_PAUSES if days >= 30 else LONG_PAUSES if days >= 12 else PAUSES
        self._names = itertools.count(1)
        self._numbers = itertools.count()
        self._pending: list[tuple[int, int, bytes]] = []  # (read at, number, line)

    def lines(self, start_ms: int, buyers: int) -> Iterator[bytes]:
        """Yield lines without an end, each when nothing older can come any more."""
        draw, pending = self._random, self._pending
        stage = [
            (start_ms + int(draw() * DAY / 2), slot, False, self._arrive())
            for slot in range(buyers)
        ]
        heapq.heapify(stage)
        while True:
            at, slot, exact, buyer = stage[0]
            while pending and pending[0][0] <= at:
                yield heapq.heappop(pending)[2]
            end = self._scene(buyer, at, exact)
            if draw() < 0.1:
                buyer = self._arrive()
            resumed, exact = self._resume(buyer, end)
            heapq.heapreplace(stage, (resumed, slot, exact, buyer))

    def _arrive(self) -> Buyer:
        number = next(self._names)
        return Buyer(f"b{number}", f"s{1 + number % self._shops}")

    def _scene(self, buyer: Buyer, at: int, exact: bool) -> int:
        """Play a scene from `at` or a little later (never, if `exact`); return its last instant."""
        draw, play = self._random, self._play
        length = _FEWEST + int(draw() * (_MOST - _FEWEST + 1))
        midnight = at - (at + SHANGHAI) % DAY
        gaps = GAPS
        buys = False
        if not exact:
            chance = draw()
            if chance < 0.02:
                at = max(at, midnight + 23 * HOUR - 1 - int(draw() * 15) * MINUTE)
                gaps, length = BREATHS, 8 + int(draw() * 8)
            elif chance < 0.2:
                near = NEAR[int(draw() * len(NEAR))]
                at = max(at, midnight + INSTANTS[int(draw() * len(INSTANTS))] + near)
                buys = draw() < 0.3
            elif chance < 0.4:
                at -= at % -MINUTE  # up to a whole minute
        self._line(buyer, at, play.buy(buyer, at) if buys else play.act(buyer, at))
        for _ in range(length - 1):
            if draw() < 0.01:  # exactly at, or a millisecond before or after the next midnight
                at = max(at, midnight + DAY - 1 + int(draw() * 3))
                midnight = at - (at + SHANGHAI) % DAY
                self._line(buyer, at, play.buy(buyer, at) if draw() < 0.6 else play.act(buyer, at))
                continue
            at += gaps[int(draw() * len(gaps))]
            self._line(buyer, at, play.act(buyer, at))
        return at

    def _line(self, buyer: Buyer, at: int, fields: str) -> None:
        number = next(self._numbers)
        # ids are no order: within a millisecond the first, scrambled digits decide
        line = (
            f'{{"type":{fields},"event_id":"{number * 2654435761 % 65521:x}-{number}",'
            f'"shop_id":"{buyer.shop}","buyer_id":"{buyer.name}","at":{at}}}'
        ).encode()
        heapq.heappush(self._pending, (self._delays.of(at, fields), number, line))
        again = self._delays.again(at)
        if again is not None:
            heapq.heappush(self._pending, (again, next(self._numbers), line))

    def _resume(self, buyer: Buyer, end: int) -> tuple[int, bool]:
        """Return when the buyer comes again, and whether exactly then."""
        draw = self._random
        chance = draw()
        if chance < 0.25:
            return end + PAUSES[int(draw() * len(PAUSES))], draw() < 0.5
        if chance < 0.26:
            return end + self._long[int(draw() * len(self._long))], True
        if chance < 0.29 and buyer.paid_at and self._days >= 12:
            since = buyer.paid_at + SINCE_PAID[int(draw() * len(SINCE_PAID))]
            if since >= end:
                return since, True
        return end + int(self._rng.expovariate(1 / self._pause)), False


def _strewn(rng: random.Random, lines: Iterator[bytes], share: float) -> Iterator[bytes]:
    for line in lines:
        while rng.random() < share:
            yield GARBAGE[int(rng.random() * len(GARBAGE))]
        yield line


def _last(rng: random.Random, newest: Iterable[bytes]) -> bytes:
    """Return the line that ends the run: at a limit after one of the newest questions."""
    asked = [line for line in newest if b'"sender":"buyer"' in line and b'"at":' in line[-22:]]
    instants = [int(line[line.rindex(b":") + 1 : -1]) for line in asked] or [FIRST_DAY_MS]
    at = rng.choice(instants) + rng.choice(LAST)
    if rng.random() < 0.2:
        at -= (at + SHANGHAI) % -DAY  # the end of the day
    presence = b'{"type":"presence","event_id":"z","shop_id":"s1","agent_id":"a1","state":"busy"'
    return presence + b',"at":%d}' % max(at, *instants)
