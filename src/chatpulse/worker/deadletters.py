"""Dead letters: the record as it came, and why it did not count."""

from __future__ import annotations

from .broker import Tp
from .outbox import Output
from .records import Record

LATE = "late"
"""Reason of a chat event further behind its conversation than the lateness allows."""


def dead_letter(topic: str, tp: Tp, record: Record, *, reason: str, detail: str) -> Output:
    """Return `record` of `tp` for the dead-letter topic, key and value unchanged.

    The source coordinates make a repetition after a crash recognisable.
    """
    headers = (
        ("reason", reason.encode()),
        ("detail", detail.encode(errors="replace")),
        ("source-topic", tp.topic.encode()),
        ("source-partition", b"%d" % tp.partition),
        ("source-offset", b"%d" % record.offset),
    )
    return Output(topic, record.key, record.value, headers)
