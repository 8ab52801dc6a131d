"""A record of an input topic, as the stage sees it."""

from __future__ import annotations

from typing import NamedTuple

from .broker import Tp


class Record(NamedTuple):
    """Raw bytes with their coordinates; `generation` is that of the group when it was fetched."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    generation: int

    @property
    def tp(self) -> Tp:
        """The partition of the topic it was read from."""
        return Tp(self.topic, self.partition)

    def __str__(self) -> str:
        return f"{self.topic} partition {self.partition} offset {self.offset} key {self.key!r}"
