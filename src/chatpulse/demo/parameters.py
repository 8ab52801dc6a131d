"""Parameter types of the command line: durations, instants, topic names."""

from __future__ import annotations

import datetime
import re
from typing import Final

import click

from ..contract.events import EventBase
from ..contract.topics import DEFAULT_TOPIC, MESSAGES, TOPIC_TYPES

START: Final = "2025-11-03T00:00:00+08:00"
"""Where simulated files begin: a Monday, fixed, so that they can be made again."""

START_MS: Final = int(datetime.datetime.fromisoformat(START).timestamp() * 1000)
UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Duration(click.ParamType):
    """`20s`, `5m`, `1h30m`, `3d`, `500ms` as milliseconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the milliseconds, or refuse with the way it is written."""
        if isinstance(value, int):
            return value
        if not re.fullmatch(r"(\d+(ms|s|m|h|d))+", str(value)):
            self.fail(f"{value!r} is no duration: write 20s, 5m, 1h or 3d", param, ctx)
        return sum(int(n) * UNITS[u] for n, u in re.findall(r"(\d+)(ms|s|m|h|d)", str(value)))


class Instant(click.ParamType):
    """An ISO instant with its offset, as milliseconds since the epoch."""

    name = "instant"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the instant, or refuse with the way it is written."""
        if isinstance(value, int):
            return value
        try:
            parsed = datetime.datetime.fromisoformat(str(value))
        except ValueError:
            parsed = None
        if parsed is None or parsed.tzinfo is None or parsed.timestamp() < 0:
            self.fail(f"{value!r} is no instant: write {START}", param, ctx)
        return int(parsed.timestamp() * 1000)


class TopicNames(click.ParamType):
    """`chat.messages=NAME,shop.orders=NAME` as the topics of the event types."""

    name = "names"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[type[EventBase], str]:
        """Return the topic of every event type."""
        if isinstance(value, dict):
            return value
        topics = dict(DEFAULT_TOPIC)
        for pair in str(value).split(","):
            default, _, name = pair.partition("=")
            if default not in TOPIC_TYPES or not name:
                known = ", ".join(TOPIC_TYPES)
                self.fail(f"{pair!r}: write {MESSAGES}=NAME; the topics are {known}", param, ctx)
            topics.update(dict.fromkeys(TOPIC_TYPES[default], name))
        return topics
