"""How often one client may do something: a bucket of tokens for each, in bounded memory.

Pure: the time is an argument, in seconds of any clock that does not go back.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import Final

CLIENTS: Final = 4096
"""Buckets that are remembered; the one that was not touched for longest is forgotten first."""


class Buckets:
    """In any `t` seconds a client takes at most `burst + t * per_second` tokens."""

    def __init__(self, burst: int, per_second: float, *, clients: int = CLIENTS) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._clients = clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, now: float) -> float:
        """Take a token and return 0.0; or take none and return in how many seconds there is one."""
        tokens = self._tokens(client, now)
        if tokens < 1:
            self._keep(client, tokens, now)
            return (1 - tokens) / self._per_second
        self._keep(client, tokens - 1, now)
        return 0.0

    def give_back(self, client: str, now: float) -> None:
        """Put back a token that was taken for nothing."""
        self._keep(client, min(self._burst, self._tokens(client, now) + 1), now)

    def _tokens(self, client: str, now: float) -> float:
        tokens, then = self._buckets.get(client, (self._burst, now))
        return min(self._burst, tokens + (now - then) * self._per_second)

    def _keep(self, client: str, tokens: float, now: float) -> None:
        self._buckets[client] = tokens, now
        self._buckets.move_to_end(client)
        if len(self._buckets) > self._clients:
            self._buckets.popitem(last=False)


def client_of(address: str | None) -> str:
    """Return whom an address stands for: itself, of IPv6 its /64, of which one machine has all."""
    if address is None or ":" not in address:
        return address or ""
    found = ipaddress.IPv6Address(address.partition("%")[0])
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False))
