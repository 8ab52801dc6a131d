"""`chatpulse` as a campaign runs it: the same worker, with a window to look in and two levers.

Everything is told by files in FAULTS_FOLDER: `NAME.status` is written five times a second (which
partitions, how far read, what was read since when); `clock` holds milliseconds by which the wall
clock is off; a file `NAME.freeze` makes the process stop itself just before its next manifest.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

FOLDER = Path(os.environ["FAULTS_FOLDER"])
NAME = os.environ["FAULTS_NAME"]
LOOK_SECONDS = 0.2


class Clock:
    """The wall clock of this process; monotonic clocks are not moved, as in a real machine."""

    offset_ms = 0

    @classmethod
    def look(cls) -> None:
        try:
            cls.offset_ms = int((FOLDER / "clock").read_text() or 0)
        except (OSError, ValueError):
            cls.offset_ms = 0


def _move_clock() -> None:
    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + Clock.offset_ms / 1000
    time.time_ns = lambda: nanoseconds() + Clock.offset_ms * 1_000_000


Clock.look()
_move_clock()  # before anybody has taken hold of the functions

import asyncio  # noqa: E402
import json  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
from typing import Any  # noqa: E402

from chatpulse.cli import main  # noqa: E402
from chatpulse.worker import app, checkpoint  # noqa: E402
from chatpulse.worker.loader import Loader  # noqa: E402
from chatpulse.worker.owned import Owned  # noqa: E402
from chatpulse.worker.stage import Stage  # noqa: E402

loads: list[dict[str, Any]] = []
"""Every partition this process ever loaded: when, from which positions, to which."""
_live: dict[int, Owned] = {}  # index in `loads` -> the partition, while it is held
_load, _retire, _seal = Loader.load, Owned.retire, checkpoint.seal


async def load(self: Loader, number: int) -> Owned:
    begun = time.monotonic()
    owned = await _load(self, number)
    start = dict(owned.positions)
    _live[len(loads)] = owned
    loads.append({"number": number, "begun": begun, "start": start, "end": start})
    return owned


def retire(self: Owned) -> None:
    for index, owned in list(_live.items()):
        if owned is self:
            loads[index]["end"] = dict(self.positions)
            del _live[index]
    _retire(self)


def seal(manifest: Any) -> bytes:
    lever = FOLDER / f"{NAME}.freeze"
    if lever.exists():
        lever.unlink()
        os.kill(os.getpid(), signal.SIGSTOP)
    return _seal(manifest)


class WatchedStage(Stage):
    """The stage, with somebody looking in."""

    async def run(self) -> None:
        window = threading.Thread(
            target=show, args=(self, asyncio.get_running_loop()), name="window", daemon=True
        )
        window.start()
        await super().run()


def show(stage: Stage, loop: asyncio.AbstractEventLoop) -> None:
    """Write the status again and again."""
    path, fresh = FOLDER / f"{NAME}.status", FOLDER / f"{NAME}.status.new"
    while True:
        Clock.look()
        try:
            for index, owned in list(_live.items()):
                loads[index]["end"] = dict(owned.positions)
            status = {
                "at": time.monotonic(),
                "generation": stage.generation,
                "ready": stage.unready is None,
                "owned": {str(n): dict(part.positions) for n, part in stage.owned.items()},
                "loads": loads,
                "tasks": len(asyncio.all_tasks(loop)),
            }
        except RuntimeError:  # something changed while it was read: look again
            continue
        fresh.write_text(json.dumps(status))
        fresh.replace(path)
        time.sleep(LOOK_SECONDS)


def small_chunks(size: int) -> None:
    """Make checkpoints of many chunks, so that they can be torn in many places."""
    defaults = checkpoint.chunks.__kwdefaults__
    assert "size" in defaults
    defaults["size"] = size


Loader.load, Owned.retire = load, retire  # type: ignore[method-assign]
checkpoint.seal = seal
app.Stage = WatchedStage  # type: ignore[misc]
if size := os.environ.get("FAULTS_CHUNK_BYTES"):
    small_chunks(int(size))
if os.environ.get("FAULTS_PATIENT"):
    from tests.worker import patient  # noqa: F401  # a leader that lets the others go first

if __name__ == "__main__":
    sys.exit(main())
