"""Errors for log lines: of what kind and where, not in their own words.

A `KeyError` is the key, a `ValueError` quotes the value: a buyer's id, a text, a secret. Only of
errors that speak of machines and files is told what they say.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator

KAFKA = "aiokafka.errors"
"""Module whose errors name topics, brokers and codes; by name, to import nothing for it."""


class Told:
    """Stands for an error among the arguments of a log line."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __str__(self) -> str:
        return (_is_harmless(self._error) and str(self._error)) or _kind(self._error)

    def __repr__(self) -> str:
        return repr(self._error) if _is_harmless(self._error) else _kind(self._error)


def trace(error: BaseException) -> Iterator[str]:
    """Yield the lines of the traceback, of what caused the error first."""
    yield from _trace(error, set())


def _trace(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _trace(before, seen)
        yield "which led to:"
    yield "Traceback (most recent call last):"
    for frame in traceback.format_tb(error.__traceback__):
        yield from frame.splitlines()
    kind = _kind(error)
    if _is_harmless(error):
        yield f"{kind}: {error}"
    else:
        yield f"{kind} (what it says is left out: it may quote a record)" if error.args else kind
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield "of which one is:"
        yield from _trace(inner, seen)


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else _full_name(kind)


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _is_harmless(error: BaseException) -> bool:
    return isinstance(error, OSError) or any(
        base.__module__ == KAFKA for base in type(error).__mro__
    )
