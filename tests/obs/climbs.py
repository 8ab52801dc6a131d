"""The cases every alert with a threshold has: at it, above it, holding, resolving, silent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.obs.lab import DUTY_ENDS, Case, Line, Series

KEEP = 60
"""Seconds an alert keeps firing after it is over."""

Feed = Callable[[Line, str, int], dict[str, Series]]
"""Makes series whose value, as the alert sees it, is the line; for whom, and from how many."""


@dataclass(frozen=True)
class Level:
    """One severity: fires beyond `limit`, holds until it is back at `until`."""

    severity: str
    limit: float
    until: float


@dataclass(frozen=True)
class Climb:
    """An alert with thresholds, and how to bring its value about."""

    feed: Feed
    levels: tuple[Level, ...]
    """Mildest first."""
    wait: int
    step: float
    """What little beyond a threshold is; negative where low is bad."""
    who: tuple[str, str]
    """The labels of the one it is about, and of another one beside if there can be one."""
    samples: int = 0
    """How many there must be at least; 0: no matter."""
    noise: Mapping[str, Series] = field(default_factory=dict)
    """Series that are bad and must not matter."""
    duty: bool = True
    remembered: bool = False
    """The value goes on when the series end."""

    def cases(self) -> Iterator[Case]:
        """Give all cases."""
        for index, level in enumerate(self.levels):
            milder = [lower.severity for lower in self.levels[:index]]
            yield from self._level(level, milder)
        if self.samples:
            yield self._too_few()
        if not self.remembered:
            yield self._gone()
        if self.duty:
            yield self._off_duty()

    def _level(self, level: Level, milder: list[str]) -> Iterator[Case]:
        name, wait = level.severity, self.wait
        beyond, inside = level.limit + self.step, level.until + self.step
        reached = [*milder, name]
        yield Case(
            f"{name}: silent at {level.limit:g}, whatever else is bad",
            {
                **self._feed({0: level.limit}),
                **self._foreign(name),
            },
            {wait: milder, wait + 60: milder},
            self.who[0],
        )
        yield Case(
            f"{name}: fires beyond {level.limit:g} after {wait} s, and nobody else with it",
            {**self._feed({0: beyond}), **self._other({0: beyond}, few=True)},
            {max(wait - 5, 0): [f"{s}?" for s in reached], wait: reached, wait + 60: reached},
            self.who[0],
        )
        over = wait + 190
        yield Case(
            f"{name}: holds until {level.until:g}, then resolves",
            {
                **self._feed({0: beyond, wait + 10: inside, over: level.until}),
                **self._other({0: inside}, few=False),
            },
            {
                over - 5: [*reached, *self._others(milder)],
                over + KEEP - 5: [*reached, *self._others(milder)],
                over + KEEP: [*milder, *self._others(milder)],
            },
            self.who[0],
        )
        yield Case(
            f"{name}: a peak of less than {wait} s is none",
            self._feed({0: beyond, wait: level.limit}),
            {wait: milder, wait + 60: milder},
            self.who[0],
        )

    def _too_few(self) -> Case:
        worst = self.levels[-1].limit + 10 * self.step
        given = {**self.feed({0: worst}, self.who[0], self.samples - 1), **self.noise}
        return Case("silent with too few samples", given, {self.wait + 60: []})

    def _gone(self) -> Case:
        end = self.wait + 30
        return Case(
            "resolves when the series end",
            self._feed({0: self._worst(), end: None}),
            {end + KEEP - 5: self._all(), end + KEEP: []},
            self.who[0],
        )

    def _off_duty(self) -> Case:
        return Case(
            "resolves at the end of duty, and is silent at night",
            self.feed({0: None, DUTY_ENDS - 1200: self._worst()}, self.who[0], self.samples),
            {DUTY_ENDS - 60: self._all(), DUTY_ENDS + 120: [], DUTY_ENDS + 1200: []},
            self.who[0],
            interval=60,
        )

    def _feed(self, line: Line) -> dict[str, Series]:
        return {**self.feed(line, self.who[0], self.samples), **self.noise}

    def _other(self, line: Line, *, few: bool) -> dict[str, Series]:
        """Feed the one beside, with enough samples or too few; nothing where that makes no case."""
        if not self.who[1] or (few and not self.samples):
            return {}
        return self.feed(line, self.who[1], self.samples - few)

    def _others(self, severities: list[str]) -> list[str]:
        return [f"{severity} {self.who[1]}" for severity in severities if self.who[1]]

    def _foreign(self, severity: str) -> dict[str, Series]:
        """Another alert about the same one fires; that is no reason to hold."""
        pairs = [pair.split("=") for pair in self.who[0].split()]
        labels = ",".join(f'{name}="{value}"' for name, value in pairs)
        rest = f'alertname="Other",alertstate="firing",severity="{severity}",{labels}'
        return {f"ALERTS{{{rest}}}": Series({0: 1})}

    def _worst(self) -> float:
        return self.levels[-1].limit + self.step

    def _all(self) -> list[str]:
        return [level.severity for level in self.levels]
