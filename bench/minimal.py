"""The minimal job that every peer does, and the plain oracle that every run is checked against.

A buyer's newest unanswered message waits until an agent's next message: count and milliseconds per
agent and minute. A paid order counts for the agent who replied last: count and minor units per
agent and minute. Bots' messages and created orders change nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

import msgspec

Cells = dict[tuple[str, int], list[int]]
"""(agent, minute) -> replies, their milliseconds, paid orders, their minor units."""


class Line(msgspec.Struct, gc=False):
    """The fields of an event that the job needs."""

    type: str
    shop_id: str
    buyer_id: str
    at: int
    sender: str = ""
    agent_id: str = ""
    amount_minor: int = 0


decode = msgspec.json.Decoder(Line).decode


class Job:
    """The job over dicts in memory, as fast as plain Python does it."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str], int] = {}
        self._replied: dict[tuple[str, str], str] = {}
        self.cells: Cells = {}

    def fold(self, values: Iterable[bytes]) -> None:
        """Take the next events of some partition."""
        asked, replied, cells = self._asked, self._replied, self.cells
        for value in values:
            e = decode(value)
            key = (e.shop_id, e.buyer_id)
            if e.type == "message":
                if e.sender == "buyer":
                    asked[key] = e.at
                elif e.sender == "agent":
                    replied[key] = agent = e.agent_id
                    since = asked.pop(key, None)
                    if since is not None:
                        place = (agent, e.at // 60000)
                        cell = cells.get(place)
                        if cell is None:
                            cells[place] = [1, e.at - since, 0, 0]
                        else:
                            cell[0] += 1
                            cell[1] += e.at - since
            elif e.type == "paid":
                by = replied.get(key)
                if by is not None:
                    place = (by, e.at // 60000)
                    cell = cells.get(place)
                    if cell is None:
                        cells[place] = [0, 0, 1, e.amount_minor]
                    else:
                        cell[2] += 1
                        cell[3] += e.amount_minor


def check(cells: Mapping[tuple[str, int], Iterable[int]]) -> str:
    """Return what two runs with the same numbers have in common."""
    lines = sorted(f"{a}|{m}|{'|'.join(map(str, cell))}\n" for (a, m), cell in cells.items())
    return f"{len(lines)} cells {hashlib.sha256(''.join(lines).encode()).hexdigest()[:16]}"


def oracle(path: Path, events: int | None = None) -> str:
    """Return the `check` of a file, or of its first events: json and dicts, nothing shared."""
    asked: dict[str, int] = {}
    replied: dict[str, str] = {}
    cells: Cells = {}
    with path.open("rb") as lines:
        for line in islice(lines, events):
            e = json.loads(line)
            key = f"{e['shop_id']}:{e['buyer_id']}"
            agent, added = "", [0, 0, 0, 0]
            if e["type"] == "message" and e["sender"] == "buyer":
                asked[key] = e["at"]
            elif e["type"] == "message" and e["sender"] == "agent":
                agent = replied[key] = e["agent_id"]
                if key in asked:
                    added = [1, e["at"] - asked.pop(key), 0, 0]
            elif e["type"] == "paid" and key in replied:
                agent, added = replied[key], [0, 0, 1, e["amount_minor"]]
            if any(added):
                cell = cells.get((agent, e["at"] // 60000), [0, 0, 0, 0])
                cells[agent, e["at"] // 60000] = [a + b for a, b in zip(cell, added, strict=True)]
    return check(cells)
