"""Who may ask: users with a password (basic authentication) and whoever shows a token (bearer)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import bcrypt

from .limits import Buckets
from .refusals import Refusal
from .tokens import Tokens

MAX_HEADER: Final = 1024
"""Characters of an Authorization header that are looked at."""
KNOWN: Final = 1000
"""Credentials that were right lately, of which the slow hash is not computed again."""
ATTEMPTS: Final = 10
"""Wrong passwords that a client may show in a minute; further ones are not even looked at."""
BASIC: Final = 'Basic realm="chatpulse", charset="UTF-8"'
BEARER: Final = 'Bearer realm="chatpulse"'


class Admission:
    """Lets everybody in if there are neither users nor tokens."""

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        tokens: Tokens | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`users` are bcrypt hashes by name, `clock` gives seconds."""
        self._users = {user: hashed.encode() for user, hashed in (users or {}).items()}
        self._nobody = next(iter(self._users.values()), b"")
        self._tokens = tokens
        self._clock = clock
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._salt = secrets.token_bytes(16)
        self._attempts = Buckets(ATTEMPTS, ATTEMPTS / 60)
        self._checks: dict[bytes, asyncio.Task[bool]] = {}
        self._turn = asyncio.Lock()  # guessing costs whoever guesses time, not the worker its core

    @property
    def asks(self) -> bool:
        """Tell whether requests must say who they are from."""
        return bool(self._users) or self._tokens is not None

    async def refusal(self, authorization: str, client: str) -> Refusal | None:
        """Return why a request with this Authorization header is refused; None if it is not.

        A password that was right lately for the same client needs no hash, and is taken however
        many wrong ones came; from elsewhere it is a guess like others.
        """
        if not self.asks:
            return None
        scheme, _, shown = authorization[:MAX_HEADER].partition(" ")
        if scheme.lower() == "bearer" and self._tokens is not None:
            return None if self._tokens.hold(shown.strip()) else self._unknown()
        credentials = _basic(shown) if scheme.lower() == "basic" and self._users else None
        if credentials is None:
            return self._unknown()
        user, password = credentials
        seen = hashlib.sha256(self._salt + f"{client}\0{user}\0{password}".encode()).digest()
        if seen in self._known:
            self._known.move_to_end(seen)
            return None
        check = self._checks.get(seen)
        if check is None:
            wait = self._attempts.take(client, self._clock())
            if wait:
                error = "too many wrong passwords from your address; come again later"
                return Refusal("attempts", 429, error, wait)
            check = asyncio.create_task(self._fits(user, password, client, seen))
            self._checks[seen] = check
            check.add_done_callback(lambda _: self._checks.pop(seen))
        return None if await asyncio.shield(check) else self._unknown()

    async def _fits(self, user: str, password: str, client: str, seen: bytes) -> bool:
        hashed = self._users.get(user, self._nobody)  # as slow for users that do not exist
        async with self._turn:
            fits = await asyncio.to_thread(bcrypt.checkpw, password.encode()[:72], hashed)
        if not fits or user not in self._users:
            return False
        self._attempts.give_back(client, self._clock())
        self._known[seen] = None
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return True

    def _unknown(self) -> Refusal:
        ways = [(BASIC, "basic", bool(self._users)), (BEARER, "bearer", self._tokens is not None)]
        names = " or ".join(name for _, name, taken in ways if taken)
        return Refusal(
            "unauthenticated",
            401,
            f"who are you? {names} authentication is required",
            challenges=tuple(challenge for challenge, _, taken in ways if taken),
        )


def _basic(shown: str) -> tuple[str, str] | None:
    try:
        user, colon, password = base64.b64decode(shown, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None
