"""What the processor has counted since it started; survives partitions that come and go."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..contract.codec import REASONS
from ..contract.events import EventBase
from ..contract.topics import MESSAGES, ORDERS, TOPIC_TYPES, TYPE_NAMES
from ..web.refusals import REASONS as WEB_REASONS
from .settings import Topics

WRITE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of `chatpulse_checkpoint_write_seconds`."""


@dataclass
class WriteTimes:
    """How long checkpoints took to write: counts per bucket (the last is +Inf) and the sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(WRITE_BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one written checkpoint."""
        place = sum(bound < seconds for bound in WRITE_BUCKETS)
        self.counts[place] += 1
        self.seconds += seconds


class Counters:
    """The counters of the processor, with every known label value present from the start."""

    def __init__(self, topics: Topics) -> None:
        self.events: dict[str, Counter[type[EventBase]]] = {
            topics.messages: Counter(dict.fromkeys(TOPIC_TYPES[MESSAGES], 0)),
            topics.orders: Counter(dict.fromkeys(TOPIC_TYPES[ORDERS], 0)),
        }
        self.rejected: dict[str, Counter[str]] = {
            topic: Counter(dict.fromkeys(REASONS, 0)) for topic in topics.inputs
        }
        self.late = 0
        self.after_close: Counter[str] = Counter(dict.fromkeys(topics.inputs, 0))
        self.gap_records: Counter[str] = Counter(dict.fromkeys(topics.inputs, 0))
        self.damaged_checkpoints = 0
        self.web_refused: Counter[str] = Counter(dict.fromkeys(WEB_REASONS, 0))
        self.retired: Counter[str] = Counter()
        """What engines of partitions that left had counted."""
        self.writes = WriteTimes()

    def by_type(self) -> dict[tuple[str, str], int]:
        """Return the applied events per topic and name of the type."""
        return {
            (topic, TYPE_NAMES[event_type]): count
            for topic, counts in self.events.items()
            for event_type, count in counts.items()
        }
