"""The wall of a worker that is not there: its page, served over made-up sources."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from aiohttp import web

from chatpulse.worker.broker import Tp
from chatpulse.worker.wall import WallPage
from tests.wall.desk import Desk, T


class Sources:
    """What a worker with partitions 0 and 1 of three owns; the clock is `now`."""

    def __init__(self) -> None:
        self.now = T
        self.desk = Desk()
        self.owned = {
            0: SimpleNamespace(engine=self.desk.partition, newest={"m": T - 5, "o": T - 9}),
            1: SimpleNamespace(engine=Desk().partition, newest={}),
        }
        self.agent_labels = None
        self.unready = "partition 1: 30 records behind"

    def now_ms(self) -> int:
        return self.now

    async def keep_up(self, seconds: float) -> None:
        for part in self.owned.values():
            part.engine.refresh(self.now)

    async def way(self) -> None:
        await asyncio.sleep(0)

    def owner(self, tp: Tp) -> str | None:
        return f"http://other:{tp[1]}"


def application(sources: Sources) -> web.Application:
    """Return what a worker serves of the wall."""
    made = web.Application()
    wall = WallPage(sources, topic="m", partitions=3)  # type: ignore[arg-type]
    made.add_routes(wall.routes())
    made.on_shutdown.append(wall.close)
    return made
