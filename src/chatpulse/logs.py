"""Log lines for people or for machines, and a lid on the noise of a broker that is away.

What strangers write stays where it belongs: a line that begins at the left edge is ours, whatever
is in a message, and what an error says is told only if it cannot quote a record (`tracebacks.py`).
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Hashable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Literal

from .printable import printable
from .tracebacks import Told, trace

log = logging.getLogger(__name__)

NOISY: Final = ("aiokafka", "faust", "mode", "kafka")
INDENT: Final = "    "
REPEAT_SECONDS: Final = 30.0
"""What comes again and again is written at most once in this time."""


def set_up(log_format: Literal["text", "json"], level: str) -> None:
    """Write log lines to stderr: ours from `level`, those of the libraries from warning.

    Python's own warnings and errors that nobody catches become log lines too.
    """
    handler = _Handler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Text())
    handler.addFilter(_RateLimit())
    handler.addFilter(_no_http)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.getLevelName(level.upper()), logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda what: _uncaught(what.exc_type, what.exc_value, what.exc_traceback)
    threading.excepthook = lambda what: _uncaught(what.exc_type, what.exc_value, what.exc_traceback)


def _uncaught(
    kind: type[BaseException], error: BaseException | None, at: TracebackType | None
) -> None:
    if issubclass(kind, Exception):
        log.critical("an error that nobody expected: %s", kind.__qualname__, exc_info=error)
    elif issubclass(kind, KeyboardInterrupt) and error is not None:
        sys.__excepthook__(kind, error, at)


class _Handler(logging.StreamHandler[Any]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging calls it so
        """Say only where a line was that cannot be written; Python would print its arguments."""
        place = f"{record.pathname}:{record.lineno}"
        with suppress(OSError, ValueError):  # stderr itself is gone
            sys.stderr.write(f"chatpulse: a log line cannot be written ({place})\n")


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _message(record: logging.LogRecord) -> str:
    """Return the message on one line; where an error stands in it, as `Told` tells it."""
    text = str(_told(record.msg))
    if isinstance(record.args, Mapping):
        text %= {name: _told(value) for name, value in record.args.items()}
    elif record.args:
        text %= tuple(map(_told, record.args))
    if record.name == "asyncio":  # it writes out tasks and callbacks, with their arguments
        text = re.split(r"[(:\n]", text, maxsplit=1)[0]
    elif record.name == "py.warnings":
        text = text.partition("\n")[0]  # without the line of code
    return printable(text)


def _told(value: object) -> object:
    return Told(value) if isinstance(value, BaseException) else value


def _traceback(record: logging.LogRecord) -> list[str]:
    error = record.exc_info[1] if record.exc_info else None
    return [] if error is None else [printable(line) for line in trace(error)]


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{_instant(record)} {record.levelname.lower()} {record.name}: {_message(record)}"
        return "\n".join([line, *(INDENT + more for more in _traceback(record))])


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if found := _traceback(record):
            fields["exception"] = "\n".join(found)
        return json.dumps(fields, ensure_ascii=False)


def _no_http(record: logging.LogRecord) -> bool:
    """Leave out requests that are no HTTP: aiohttp shows a traceback, and a stranger's bytes."""
    error = record.exc_info[1] if record.exc_info else None
    return not (
        record.name == "aiohttp.server" and type(error).__module__ == "aiohttp.http_exceptions"
    )


class Lid:
    """Lets a line through once in half a minute, for loops that would say it every turn."""

    def __init__(self, most: int = 100) -> None:
        """`most` lines are remembered; beyond it all are forgotten."""
        self._most = most
        self._written: dict[Hashable, float] = {}

    def lifts(self, line: Hashable) -> bool:
        """Tell whether `line` is worth writing now, and take it as written."""
        now = time.monotonic()
        if now - self._written.get(line, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        if len(self._written) > self._most:
            self._written.clear()
        self._written[line] = now
        return True


class _RateLimit(logging.Filter):
    """Let a template of a noisy logger through once in a while, ours always."""

    def __init__(self) -> None:
        super().__init__()
        self._lid = Lid(1000)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".")[0] not in NOISY:
            return True
        if record.levelno < logging.WARNING:
            return False  # aiokafka would show whole requests, the password among them
        return self._lid.lifts((record.name, str(record.msg)[:80]))
