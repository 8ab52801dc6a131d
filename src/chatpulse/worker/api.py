"""What the API answers, without HTTP: lists of this worker's shops, or where else to ask."""

from __future__ import annotations

import asyncio
import datetime
import re
from dataclasses import dataclass
from typing import Any, TypeAlias, Union

from aiokafka.partitioner import murmur2

from ..scoreboard.partition import Partition
from .broker import Tp
from .sources import Sources


@dataclass(frozen=True)
class NotHere:
    """Another worker's shop, at `url` if that is known; else nobody's, for the `reason`."""

    reason: str
    url: str | None = None


@dataclass(frozen=True)
class Unusable:
    """A question that cannot be answered by anybody."""

    reason: str


Answer: TypeAlias = Union[list[Any], NotHere, Unusable]


def partition_of(shop_id: str, partitions: int) -> int:
    """Return the partition in which Kafka's default partitioner puts the records of a shop."""
    return int(murmur2(shop_id.encode()) & 0x7FFFFFFF) % partitions


class Api:
    """Answers from the engines of the partitions that are owned now."""

    def __init__(self, sources: Sources, *, topic: str, partitions: int) -> None:
        self._sources = sources
        self._topic = topic
        self._partitions = partitions

    def shops(self) -> list[str]:
        """Return the shops this worker owns."""
        return sorted({shop for part in self._sources.owned.values() for shop in part.engine.shops})

    async def scorecards(self, shop_id: str, day_text: str | None) -> Answer:
        """Return the scorecards of a shop's day, by default today's, in the order of agents.

        Those of an open day are made in a thread, of a copy: for many agents it takes a while.
        """
        day = None
        if day_text is not None:
            day = _day(day_text)
            if day is None:
                return Unusable(f"day={day_text!r} is no day; write it as YYYY-MM-DD")
        engine = self._engine(shop_id)
        if isinstance(engine, NotHere):
            return engine
        boards = engine.boards[shop_id]
        board = boards.days.get(boards.today if day is None else day.toordinal())
        if board is None:
            return engine.scorecards(shop_id, day)
        return await asyncio.to_thread(list, board.copy().scorecards(shop_id))

    def waiting(self, shop_id: str) -> Answer:
        """Return how many buyers wait, per agent and in the queue."""
        engine = self._engine(shop_id)
        return engine if isinstance(engine, NotHere) else engine.boards[shop_id].waiting()

    def _engine(self, shop_id: str) -> Partition | NotHere:
        owned = self._sources.owned
        for part in owned.values():
            if shop_id in part.engine.shops:
                engine = part.engine
                engine.refresh_shop(shop_id, self._sources.now_ms(), engine.slice)
                return engine
        number = partition_of(shop_id, self._partitions)
        if number in owned:
            return NotHere(f"no event of shop {shop_id!r} is remembered")
        url = self._sources.owner(Tp(self._topic, number))
        if url is not None:
            return NotHere(f"shop {shop_id!r} is owned by {url}", url)
        return NotHere(
            f"shop {shop_id!r} belongs to partition {number}, which another worker owns, or nobody "
            "while the group rebalances; its address is not known here (see advertised_url)"
        )


def _day(text: str) -> datetime.date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None
