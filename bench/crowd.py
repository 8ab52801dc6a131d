"""A crowd that writes at a steady rate, and how far it fell behind its schedule."""

import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from bench.batches import Request, check, encode
from bench.processes import FailedError

TURN_SECONDS: Final = 0.02
"""Larger batches cost the broker a quarter less; whoever is timed does not wait in them."""

ANSWER_SECONDS: Final = 30
ANSWERS_BYTES: Final = 1 << 16
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

    unsent: float = 0.0
    """Those of them that had not even been sent: that part is not the broker's."""

    _acknowledged: tuple[int, int] | None = None

    def look(self, now: float, unsent: int) -> int:
        """Return how many events are to be produced now; note how many are overdue."""
        due = int(self.rate * (now - self.window.begins))
        if now >= self.window.opens:
            there = self.count - unsent
            if due - there > self.most_overdue:
                self.most_overdue, self.unsent = due - there, max(0, due - self.count)
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


def prepare(
    lines: Iterable[bytes], rate: float, seconds: float, topics: Mapping[str, str], partitions: int
) -> list[Request]:
    """Return what is to be written in so many seconds, a request for every turn."""
    turns = range(int(seconds / TURN_SECONDS))
    ends = [int(rate * TURN_SECONDS * (turn + 1)) for turn in turns]
    events = [end - begin for begin, end in pairwise([0, *ends])]
    lines = iter(lines)
    return [encode(islice(lines, count), topics, partitions) for count in events if count]


def write(address: str, requests: Iterable[Request], schedule: Schedule) -> None:
    """Send what is due until the window closes, every event stamped with its moment."""
    closes = schedule.window.closes
    with _Connection(address) as connection:
        waiting = deque(requests)
        while (now := time.monotonic()) < closes:
            due = schedule.look(now, schedule.count - connection.acknowledged)
            while waiting and waiting[0].events <= due:
                request = waiting.popleft()
                connection.send(request, time.time_ns() // 1_000_000)
                schedule.count += request.events
                due -= request.events
            time.sleep(TURN_SECONDS)
            connection.take()
        schedule.look(closes, schedule.count - connection.acknowledged)
        while (there := connection.acknowledged) < schedule.count:
            connection.take(ANSWER_SECONDS)
            if there == connection.acknowledged:
                raise FailedError(f"the broker gave no answer for {ANSWER_SECONDS} s")


class _Connection:
    """One connection to a broker, which answers requests in their order."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = bytearray()
        self._sent: list[int] = []
        self._answered = 0
        self.acknowledged = 0
        """Events that the broker has."""

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, request: Request, now_ms: int) -> None:
        """Hand over a request; wait if what went before it is still on its way."""
        self._socket.sendall(request.at(now_ms, len(self._sent)))
        self._sent.append(request.events)

    def take(self, seconds: float = 0.0) -> None:
        """Take the answers that come in so many seconds; raise `FailedError` for a refusal."""
        while select.select([self._socket], [], [], seconds)[0]:
            seconds = 0.0
            if not (read := self._socket.recv(ANSWERS_BYTES)):
                raise FailedError("the broker closed the connection")
            self._read += read
        while (end := 4 + int.from_bytes(self._read[:4], "big")) <= len(self._read) > 4:
            if check(bytes(self._read[4:end])) != self._answered:
                raise FailedError("the broker answered out of turn")
            del self._read[:end]
            self.acknowledged += self._sent[self._answered]
            self._answered += 1
