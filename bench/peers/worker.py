"""This worker, unchanged, with a probe in its event loop that looks on every five milliseconds.

The probe sees positions advance (so first and last event are timed as the peers time theirs), how
late it is itself (the stall that a scrape or a request would feel), and when the last checkpoint is
durable, or given up. At the last of `events` it asks for a graceful stop; with `stay` it waits for
a signal.
"""

import asyncio
import datetime
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import msgspec

from bench import engine
from bench.meter import Meter, specification
from chatpulse.conversations.policy import Rules
from chatpulse.logs import set_up
from chatpulse.web import server as web_server
from chatpulse.worker import app
from chatpulse.worker.settings import Settings, Topics

TURN_SECONDS = 0.005
TELL_SECONDS = 0.25
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))


class Probe:
    """What is seen from inside the worker."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self._opening: int = wanted.get("opening", 0)
        self._events: int = wanted["events"]
        self._stay: bool = wanted.get("stay", False)
        self.meter = Meter(self._events)
        self.stage: Any = None
        self._stalls: list[float] = []

    async def run(self) -> None:
        """Look on until cancelled."""
        told, due, begun = 0.0, time.monotonic(), False
        while True:
            due += TURN_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            reach = {n: sum(p.positions.values()) for n, p in self.stage.held.items()}
            count = sum(reach.values()) - self._opening
            if begun:
                self._stalls.append(max(0.0, now - due))
            if count > 0:
                begun = True
                self.meter.begin()
                self.meter.reached(count)
            if now - told >= TELL_SECONDS:
                told = now
                progress = {"at": now, "reach": reach, "ready": self.stage.unready is None}
                print("PROGRESS " + json.dumps(progress), flush=True)
            if count >= self._events and not self._stay:
                self._stay = True
                os.kill(os.getpid(), signal.SIGTERM)
            due = max(due, now)

    def stall_ms(self) -> dict[str, float]:
        """Return how late the loop was from the first event on, in milliseconds."""
        stalls = sorted(self._stalls) or [0.0]
        places = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1.0}
        return {name: stalls[int((len(stalls) - 1) * q)] * 1000 for name, q in places.items()}


def main() -> None:
    """Run the worker with the probe, then tell what was measured."""
    wanted = specification()
    settings = Settings(
        brokers=wanted["broker"],
        group=wanted["state"],
        partitions=wanted["partitions"],
        web_port=0,
        topics=Topics(**wanted["topics"]),
    )
    set_up("text", "warning")
    web_server.BURST = 10**9  # type: ignore[misc]  # a measurement asks all the time
    probe = Probe(wanted)
    _watch(probe)
    app.run_worker(settings, Rules())
    probe.meter.done(durable=False)  # if it ended without a word about its last checkpoint
    folded = [part.engine for part in probe.stage.held.values()]
    if "cards" in wanted:
        Path(wanted["cards"]).write_bytes(b"\n".join(scorecards(folded, wanted["newest_at"])))
    probe.meter.end(
        "",
        engine=engine.used(),
        stall_ms=probe.stall_ms(),
        conversations=sum(one.conversations for one in folded),
        checkpoint_bytes=sum(part.saved_bytes for part in probe.stage.held.values()),
    )


def _watch(probe: Probe) -> None:
    """Put the probe where the worker makes its stage and its checkpointer."""

    class SeenStage(app.Stage):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            probe.stage = self

        async def run(self) -> None:
            looking = asyncio.create_task(probe.run())
            try:
                await super().run()
            finally:
                looking.cancel()

    class SeenCheckpointer(app.Checkpointer):
        async def last(self, seconds: float) -> bool:
            done = await super().last(seconds)
            if self._stopping.is_set():
                probe.meter.done(durable=done)
            return done

    app.Stage, app.Checkpointer = SeenStage, SeenCheckpointer  # type: ignore[misc]


def scorecards(folded: list[Any], newest_at: int) -> list[bytes]:
    """Return the scorecards as of the newest event: the API's, in replay's order."""
    lines: list[bytes] = []
    day = datetime.datetime.fromtimestamp(newest_at / 1000, SHANGHAI).date()
    for one in folded:
        one.refresh(newest_at)
        for shop in one.shops:
            lines += map(msgspec.json.encode, one.scorecards(shop, day))
    return sorted(lines)


if __name__ == "__main__":
    main()
