"""Records of an input topic, as the stage sees them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from .broker import Tp


class Record(Protocol):
    """Raw bytes and where in its partition they stand: aiokafka's own objects, made only once."""

    @property
    def offset(self) -> int: ...  # noqa: D102

    @property
    def key(self) -> bytes | None: ...  # noqa: D102

    @property
    def value(self) -> bytes | None: ...  # noqa: D102


class Batch(NamedTuple):
    """Records of one partition of a topic in their order, of one fetch.

    `generation` is that of the group when they were fetched.
    """

    tp: Tp
    generation: int
    records: list[Record]


def place(tp: Tp, record: Record) -> str:
    """Say where a record stands, for messages: never what is in it, its key included."""
    return f"{tp.topic} partition {tp.partition} offset {record.offset}"
