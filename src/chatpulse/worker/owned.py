"""A partition this worker owns: its engine, how far it has read, what it still has to say.

Invariant between any two awaits: `engine` is the fold of the input of this partition up to exactly
`positions`. All that changes it is `take`, which is synchronous.
"""

from __future__ import annotations

import sys
from typing import Final

import msgspec

from ..contract.codec import Rejected, decode
from ..scoreboard.partition import Partition
from ..scoreboard.shop import Outcome
from .checkpoint import reach
from .counters import Counters
from .deadletters import LATE, dead_letter
from .outbox import Outbox, Output
from .records import Record
from .settings import Topics

UNLIMITED: Final = sys.maxsize

_encode = msgspec.json.Encoder().encode


class Owned:
    """The state of one owned partition."""

    def __init__(
        self,
        number: int,
        engine: Partition,
        positions: dict[str, int],
        *,
        ends: dict[str, int],
        outbox: Outbox,
        topics: Topics,
        counters: Counters,
    ) -> None:
        self.number = number
        self.engine = engine
        self.positions = positions
        self.ends = ends
        self.backlog = dict(ends)
        self.newest: dict[str, int] = {}
        self.outbox = outbox
        self.saved = -1
        """Reach of the newest checkpoint known to be complete; -1 without one."""
        self.saved_at = 0.0
        """When it was written, seconds since the epoch; 0 without one."""
        self.saved_bytes = 0
        self.cost_seconds = 0.0
        self.tried_at = 0.0
        self.starts: list[int] = []
        """First offsets of this worker's own last two complete checkpoints of the partition."""
        self._topics = topics
        self._counters = counters
        self._limit()

    @property
    def reach(self) -> int:
        """How much input this state stands for."""
        return reach(self.positions)

    @property
    def ready(self) -> bool:
        """Tell whether the backlog found at the start has been read."""
        return all(self.positions[topic] >= end for topic, end in self.backlog.items())

    def take(self, record: Record, now_ms: int) -> None:
        """Apply the next record of its topic; total for any bytes."""
        topic, value = record.topic, record.value
        self.positions[topic] = record.offset + 1
        if value is None:
            return  # a tombstone
        event = decode(value, now_ms=now_ms)
        if isinstance(event, Rejected):
            self._counters.rejected[topic][event.reason] += 1
            self._reject(record, reason=event.reason, detail=event.detail)
            return
        if event.at > self.newest.get(topic, -1):
            self.newest[topic] = event.at
            self._limit()
        self._counters.events[topic][type(event)] += 1
        outcome = self.engine.apply(event)
        if outcome is Outcome.LATE:
            self._counters.late += 1
            self._reject(record, reason=LATE, detail="behind its conversation's newest chat event")
        elif outcome is Outcome.AFTER_CLOSE:
            self._counters.after_close[topic] += 1
        if self.engine.closed:
            self._publish()

    def close_due(self, ends: dict[str, int]) -> None:
        """Take note of the inputs' present ends and close the days that may close now."""
        for topic, end in ends.items():
            self.ends[topic] = max(self.ends[topic], end)
        self._limit()
        self.engine.close_due()
        self._publish()

    def retire(self) -> None:
        """Leave the partition to its next owner; keep only what this process has counted."""
        self.outbox.forget()
        self._counters.retired.update(
            duplicates=self.engine.duplicates, unmatched_refunds=self.engine.unmatched_refunds
        )

    def _limit(self) -> None:
        """Let days close up to what every input has been read to, or without limit at its end."""
        self.engine.close_limit = min(
            UNLIMITED if self.positions[topic] >= self.ends[topic] else self.newest.get(topic, 0)
            for topic in self.positions
        )

    def _reject(self, record: Record, *, reason: str, detail: str) -> None:
        letter = dead_letter(self._topics.dead_letters, record, reason=reason, detail=detail)
        self.outbox.put(letter)

    def _publish(self) -> None:
        cards, self.engine.closed = self.engine.closed, []
        for card in cards:
            key = f"{card.shop_id}|{card.agent_id}|{card.day}".encode()
            self.outbox.put(Output(self._topics.daily, key, _encode(card)))
