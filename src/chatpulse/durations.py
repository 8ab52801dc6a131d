"""Spans of time as people write them in a configuration: `500ms`, `10s`, `2m`, `1h`, `1d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, PlainSerializer

UNITS: Final = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)")


def parse_duration(value: object) -> object:
    """Return the span written in `value`; a span passes through; ValueError tells what to write."""
    if isinstance(value, timedelta):
        return value
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            f"{value!r} is no duration; write a number and a unit: 500ms, 10s, 2m, 1h, 1d"
        )
    try:
        return timedelta(**{UNITS[match[2]]: float(match[1])})
    except OverflowError:
        raise ValueError(f"{value!r} is longer than any duration can be") from None


def format_duration(span: timedelta) -> str:
    """Return `span` in the largest unit that needs no fraction."""
    total_ms = round(span / timedelta(milliseconds=1))
    for unit, name in reversed(UNITS.items()):
        size_ms = timedelta(**{name: 1}) // timedelta(milliseconds=1)
        if total_ms and total_ms % size_ms == 0:
            return f"{total_ms // size_ms}{unit}"
    return f"{total_ms}ms"


Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
]
"""A setting that is a span of time."""
