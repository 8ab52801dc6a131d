"""Scorecards for people: one table per shop and day, the shop's own row first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..contract.ids import HOUR, MINUTE, SECOND
from ..printable import printable
from ..scoreboard.scorecard import Scorecard, is_shop, quotients, ratio

WIDTH: Final = 100
"""Columns taken when standard output is no terminal."""

NOTHING: Final = "–"
WEEKDAYS: Final = "一二三四五六日"
EXCELLENT_MS: Final = 30 * SECOND
ALARMING_MS: Final = 100 * SECOND


class _Console(Console):
    """A console that leaves it to the command line what a broken pipe means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Column(NamedTuple):
    """A heading in Chinese and English, a width, and what stands in the cells.

    On a narrow terminal the columns with the highest `rank` are left out.
    """

    chinese: str
    english: str
    width: int
    rank: int
    cell: Callable[[Scorecard], str | Text]


def print_table(cards: Iterator[bytes]) -> None:
    """Print the scorecards, which come ordered by shop, day and agent."""
    console = _Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )
    decode = msgspec.json.Decoder(Scorecard).decode
    found = False
    columns = fitting(console.width)
    for (shop_id, day), group in groupby(map(decode, cards), lambda card: (card.shop_id, card.day)):
        found = True
        rows = list(group)
        weekday = WEEKDAYS[date.fromisoformat(day).weekday()]
        console.print(Text(f"{printable(shop_id)} · {day} 周{weekday}", style="bold"))
        console.print(_table(rows, columns))
        for row in rows:
            if is_shop(row) and row.excluded:
                left = ", ".join(f"{reason} {count}" for reason, count in row.excluded.items())
                console.print(f" 未计入的买家 buyers left out: {left}")
        console.print()
    if not found:
        console.print("No scorecards: no event counted.")


def duration(ms: float | None) -> str:
    """Return a span as people say it: 9.5s, 42s, 3m05s, 2h10m."""
    if ms is None:
        return NOTHING
    seconds = round(ms / SECOND)
    if ms < 10 * SECOND - 50:
        return f"{ms / SECOND:.1f}s"
    if seconds < MINUTE // SECOND:
        return f"{seconds}s"
    if seconds < HOUR // SECOND:
        return f"{seconds // 60}m{seconds % 60:02d}s"
    return f"{seconds // 3600}h{seconds % 3600 // 60:02d}m"


def money(minor: float | None) -> str:
    """Return an amount in yuan, from fen."""
    if minor is None:
        return NOTHING
    yuan, fen = divmod(round(minor), 100)
    return f"{yuan:,}.{fen:02d}"


def percent(part: float | None) -> str:
    """Return a ratio in percent; 100% only if nothing is missing, 0.0% only if there is none."""
    if part is None:
        return NOTHING
    if part == 1:
        return "100%"
    shown = min(99.9, round(100 * part, 1))
    return f"{shown:.1f}%"


def fitting(width: int) -> list[Column]:
    """Return the most important columns that fit into a terminal of that width."""
    columns = list(COLUMNS)
    while len(columns) > 1 and sum(column.width + 1 for column in columns) - 1 > width:
        columns.remove(max(columns, key=lambda column: column.rank))
    return columns


def _table(cards: list[Scorecard], columns: list[Column]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0), pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            f"{column.chinese}\n{column.english}",
            width=column.width,
            justify="left" if column is COLUMNS[0] else "right",
            no_wrap=True,
            overflow="ellipsis",
        )
    for card in cards:
        cells = [column.cell(card) for column in columns]
        table.add_row(*cells, style="bold" if is_shop(card) else "")
    return table


def _owner(card: Scorecard) -> str:
    return "全店 shop" if is_shop(card) else printable(card.agent_id)


def _response(card: Scorecard) -> Text:
    ms = card.response_ms_avg
    if ms is None:
        return Text(NOTHING)
    colour = "green" if ms <= EXCELLENT_MS else "red" if ms > ALARMING_MS else ""
    return Text(duration(ms), style=colour)


def _converted(card: Scorecard) -> str:
    return percent(ratio(card.converted_final, card.inquiries_final))


COLUMNS: Final = (
    Column("客服", "agent", 13, 0, _owner),
    Column("轮次", "rounds", 6, 7, lambda card: f"{card.rounds}"),
    Column("平均响应", "response", 8, 1, _response),
    Column(
        "首次响应", "first", 8, 10, lambda card: duration(quotients(card)["first_response_ms_avg"])
    ),
    Column(
        "3分钟率", "≤3 min", 7, 8, lambda card: percent(ratio(card.within_180s, card.duty_rounds))
    ),
    Column("未回复", "missed", 6, 4, lambda card: f"{card.missed}"),
    Column("回复率", "replied", 7, 2, lambda card: percent(card.reply_ratio)),
    Column("询单", "asked", 5, 6, lambda card: f"{card.inquiries}"),
    Column("转化率", "bought", 6, 5, _converted),
    Column("销售额 ¥", "sales", 12, 3, lambda card: money(card.sales_minor)),
    Column("客单价 ¥", "per buyer", 9, 9, lambda card: money(card.unit_price_minor)),
)
