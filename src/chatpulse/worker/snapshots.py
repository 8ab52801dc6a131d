"""Snapshots of all shops, taken without holding up the loop."""

from __future__ import annotations

import time
from typing import Final

from ..scoreboard.snapshot import Snapshot, snapshot
from .owned import Owned
from .sources import Sources

SLICE_SECONDS: Final = 0.002
"""How long shops are copied before the input has its turn."""


async def snapshots(sources: Sources, *, minutes: int = 0) -> list[Snapshot]:
    """Copy the boards of all shops that are owned in the end, each at one moment.

    Of the last `minutes` also the shops' own numbers by minute.
    """
    found: list[tuple[int, Owned, Snapshot]] = []
    begun = time.monotonic()
    for number, part in sorted(sources.owned.items()):
        for _, boards in sorted(part.engine.boards.items()):
            if time.monotonic() - begun > SLICE_SECONDS:
                await sources.way()
                begun = time.monotonic()
            if sources.owned.get(number) is not part:
                break  # the partition has gone to another worker meanwhile
            found.append((number, part, snapshot(boards, minutes=minutes)))
    return [taken for number, part, taken in found if sources.owned.get(number) is part]
