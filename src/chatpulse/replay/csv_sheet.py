"""Scorecards as CSV: one flat column per number, the quotients of outputs.md at the end.

Nested numbers are named by their path, such as `profiles.taobao_3min.hits`; `null` is an empty
cell.
"""

from __future__ import annotations

import codecs
import csv
import sys
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from ..contract.ids import SECOND
from ..conversations.rounds import BOUNDS_MS
from ..conversations.spam import REASONS
from ..scoreboard.scorecard import CREDITS, Scorecard, quotients, scorecard

Cell: TypeAlias = str | int | float | None

_SPARSE: Final = {"excluded": REASONS, "orders_by_credit": CREDITS}
"""Objects of a scorecard that leave out keys whose number is zero."""

_BUCKETS: Final = (*(f"le_{bound // SECOND}s" for bound in BOUNDS_MS), "le_inf")


def print_csv(cards: Iterator[bytes]) -> None:
    """Write a header and one line per scorecard to standard output, as UTF-8."""
    out = codecs.getwriter("utf-8")(sys.stdout.buffer)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_columns())
    decode = msgspec.json.Decoder(Scorecard).decode
    for card in cards:
        writer.writerow(_flat(decode(card)).values())
    sys.stdout.buffer.flush()


def _columns() -> list[str]:
    any_card = scorecard("", "", 1, {"rounds": 1}, 0)
    assert any_card is not None  # noqa: S101  # it has a number
    return list(_flat(any_card))


def _flat(card: Scorecard) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for name in Scorecard.__struct_fields__:
        value = getattr(card, name)
        if name in _SPARSE:
            cells.update({f"{name}.{key}": value.get(key, 0) for key in _SPARSE[name]})
        elif name == "response_histogram":
            counts = zip(_BUCKETS, value, strict=True)
            cells.update({f"{name}.{bucket}": count for bucket, count in counts})
        elif name == "profiles":
            for profile, numbers in value.items():
                cells.update({f"{name}.{profile}.{key}": n for key, n in numbers.items()})
        else:
            cells[name] = value
    return cells | quotients(card)
