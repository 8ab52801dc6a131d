"""Log lines for people or for machines, and a lid on the noise of a broker that is away."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, Literal

from .printable import printable

NOISY: Final = ("aiokafka", "faust", "mode", "kafka")
REPEAT_SECONDS: Final = 30.0
"""A line of a noisy logger, numbers aside, is written at most once in this time."""


def set_up(log_format: Literal["text", "json"], level: str) -> None:
    """Write log lines to stderr: ours from `level`, those of the libraries from warning."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Text())
    handler.addFilter(_RateLimit())
    handler.addFilter(_no_http)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.getLevelName(level.upper()), logging.WARNING))


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Write nothing of the logger `name` inside the block."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{_instant(record)} {record.levelname.lower()} {record.name}: "
        line += printable(record.getMessage())
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": printable(record.getMessage()),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def _no_http(record: logging.LogRecord) -> bool:
    """Leave out requests that are no HTTP: aiohttp shows a traceback, and a stranger's bytes."""
    error = record.exc_info[1] if record.exc_info else None
    return not (
        record.name == "aiohttp.server" and type(error).__module__ == "aiohttp.http_exceptions"
    )


class _RateLimit(logging.Filter):
    """Let a template of a noisy logger through once in a while; errors of ours always."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".")[0] not in NOISY:
            return True
        now, key = time.monotonic(), (record.name, str(record.msg)[:80])
        if now - self._last.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        if len(self._last) > 1000:
            self._last.clear()
        self._last[key] = now
        return True
