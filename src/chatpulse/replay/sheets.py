"""The three ways to print scorecards: for people, for programs, for spreadsheets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from ..scoreboard.scorecard import Scorecard
from .csv_sheet import print_csv

CardKey: TypeAlias = tuple[str, str, str]


class Sheet(NamedTuple):
    """An order of scorecards, and how to print them; a card comes as the bytes of its JSON."""

    key: Callable[[Scorecard], CardKey]
    print: Callable[[Iterator[bytes]], None]


def _print_json(cards: Iterator[bytes]) -> None:
    for card in cards:
        sys.stdout.buffer.write(card + b"\n")
    sys.stdout.buffer.flush()


def _print_table(cards: Iterator[bytes]) -> None:
    from .table import print_table

    print_table(cards)


def _by_agent(card: Scorecard) -> CardKey:
    return card.shop_id, card.agent_id, card.day


def _by_day(card: Scorecard) -> CardKey:
    return card.shop_id, card.day, card.agent_id


SHEETS: Final = {
    "table": Sheet(_by_day, _print_table),
    "json": Sheet(_by_agent, _print_json),
    "csv": Sheet(_by_agent, print_csv),
}
