"""How busy a shop is: the curve of the day, and bursts (a live stream, a sale at a full hour)."""

from __future__ import annotations

import math
from random import Random
from typing import Final, NamedTuple

from ...contract.ids import MINUTE
from .room import Curve, minute_of_day

HOURS: Final = (
    0.35, 0.15, 0.08, 0.05, 0.05, 0.07, 0.15, 0.40, 0.80, 1.20, 1.60, 1.50,
    1.30, 1.30, 1.50, 1.60, 1.50, 1.20, 1.10, 1.50, 2.10, 2.20, 1.70, 0.90,
)  # fmt: skip


class Bursts(NamedTuple):
    """Peaks that no curve foresees; `gap` and `length` in minutes, means of random ones."""

    gap: float
    length: tuple[float, float]
    strength: tuple[float, float]

    def extra(self) -> float:
        """Return by how much they raise the average, as a share."""
        length, strength = sum(self.length) / 2, sum(self.strength) / 2
        return length * (strength - 1) / (self.gap + length)


BURSTS: Final[dict[Curve, Bursts]] = {
    "day": Bursts(gap=480, length=(8, 20), strength=(2.5, 4.5)),
    "flat": Bursts(gap=20, length=(2, 5), strength=(2.0, 3.0)),
}


def _day() -> tuple[float, ...]:
    """Return the weight of every minute of the day, linear between the hours, mean 1."""
    mean = sum(HOURS) / 24
    return tuple(
        (HOURS[m // 60] * (60 - m % 60) + HOURS[(m // 60 + 1) % 24] * (m % 60)) / 60 / mean
        for m in range(1440)
    )


def _flat() -> tuple[float, ...]:
    """Return a gentle wave with a period of twelve minutes, mean 1."""
    return tuple(1 + 0.25 * math.sin(2 * math.pi * m / 12) for m in range(1440))


CURVES: Final[dict[Curve, tuple[float, ...]]] = {"day": _day(), "flat": _flat()}


class Tide:
    """The arrivals of one shop: exponential gaps at the intensity of the minute."""

    __slots__ = ("_burst", "_bursts", "_curve", "_per_ms", "_rng", "load")

    def __init__(self, curve: Curve, *, per_ms: float, rng: Random, at: int) -> None:
        self._curve = CURVES[curve]
        self._bursts = BURSTS[curve]
        self._per_ms = per_ms / (1 + self._bursts.extra())
        self._rng = rng
        self._burst = self._next_burst(at)
        self.load = 1.0
        """How much longer than usual people wait at the moment, as a factor."""

    def _next_burst(self, at: float) -> tuple[float, float, float]:
        gap, length, strength = self._bursts
        start = at + self._rng.expovariate(1 / gap) * MINUTE
        end = start + self._rng.uniform(*length) * MINUTE
        return start, end, self._rng.uniform(*strength)

    def next_arrival(self, at: int) -> int:
        """Return the instant of the next arrival after `at`."""
        instant = float(at)
        while True:
            intensity = self._intensity(instant)
            self.load = 0.85 + 0.15 * min(intensity, 5.0)
            until = instant - instant % MINUTE + MINUTE
            instant += self._rng.expovariate(self._per_ms * intensity)
            if instant < until:
                return int(instant)
            instant = until  # without memory: draw again at the next minute's intensity

    def _intensity(self, instant: float) -> float:
        if instant >= self._burst[1]:
            self._burst = self._next_burst(instant)
        start, _, strength = self._burst
        here = self._curve[minute_of_day(int(instant))]
        return here * strength if instant >= start else here
