"""A partition this worker owns: its engine, how far it has read, what it still has to say.

Invariant between any two awaits: `engine` is the fold of the input of this partition up to exactly
`positions`. What changes it, `fold` and `close_due`, is synchronous.
"""

from __future__ import annotations

import logging
from typing import Final

import msgspec

from ..contract.codec import Rejected, decode
from ..contract.events import Event
from ..scoreboard.notes import Outcome
from ..scoreboard.partition import READ_EVENTS, Partition
from .broker import Tp
from .checkpoint import reach
from .closing import Horizon
from .counters import Counters
from .deadletters import LATE, dead_letter
from .outbox import Outbox, Output
from .records import Batch, Record, place
from .settings import Topics

log = logging.getLogger(__name__)

APPLIED: Final = Outcome.APPLIED
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

    def fold(self, batch: Batch, start: int, now_ms: int) -> tuple[int, Event | None]:
        """Fold the records from index `start` on, as far as they follow each other.

        Return the index of the first that was not folded, and its event if it is the first of a
        new day of its shop: then days may close, and `begin_day` must be called before going on.
        Records that are known already are passed over.
        """
        topic, records, engine = batch.tp.topic, batch.records, self.engine
        counts, apply = self._counters.events[topic], engine.apply
        expected, next_day, newest = self.positions[topic], self._next_day, -1
        engine.close_limit = self.horizon.limit
        turning = None
        while start < len(records):
            if engine.is_compiled:
                try:
                    read, at, kinds = engine.read(records, start, expected, now_ms)
                except Exception:
                    log.critical(
                        "the engine failed at or after %s", place(batch.tp, records[start])
                    )
                    raise
                expected, start, newest = expected + read, start + read, max(newest, at)
                counts.update(dict(zip(READ_EVENTS, kinds, strict=True)))
                if start == len(records):
                    break
            record = records[start]
            if record.offset != expected:
                if record.offset > expected:
                    break
                start += 1
                continue
            raw = record.value
            event = None if raw is None else decode(raw, now_ms=now_ms)  # None: a tombstone
            if isinstance(event, Rejected):
                self._counters.rejected[topic][event.reason] += 1
                self._reject(batch.tp, record, reason=event.reason, detail=event.detail)
            elif event is not None:
                at = event.at
                if at >= next_day.get(event.shop_id, 0):
                    turning = event
                    break
                newest = max(newest, at)
                counts[type(event)] += 1
                try:
                    outcome = apply(event)
                except Exception:
                    log.critical("the engine failed at %s", place(batch.tp, record))
                    raise
                if outcome is not APPLIED:
                    self._note(outcome, batch.tp, record)
            expected += 1
            start += 1
        self.positions[topic] = expected
        if newest >= 0:
            self.newest[topic] = max(newest, self.newest.get(topic, -1))
            self.horizon.read(topic, newest)
        if self.engine.closed:
            self._publish()
        return start, turning

    def begin_day(self, topic: str, event: Event) -> None:
        """Go on with the first event of a new day of its shop, which was read from `topic`."""
        calendar = self.engine.rules.for_shop(event.shop_id).calendar
        until = calendar.start(calendar.day(event.at) + 1)
        self._next_day[event.shop_id] = until
        self.engine.read_until(event.shop_id, until)
        self.horizon.read(topic, event.at)

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

    def _note(self, outcome: Outcome, tp: Tp, record: Record) -> None:
        if outcome is Outcome.LATE:
            self._counters.late += 1
            self._reject(
                tp, record, reason=LATE, detail="behind its conversation's newest chat event"
            )
        else:
            self._counters.after_close[tp.topic] += 1

    def _reject(self, tp: Tp, record: Record, *, reason: str, detail: str) -> None:
        letter = dead_letter(self._topics.dead_letters, tp, record, reason=reason, detail=detail)
        self.outbox.put(letter)

    def _publish(self) -> None:
        cards, self.engine.closed = self.engine.closed, []
        for card in cards:
            key = f"{card.shop_id}|{card.agent_id}|{card.day}".encode()
            self.outbox.put(Output(self._topics.daily, key, _encode(card)))
