"""The columns of the board: headings, widths, and what stands in the cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from rich.text import Text

from .labels import Words
from .readings import Row
from .shown import duration, level_of_mean, level_of_wait, marked, money, percent, printable

GAP: Final = 2


class Column(NamedTuple):
    """`rank`: the highest is left out first where the terminal is narrow."""

    heading: str
    width: int
    rank: int
    cell: Callable[[Row, float], Text]
    left: bool = False


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """Return the most important columns that fit into that width."""
    kept = list(columns)
    while len(kept) > 1 and sum(column.width + GAP for column in kept) > width:
        kept.remove(max(kept, key=lambda column: column.rank))
    return kept


def agent_columns(words: Words, *, with_shop: bool) -> list[Column]:
    """Return the columns of the agents' table."""
    shop = [Column(words.shop, 10, 2, lambda row, _: _shop(row), left=True)]
    return [
        Column(words.agent, 12, 0, _agent, left=True),
        *(shop if with_shop else ()),
        Column(words.waiting, 7, 3, lambda row, _: _count(row.waiting)),
        *_speed(words),
        Column(words.within_30s, 6, 10, lambda row, _: _ratio(row.within_30s)),
        Column(words.within_180s, 8, 7, lambda row, _: _ratio(row.within_180s)),
        *_success(words),
    ]


def shop_columns(words: Words) -> list[Column]:
    """Return the columns of the shops' table: one line per shop."""
    return [
        Column(words.shop, 12, 0, lambda row, _: _shop(row), left=True),
        Column(words.waiting, 7, 3, lambda row, _: _count(row.waiting)),
        *_speed(words),
        Column(words.queued, 6, 10, lambda row, _: _count(row.queued)),
        Column(words.ads, 8, 7, lambda row, _: _count(row.ads)),
        *_success(words),
    ]


def _speed(words: Words) -> list[Column]:
    return [
        Column(words.oldest, 10, 1, lambda row, now: _oldest(row, words, now)),
        Column(words.mean_5m, 10, 4, lambda row, _: _mean(row.mean_5m, words)),
        Column(words.mean_today, 9, 8, lambda row, _: _mean(row.mean_today, words)),
    ]


def _success(words: Words) -> list[Column]:
    return [
        Column(words.reply_ratio, 7, 6, lambda row, _: _ratio(row.reply_ratio)),
        Column(words.converted, 10, 11, lambda row, _: _converted(row)),
        Column(words.conversion_ratio, 7, 9, lambda row, _: _ratio(row.conversion_ratio)),
        Column(words.sales, 12, 5, lambda row, _: Text(money(row.sales_minor))),
    ]


def _agent(row: Row, now: float) -> Text:
    level = max(level_of_wait(_wait(row, now)), level_of_mean(row.mean_5m))
    return Text(printable(row.agent_id), style=("bold", "bold yellow", "bold red")[level])


def _shop(row: Row) -> Text:
    return Text(printable(row.shop_id), style="bold cyan")


def _wait(row: Row, now: float) -> float | None:
    return None if row.since is None else max(0.0, now - row.since)


def _oldest(row: Row, words: Words, now: float) -> Text:
    wait = _wait(row, now)
    return marked(duration(wait, words.units), level_of_wait(wait))


def _mean(seconds: float | None, words: Words) -> Text:
    return marked(duration(seconds, words.units), level_of_mean(seconds))


def _count(value: float) -> Text:
    return Text(f"{value:,.0f}", style="" if value else "dim")


def _ratio(value: float | None) -> Text:
    return Text(percent(value))


def _converted(row: Row) -> Text:
    return Text(f"{row.converted:,.0f}/{row.inquiries:,.0f}")
