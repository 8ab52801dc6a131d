"""Thresholds and colours that alerts, dashboards and the wall page share: `thresholds.toml`.

The file beside this module is the only place where they are written down. What needs more of it
than is declared here (the alerting rules do) reads the same file.
"""

from __future__ import annotations

import tomllib

import msgspec
from msgspec import Struct

FILE = "thresholds.toml"
"""Name of the file, in this package."""


class Rising(Struct, frozen=True):
    """A number that is the worse the larger it is; a level begins above its limit."""

    warning: float
    critical: float
    min_samples: int = 0
    """With fewer samples behind it the number has no level."""


class Falling(Struct, frozen=True):
    """A share that is the worse the smaller it is; a level begins below its limit."""

    warning: float
    critical: float
    min_samples: int = 0


class Stream(Struct, frozen=True):
    """The wall's connection: `silent` seconds without a sign of life make its numbers old."""

    silent: float


class Colours(Struct, frozen=True):
    """Colours of the levels, `#RRGGBB`."""

    ok: str
    warning: str
    critical: str
    info: str
    neutral: str


class Thresholds(Struct, frozen=True, kw_only=True):
    """What the file says, spans in seconds, as far as a reader of numbers needs it."""

    wait: Rising
    response_mean: Rising
    waiting_buyers: Rising
    within_180s: Falling
    reply_ratio: Falling
    data_delay: Rising
    stream: Stream
    colours: Colours


def parse_thresholds(text: str) -> Thresholds:
    """Return what a thresholds file says; raise `msgspec.ValidationError` if it is incomplete."""
    return msgspec.convert(tomllib.loads(text), Thresholds)
