"""A partition this worker owns: its engine, how far it has read, what it still has to say.

Invariant between any two awaits: `engine` is the fold of the input of this partition up to exactly
`positions`. All that changes it is `read` and `apply`, which are synchronous.
"""

from __future__ import annotations

import msgspec

from ..contract.codec import Rejected, decode
from ..contract.events import Event
from ..scoreboard.partition import Partition
from ..scoreboard.shop import Outcome
from .checkpoint import reach
from .closing import Horizon
from .counters import Counters
from .deadletters import LATE, dead_letter
from .outbox import Outbox, Output
from .records import Record
from .settings import Topics

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
        self.horizon = Horizon(positions)
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
        self._next_day: dict[str, int] = {}

    @property
    def reach(self) -> int:
        """How much input this state stands for."""
        return reach(self.positions)

    @property
    def ready(self) -> bool:
        """Tell whether the backlog found at the start has been read."""
        return all(self.positions[topic] >= end for topic, end in self.backlog.items())

    def read(self, record: Record, now_ms: int) -> Event | None:
        """Return the event in the next record of its topic; None if it is none, and then done."""
        if record.value is None:  # a tombstone
            self.positions[record.topic] = record.offset + 1
            return None
        event = decode(record.value, now_ms=now_ms)
        if not isinstance(event, Rejected):
            return event
        self.positions[record.topic] = record.offset + 1
        self._counters.rejected[record.topic][event.reason] += 1
        self._reject(record, reason=event.reason, detail=event.detail)
        return None

    def turns_day(self, event: Event) -> bool:
        """Tell whether `event` is the first of a new day of its shop: then days may close."""
        if event.at < self._next_day.get(event.shop_id, 0):
            return False
        calendar = self.engine.rules.for_shop(event.shop_id).calendar
        self._next_day[event.shop_id] = calendar.start(calendar.day(event.at) + 1)
        return True

    def apply(self, record: Record, event: Event) -> None:
        """Apply the event that was read from `record`."""
        topic = record.topic
        self.horizon.read(topic, event.at)
        if event.at > self.newest.get(topic, -1):
            self.newest[topic] = event.at
        self.engine.close_limit = self.horizon.limit
        self._counters.events[topic][type(event)] += 1
        outcome = self.engine.apply(event)
        self.positions[topic] = record.offset + 1
        if outcome is Outcome.LATE:
            self._counters.late += 1
            self._reject(record, reason=LATE, detail="behind its conversation's newest chat event")
        elif outcome is Outcome.AFTER_CLOSE:
            self._counters.after_close[topic] += 1
        if self.engine.closed:
            self._publish()

    def note_ends(self, ends: dict[str, int]) -> None:
        """Take note of the inputs' ends for the lag."""
        for topic, end in ends.items():
            self.ends[topic] = max(self.ends[topic], end)

    def close_due(self) -> None:
        """Close the days that may close by now."""
        self.engine.close_limit = self.horizon.limit
        self.engine.close_due()
        self._publish()

    def retire(self) -> None:
        """Leave the partition to its next owner; keep only what this process has counted."""
        self.outbox.forget()
        self._counters.retired.update(
            duplicates=self.engine.duplicates, unmatched_refunds=self.engine.unmatched_refunds
        )

    def _reject(self, record: Record, *, reason: str, detail: str) -> None:
        letter = dead_letter(self._topics.dead_letters, record, reason=reason, detail=detail)
        self.outbox.put(letter)

    def _publish(self) -> None:
        cards, self.engine.closed = self.engine.closed, []
        for card in cards:
            key = f"{card.shop_id}|{card.agent_id}|{card.day}".encode()
            self.outbox.put(Output(self._topics.daily, key, _encode(card)))
