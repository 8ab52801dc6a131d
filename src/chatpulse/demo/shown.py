"""Numbers as people read them on the board, and how urgent they look."""

from __future__ import annotations

from typing import Final

from rich.text import Text

NOTHING: Final = "–"
MARKS: Final = ("", "▲ ", "● ")
"""Not by colour alone: what stands before a number of level 0, 1 (slow) and 2 (too slow)."""

STYLES: Final = ("", "yellow", "bold red")
SLOW_MEAN: Final = 60.0
TOO_SLOW_MEAN: Final = 100.0
LONG_WAIT: Final = 100.0
TOO_LONG_WAIT: Final = 180.0


def level_of_mean(seconds: float | None) -> int:
    """Return how bad a mean response time is: 0, 1 or 2."""
    return 0 if seconds is None else (seconds > SLOW_MEAN) + (seconds > TOO_SLOW_MEAN)


def level_of_wait(seconds: float | None) -> int:
    """Return how bad an open wait is: 0, 1 or 2."""
    return 0 if seconds is None else (seconds >= LONG_WAIT) + (seconds >= TOO_LONG_WAIT)


def marked(text: str, level: int) -> Text:
    """Return the text in the colour of the level, with its mark."""
    return Text(MARKS[level] + text, style=STYLES[level])


def duration(seconds: float | None, units: tuple[str, str, str]) -> str:
    """Return 42s, 3m05s or 1h05m, in the words for hour, minute and second."""
    if seconds is None:
        return NOTHING
    hour, minute, second = units
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{second}"
    if whole < 3600:
        return f"{whole // 60}{minute}{whole % 60:02d}{second}"
    return f"{whole // 3600}{hour}{whole % 3600 // 60:02d}{minute}"


def percent(part: float | None) -> str:
    """Return a ratio in percent; 100% only if nothing is missing."""
    if part is None:
        return NOTHING
    return "100%" if part == 1 else f"{min(99.9, round(100 * part, 1)):.1f}%"


def money(minor: float) -> str:
    """Return an amount in yuan, from fen."""
    yuan, fen = divmod(round(minor), 100)
    return f"{yuan:,}.{fen:02d}"


def printable(text: str) -> str:
    """Return the text without anything that could move a cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
