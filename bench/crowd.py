"""A crowd that writes at a steady rate, and how far it fell behind its schedule."""

import time
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bench import workers
from bench.broker import Broker, shop_of
from bench.data import Data

TURN_SECONDS: Final = 0.01
LINGER_MS: Final = 20
"""Larger batches cost the broker a quarter less; whoever is timed does not wait in them."""

MOST_UNSENT: Final = 50_000
SLACK: Final = 0.02
"""Of the events of the measured window; more than that overdue, and it was another rate."""


@dataclass(frozen=True)
class Window:
    """When the crowd begins, when the measurement does, and when both end: `time.monotonic()`."""

    begins: float
    opens: float
    closes: float

    @property
    def seconds(self) -> float:
        """How long is measured."""
        return self.closes - self.opens


@dataclass
class Schedule:
    """What should be with the broker by now, and the worst that was found."""

    rate: float
    window: Window
    count: int = 0
    """Events handed to the producer in all."""

    most_overdue: float = 0.0
    """Events that were due and not acknowledged, at the worst moment of the window."""

    _acknowledged: tuple[int, int] | None = None

    def look(self, now: float, unsent: int) -> int:
        """Return how many events are to be produced now; note how many are overdue."""
        due = int(self.rate * (now - self.window.begins))
        if now >= self.window.opens:
            there = self.count - unsent
            self.most_overdue = max(self.most_overdue, due - there)
            self._acknowledged = (self._acknowledged or (there, there))[0], there
        return max(0, due - self.count)

    @property
    def kept(self) -> bool:
        """Whether the rate was what it should be, at every moment of the window."""
        return self.most_overdue <= SLACK * self.rate * self.window.seconds

    @property
    def measured_rate(self) -> float:
        """Events per second that the broker took in the window."""
        first, last = self._acknowledged or (0, 0)
        return (last - first) / self.window.seconds


def write(broker: Broker, data: Data, room: str, schedule: Schedule) -> None:
    """Produce until the window closes, every event stamped with its moment."""
    names = workers.inputs(room)
    messages, orders = names["messages"], names["orders"]
    producer = broker.producer(**{"linger.ms": LINGER_MS})
    with data.path.open("rb") as lines:
        while (now := time.monotonic()) < schedule.window.closes:
            stamp = b"%d" % (time.time_ns() // 1_000_000)
            for line in islice(lines, min(schedule.look(now, len(producer)), MOST_UNSENT)):
                start = line.index(b'"at":') + 5
                value = line[:start] + stamp + line[start + 13 : -1]
                topic = messages if line.startswith(b'{"type":"message"') else orders
                producer.produce(topic, value, shop_of(line))
                schedule.count += 1
            producer.poll(0)
            while len(producer) > MOST_UNSENT and time.monotonic() < schedule.window.closes:
                producer.poll(TURN_SECONDS)  # the broker is the limit
            time.sleep(TURN_SECONDS)
    schedule.look(schedule.window.closes, len(producer))
    producer.flush(30)
