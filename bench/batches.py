"""Produce requests whose records are encoded beforehand: whoever sends them has almost no work.

A load must not take from the broker, with which it shares a core, what that needs to carry it. A
client that takes records one by one costs several times as much as the requests here, which cost
0.8 microseconds of a core an event: their moment is put into them, and a checksum over it.
"""

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from aiokafka.protocol.produce import ProduceRequest_v7, ProduceResponse_v7
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from bench.broker import kind_of, shop_of
from bench.processes import FailedError
from chatpulse.worker.api import partition_of

AT: Final = b'"at":'
UNSTAMPED: Final = AT + b"0000000000000"
"""An event's time in milliseconds has as many digits for centuries to come."""

CRC_AT: Final = 17
CHECKED_FROM: Final = 21
TIMES_AT: Final = 27
"""Offsets in a batch of format 2: its checksum, the first byte it is of, its times."""

MOST_BYTES: Final = 1_000_000
"""Of a batch: a broker takes no larger ones."""

WHOLE_ISR: Final = -1
TIMEOUT_MS: Final = 30_000


@dataclass(frozen=True)
class Request:
    """Some events by topic and partition, encoded but for the moment at which they happen."""

    events: int
    batches: tuple[tuple[str, int, bytes], ...]

    def at(self, now_ms: int, number: int) -> bytes:
        """Return the request, all of its events stamped with that moment, as the broker reads it.

        The answer bears its number.
        """
        topics: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
        for topic, partition, batch in self.batches:
            topics[topic].append((partition, _stamped(batch, now_ms)))
        request = ProduceRequest_v7(None, WHOLE_ISR, TIMEOUT_MS, list(topics.items()))
        body = request.build_request_header(number, "bench").encode() + request.encode()
        return struct.pack(">i", len(body)) + body


def encode(lines: Iterable[bytes], topics: Mapping[str, str], partitions: int) -> Request:
    """Return the request with these events, for a room's `messages` and `orders`.

    Those of a shop are in their order.
    """
    values: dict[tuple[str, bytes], list[bytes]] = defaultdict(list)
    for line in lines:
        start = line.index(AT)
        value = line[:start] + UNSTAMPED + line[start + len(UNSTAMPED) :].rstrip()
        values[kind_of(line), shop_of(line)].append(value)
    builders: dict[tuple[str, int], Any] = {}
    counts: Counter[tuple[str, int]] = Counter()
    for (kind, shop), those in values.items():
        place = topics[kind], partition_of(shop.decode(), partitions)
        builder = builders.setdefault(place, _builder())
        for value in those:
            if builder.append(counts[place], 0, shop, value, []) is None:
                raise ValueError(f"these events of {place} do not fit into one batch")
            counts[place] += 1
    batches = ((*place, bytes(builder.build())) for place, builder in builders.items())
    return Request(counts.total(), tuple(batches))


def check(answer: bytes) -> int:
    """Return the number of the request that was answered; raise `FailedError` if it was refused."""
    found = ProduceResponse_v7.decode(BytesIO(answer[4:]))
    for topic, parts in found.topics:
        for part in parts:
            if part[1]:
                raise FailedError(f"{topic} partition {part[0]} refused a batch: error {part[1]}")
    number: int = struct.unpack_from(">i", answer)[0]
    return number


def _builder() -> Any:
    return DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=MOST_BYTES,
    )


def _stamped(batch: bytes, now_ms: int) -> bytearray:
    stamped = bytearray(batch.replace(UNSTAMPED, AT + b"%013d" % now_ms))
    struct.pack_into(">qq", stamped, TIMES_AT, now_ms, now_ms)
    struct.pack_into(">I", stamped, CRC_AT, calc_crc32c(stamped[CHECKED_FROM:]))
    return stamped
