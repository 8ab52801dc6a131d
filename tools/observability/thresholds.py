"""The settings file `thresholds.toml` of the package, read and validated."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct, field

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "src" / "chatpulse" / "telemetry" / "thresholds.toml"

SEVERITIES: Final = ("info", "warning", "critical")
UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WINDOWS: Final = ("5m", "1h", "today")


class ThresholdsError(ValueError):
    """The settings file is wrong; `str()` is the one clear line."""


class _Section(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Duty(_Section):
    """The hours in which buyers are answered, `HH:MM` of the shop; `end` may be 24:00."""

    timezone: str
    start: str
    end: str
    grace: str

    @property
    def offset_seconds(self) -> int:
        """How far the shop's clock is ahead of UTC."""
        return _offset(self.timezone)

    @property
    def start_seconds(self) -> int:
        """Seconds after midnight at which duty begins."""
        return clock_seconds(self.start)

    @property
    def end_seconds(self) -> int:
        """Seconds after midnight at which duty ends; exclusive."""
        return clock_seconds(self.end)


class Hysteresis(_Section):
    """How an alert holds: down to this share of its threshold, and `keep` after that."""

    hold: float
    keep: str


class Colours(_Section):
    """Colours as `#RRGGBB`."""

    good: str
    warning: str
    critical: str
    neutral: str


class Links(_Section):
    """Base addresses, without a slash at the end."""

    dashboards: str
    runbook: str


class Levels(_Section):
    """Thresholds by severity, absent where there is none.

    A critical threshold below the warning is one of a rate: low is bad.
    """

    info: float | None = None
    warning: float | None = None
    critical: float | None = None

    @property
    def by_severity(self) -> dict[str, float]:
        """Return the thresholds there are, mildest first."""
        values = ((severity, getattr(self, severity)) for severity in SEVERITIES)
        return {severity: value for severity, value in values if value is not None}


class Limit(Levels, frozen=True, forbid_unknown_fields=True):
    """The thresholds of one alert, and under which conditions they count."""

    wait: str = "0s"
    """How long it must be so before it fires (Prometheus' `for`)."""
    window: str | None = None
    samples: int | None = None
    """How many rounds, buyers or replies there must be."""
    limit: int | None = None
    """Seconds of an N-second rate."""
    topic: str | None = None


class Thresholds(_Section):
    """The whole file."""

    duty: Duty
    hysteresis: Hysteresis
    colours: Colours
    links: Links
    alerts: dict[str, Limit]
    display: dict[str, Levels] = field(default_factory=dict)


@cache
def load(path: Path = FILE) -> Thresholds:
    """Return the validated settings; raise ThresholdsError with key and reason."""
    return parse(path.read_bytes())


def parse(text: bytes | str) -> Thresholds:
    """Return the settings in `text`; raise ThresholdsError with key and reason."""
    try:
        found = msgspec.toml.decode(text, type=Thresholds)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ThresholdsError(str(error)) from None
    _check_duty(found.duty)
    _check(0 < found.hysteresis.hold <= 1, "hysteresis.hold", "must be above 0 and at most 1")
    seconds(found.hysteresis.keep, "hysteresis.keep")
    for name, colour in msgspec.structs.asdict(found.colours).items():
        fine = re.fullmatch("#[0-9A-F]{6}", colour)
        _check(fine is not None, f"colours.{name}", f"{colour!r} is not written as #0099AA")
    for name, link in msgspec.structs.asdict(found.links).items():
        fine = re.fullmatch(r"https?://[^\s/]+(/[^\s?#]*[^\s?#/])?", link)
        _check(fine is not None, f"links.{name}", "must be an http address without a last slash")
    for name, limit in found.alerts.items():
        _check_limit(f"alerts.{name}", limit)
    for name, levels in found.display.items():
        _check_levels(f"display.{name}", levels)
    return found


def hold(threshold: float, share: float, *, low: bool) -> float:
    """Return down (or for a rate up) to where an alert of this threshold holds."""
    return round(1 - (1 - threshold) * share if low else threshold * share, 6)


def seconds(duration: str, key: str = "duration") -> int:
    """Return the seconds of a duration as Prometheus writes them: one number and one unit."""
    match = re.fullmatch(r"(\d+)([smhd])", duration)
    if match is None:
        raise ThresholdsError(f"{key}: {duration!r} is no duration such as 30s, 5m or 1h")
    return int(match[1]) * UNITS[match[2]]


def clock_seconds(clock: str) -> int:
    """Return the seconds from midnight to `clock`, which is HH:MM up to 24:00."""
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def add(clock: str, duration: str) -> str:
    """Return the time of day `duration` after `clock`, at most 24:00."""
    later = min(clock_seconds(clock) + seconds(duration), 86400)
    return f"{later // 3600:02}:{later % 3600 // 60:02}"


def _check(fine: bool, key: str, reason: str) -> None:
    if not fine:
        raise ThresholdsError(f"{key}: {reason}")


def _check_duty(duty: Duty) -> None:
    for key in ("start", "end"):
        clock = getattr(duty, key)
        fine = re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]|24:00", clock)
        _check(fine is not None, f"duty.{key}", f"{clock!r} is no time of day such as 08:00")
    _check(duty.start_seconds < duty.end_seconds, "duty.end", "must be later than duty.start")
    _check(seconds(duty.grace, "duty.grace") % 60 == 0, "duty.grace", "must be whole minutes")
    _offset(duty.timezone)


def _offset(name: str) -> int:
    """Return the zone's distance from UTC, which must be the same all year."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ThresholdsError(f"duty.timezone: {name!r} is no time zone") from None
    year = datetime.now(UTC).year
    noons = (datetime(year, month, 1, 12, tzinfo=zone) for month in range(1, 13))
    offsets = {noon.utcoffset() or timedelta() for noon in noons}
    _check(len(offsets) == 1, "duty.timezone", f"{name} has summer time; Prometheus knows only UTC")
    return int(offsets.pop().total_seconds())


def _check_limit(key: str, limit: Limit) -> None:
    _check_levels(key, limit)
    seconds(limit.wait, f"{key}.wait")
    if limit.window is not None and limit.window not in WINDOWS:
        seconds(limit.window, f"{key}.window")
    fine = limit.samples is None or limit.samples >= 1
    _check(fine, f"{key}.samples", "must be at least 1")
    fine = limit.limit in (None, 30, 60, 180, 300)
    _check(fine, f"{key}.limit", "must be 30, 60, 180 or 300")


def _check_levels(key: str, levels: Levels) -> None:
    for severity, value in levels.by_severity.items():
        _check(value >= 0, f"{key}.{severity}", "must not be negative")
    if levels.warning is not None and levels.critical is not None:
        _check(levels.warning != levels.critical, f"{key}.critical", "is the same as the warning")
