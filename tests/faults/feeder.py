"""The producer of a campaign, which remembers what it sent, when, and where it came to lie."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from confluent_kafka import KafkaException, Message, Producer

from tests.faults.stream import LARGEST, Block, Record
from tests.worker.lab import Lab

Place: TypeAlias = tuple[str, int]
"""Role of an input, and partition."""


class Feeder(threading.Thread):
    """Sends blocks in their order; ordinary ones at the pace, others at once."""

    def __init__(
        self, lab: Lab, blocks: list[Block], on_fault: Callable[[str, float, float], None]
    ) -> None:
        super().__init__(name="feeder", daemon=True)
        self._lab = lab
        self._blocks = blocks
        self._on_fault = on_fault
        self._producer = Producer(
            {
                "bootstrap.servers": lab.address,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.max.bytes": 2 * LARGEST,
                "queue.buffering.max.messages": 1_000_000,
                "log_level": 0,
            }
        )
        self._go = threading.Event()
        self._go.set()
        self._ended = threading.Event()
        self.seconds = 0.0
        self.error: object = None
        self.records = [record for block in blocks for record in block.records]
        self.lying: dict[Place, dict[int, int]] = defaultdict(dict)
        """Per place: offset -> index in `records`."""
        self.lost: set[int] = set()
        """Indices of what was deleted before it was counted."""
        self._handed: dict[Place, list[float]] = defaultdict(list)
        self._acknowledged: dict[Place, list[float]] = defaultdict(list)
        self._pending: OrderedDict[int, float] = OrderedDict()
        self._copies: dict[Place, deque[int]] = defaultdict(deque)
        """Offsets of copies whose records are acknowledged next, in this order."""
        self._newest: dict[Place, int] = defaultdict(int)
        self._ends: dict[Place, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._next = 0

    # ---- the campaign's levers

    def at_once(self, share: float) -> None:
        """Send the first part of the input now, and wait until it is there."""
        for record in self.records[: int(share * len(self.records))]:
            self._send(record)
        assert self._producer.flush(60) == 0

    def hold(self) -> None:
        """Send nothing until `go_on`."""
        self._go.clear()

    def go_on(self) -> None:
        self._go.set()

    def end(self) -> None:
        """Give up, at the end of a campaign that failed."""
        self._ended.set()
        self._go.set()

    def run(self) -> None:
        try:
            self._run()
        except KafkaException as error:
            self.error = error

    def _run(self) -> None:
        left = self._blocks_left()
        paced = sum(len(block.records) for block in left if block.fault is None)
        pause = self.seconds / max(1, paced)
        due = time.monotonic()
        for block in left:
            while block.apart and self._producer.flush(1) and not self._ended.is_set():
                pass
            begun = time.monotonic()
            for record in block.records:
                self._go.wait()
                if self._ended.is_set():
                    return
                if block.fault is None:
                    due += pause
                    if (ahead := due - time.monotonic()) > 0.02:
                        time.sleep(ahead)  # the pace of the outside world
                    elif ahead < -1.0:
                        due = time.monotonic()  # it was held
                self._send(record)
            if block.fault is not None:
                self._on_fault(block.fault, begun, time.monotonic())
                due = time.monotonic()
        while self._producer.flush(1) and not self._ended.is_set():
            pass

    def _blocks_left(self) -> list[Block]:
        skip, left = self._next, []
        for block in self._blocks:
            fault = block.fault if skip == 0 else None
            left.append(replace(block, records=block.records[skip:], fault=fault))
            skip = max(0, skip - len(block.records))
        return left

    def _send(self, record: Record) -> None:
        index, self._next = self._next, self._next + 1
        with self._lock:
            self._pending[index] = time.monotonic()
        self._producer.produce(
            self._lab.topic(record.role),
            record.value,
            record.key,
            on_delivery=lambda error, message: self._delivered(index, error, message),
        )
        self._producer.poll(0)

    def _delivered(self, index: int, error: object, message: Message) -> None:
        if error is not None:
            self.error = self.error or error
            return
        place = (self.records[index].role, message.partition() or 0)
        with self._lock:
            handed = self._pending.pop(index)
            self._lie(place, index, message.offset())
            times = self._ends[place] - len(self._handed[place])
            self._handed[place] += [handed] * times
            self._acknowledged[place] += [time.monotonic()] * times

    def _lie(self, place: Place, index: int, offset: int | None) -> None:
        """Note that a record lies at an offset, and the copies that came to lie before it.

        When all in-sync brokers died, librdkafka begins anew and sends batches again that were
        written: these lie twice, in a row, and only the second time is acknowledged.
        """
        lying, copies = self.lying[place], self._copies[place]
        end = self._ends[place]
        if offset is None or offset < 0:  # of a batch sent twice librdkafka does not know it
            offset = end
        if offset < end:
            self.error = self.error or f"{place}: offset {offset} out of turn"
        copies += range(end, offset)
        if copies:
            lying[copies.popleft()] = index
        if self._newest[place] > index:
            self.error = self.error or f"{place}: {index} came to lie out of turn"
        lying[offset] = index
        self._newest[place], self._ends[place] = index, offset + 1

    # ---- what the watcher asks

    @property
    def done(self) -> bool:
        """Tell whether everything was sent and acknowledged."""
        return not self.is_alive() and not self._pending

    def end_at(self, place: Place, instant: float) -> int:
        """Return how many records of a place were acknowledged by then: its end, or less."""
        with self._lock:
            return bisect_left(self._acknowledged[place], instant)

    def ends(self) -> dict[Place, int]:
        with self._lock:
            return {place: len(times) for place, times in self._acknowledged.items()}

    def handed_between(self, begin: float, end: float) -> int:
        """Return how many records were handed over between two instants."""
        with self._lock:
            return sum(begin <= at <= end for times in self._handed.values() for at in times)

    def oldest_unread(self, positions: dict[Place, int]) -> float | None:
        """Return when the oldest record was handed over that is not read; None if all is read."""
        with self._lock:
            unread = [
                self._handed[place][position]
                for place, position in positions.items()
                if position < len(self._handed[place])
            ]
            return min([*unread, *list(self._pending.values())[:1]], default=None)
