"""Text from strangers, made fit for one line of a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return the text with everything that could move a cursor or break the line replaced."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
