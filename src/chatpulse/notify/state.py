"""What must survive a restart: what waits, what was told, what may have to be escalated."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from .escalation import Watch
from .ledger import Told
from .message import Notice

VERSION: Final = 1


class StateError(Exception):
    """The state file cannot be used; `str()` is one clear line with the remedy."""


class State(Struct, frozen=True, kw_only=True):
    """One moment of the relay."""

    version: int = VERSION
    queues: dict[str, list[Notice]] = {}
    told: list[Told] = []
    watches: list[Watch] = []


class StateFile:
    """Keeps the newest state in one file, replaced as a whole; in memory only without a path."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @property
    def durable(self) -> bool:
        """Whether what is written is still there after a restart."""
        return self._path is not None

    def load(self) -> State:
        """Return what was written last; the empty state if there is no file yet."""
        if self._path is None:
            return State()
        try:
            state = msgspec.json.decode(self._path.read_bytes(), type=State)
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise StateError(f"state_file {self._path}: {error.strerror}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StateError(
                f"state_file {self._path} is damaged ({error}); move it away to start without"
            ) from None
        if state.version != VERSION:
            raise StateError(
                f"state_file {self._path} has version {state.version}, this program writes "
                f"{VERSION}; move it away to start without"
            )
        return state

    def save(self, state: State) -> None:
        """Write the state so that a crash leaves the old one or the new one; raise StateError."""
        if self._path is None:
            return
        beside = self._path.with_name(f".{self._path.name}.new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as file:
                file.write(msgspec.json.encode(state))
                file.flush()
                os.fsync(descriptor)
            os.replace(beside, self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise StateError(f"state_file {self._path}: {error.strerror}") from None
