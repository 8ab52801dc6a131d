"""A shop's live boards at one moment: copied in no time, read at leisure, in another thread."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ..contract.ids import MINUTE
from .board import Counts
from .live import WINDOWS, LiveBoards, OpenWait, by_owner
from .native_boards import NativeBoards


class Snapshot(Struct, frozen=True):
    """What the boards showed at their last refresh; nothing changes it any more."""

    shop_id: str
    timezone: str
    windows: dict[str, Counts]
    """The counts by owner of `5m`, `1h` and `today`."""
    minutes: dict[int, Mapping[str, int]]
    """The shop's own numbers by minute, as far back as they were asked for."""
    open_waits: list[OpenWait]
    assignees: list[str]
    """The present assignee of each conversation with a message in the last 10 minutes."""
    response_counts: list[int]
    response_ms_sum: int

    def active_conversations(self) -> dict[str, int]:
        """Return the conversations with a message in the last 10 minutes, by owner."""
        return by_owner(self.assignees)


def snapshot(boards: LiveBoards | NativeBoards, *, minutes: int = 0) -> Snapshot:
    """Copy a shop's boards, of the last `minutes` the shop's own numbers: 1 us per copied owner."""
    last = boards.now // MINUTE
    kept = range(last - minutes + 1, last + 1)
    own = ((minute, boards.minute(minute)) for minute in kept)
    return Snapshot(
        shop_id=boards.shop.shop_id,
        timezone=boards.shop.policy.calendar.zone.key,
        windows={
            name: {owner: dict(numbers) for owner, numbers in boards.window(name).items()}
            for name in (*WINDOWS, "today")
        },
        minutes={minute: dict(numbers) for minute, numbers in own if numbers},
        open_waits=boards.open_waits(),
        assignees=boards.active_assignees(),
        response_counts=list(boards.response_counts),
        response_ms_sum=boards.response_ms_sum,
    )
