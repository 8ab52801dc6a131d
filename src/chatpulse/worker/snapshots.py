"""Snapshots of all shops, taken without holding up the loop."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from ..scoreboard.snapshot import Snapshot, snapshot
from .sources import Sources

SLICE_SECONDS: Final = 0.002
"""How long shops are copied before the loop turns."""


async def snapshots(sources: Sources, *, minutes: int = 0) -> list[Snapshot]:
    """Copy the boards of all shops that are owned now, each at one moment.

    Of the last `minutes` also the shops' own numbers by minute.
    """
    found = []
    begun = time.monotonic()
    for number, part in sorted(sources.owned.items()):
        for _, boards in sorted(part.engine.boards.items()):
            if time.monotonic() - begun > SLICE_SECONDS:
                await asyncio.sleep(0)
                begun = time.monotonic()
            if sources.owned.get(number) is not part:
                break  # the partition has gone to another worker meanwhile
            found.append(snapshot(boards, minutes=minutes))
    return found
