"""Listening sockets that let only so many connections in at a time, TLS handshakes included.

A connection counts from the moment it is accepted until its socket is closed, whatever becomes of
it in between: so a flood cannot take the file descriptors that Kafka needs.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from .limits import client_of

CONNECTIONS: Final = 512
"""Open connections of a server; far below the 1024 files that a process may usually have."""
CONNECTIONS_OF_ONE: Final = 128
"""Those of one client, so that others find some left."""
_NOT_HERE: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Guests:
    """Who is inside; `refused` is called for each who is turned away."""

    def __init__(self, refused: Callable[[], None]) -> None:
        self._inside: Counter[str] = Counter()
        self._refused = refused

    def enter(self, client: str) -> bool:
        """Count a connection in; false if there are too many already."""
        if self._inside.total() >= CONNECTIONS or self._inside[client] >= CONNECTIONS_OF_ONE:
            self._refused()
            return False
        self._inside[client] += 1
        return True

    def leave(self, client: str) -> None:
        """Count a connection out."""
        self._inside[client] -= 1
        if not self._inside[client]:
            del self._inside[client]


class Door(socket.socket):
    """Accepts connections while there is room, and closes all others at once."""

    def __init__(self, family: int, guests: Guests) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._guests = guests

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection and its address; raise `ConnectionAbortedError` if full."""
        connection, address = super().accept()
        client = client_of(address[0])
        if not self._guests.enter(client):
            connection.close()
            raise ConnectionAbortedError(errno.ECONNABORTED, "too many connections")
        return _Guest(connection, lambda: self._guests.leave(client)), address


class _Guest(socket.socket):
    def __init__(self, connection: socket.socket, left: Callable[[], None]) -> None:
        family, kind, proto = connection.family, connection.type, connection.proto
        super().__init__(family, kind, proto, fileno=connection.detach())
        self._left: Callable[[], None] | None = left

    def close(self) -> None:
        left, self._left = self._left, None
        super().close()
        if left is not None:
            left()


async def open_doors(host: str, port: int, guests: Guests) -> list[Door]:
    """Bind all addresses of `host`; raise `OSError` if one is taken or none is of this machine."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    doors: list[Door] = []
    missing: OSError | None = None
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            try:
                doors.append(_bound(family, address, guests))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missing = error  # "localhost" may have an IPv6 address where there is no IPv6
        if not doors and missing is not None:
            raise missing
    except OSError:
        for door in doors:
            door.close()
        raise
    return doors


def _bound(family: int, address: Any, guests: Guests) -> Door:
    door = Door(family, guests)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        door.bind(address)
    except OSError:
        door.close()
        raise
    return door
