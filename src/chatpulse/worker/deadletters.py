"""Dead letters: the record as it came, and why it did not count."""

from __future__ import annotations

from typing import Final

from ..printable import printable
from .broker import Tp
from .outbox import Output
from .records import Record

LATE = "late"
"""Reason of a chat event further behind its conversation than the lateness allows."""

MOST_BYTES: Final = 1_040_000
"""Of key and value together: the megabyte that brokers take by default, less the headers."""


def dead_letter(topic: str, tp: Tp, record: Record, *, reason: str, detail: str) -> Output:
    """Return `record` of `tp` for the dead-letter topic, key and value unchanged.

    The source coordinates make a repetition after a crash recognisable. What brokers would refuse
    is cut, with a header that tells the lengths: they limit records as they are compressed.
    """
    key, value = record.key, record.value
    headers: tuple[tuple[str, bytes], ...] = (
        ("reason", reason.encode()),
        ("detail", printable(detail).encode()),
        ("source-topic", tp.topic.encode()),
        ("source-partition", b"%d" % tp.partition),
        ("source-offset", b"%d" % record.offset),
    )
    lengths = len(key or b""), len(value or b"")
    if sum(lengths) > MOST_BYTES:
        headers += (("cut-from", b"key %d, value %d bytes" % lengths),)
        key = key and key[: MOST_BYTES // 2]
        value = value and value[: MOST_BYTES - len(key or b"")]
    return Output(topic, key, value, headers)
