"""Why a web server refuses."""

from __future__ import annotations

from typing import Final, NamedTuple

REASONS: Final = ("attempts", "body", "connections", "head", "rate", "slow", "unauthenticated")
"""Why a request or a connection is refused; the values of a metric's label."""


class Refusal(NamedTuple):
    """A request that no handler sees, and what it is answered."""

    reason: str
    """One of `REASONS`."""
    status: int
    error: str
    wait_seconds: float = 0.0
    """When to come again; 0 if that changes nothing."""
    challenges: tuple[str, ...] = ()
    """What may be shown instead, as in WWW-Authenticate."""
