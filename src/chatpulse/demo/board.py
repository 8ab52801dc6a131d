"""The board: what a reading looks like, in a terminal or as lines of text."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .columns import GAP, Column, agent_columns, fitting, shop_columns
from .labels import Words
from .readings import Reading, Row
from .shown import MARKS, NOTHING, STYLES, printable

ZONE: Final = ZoneInfo("Asia/Shanghai")
"""The time zone of every simulated shop."""

WIDEST: Final = 120
LINES_AROUND: Final = 15
"""Lines of the board that are neither a shop nor an agent."""


class Pulse(NamedTuple):
    """Where the worker is, and how many events it takes in per second (None: not known yet)."""

    url: str
    rate: float | None


def render(
    reading: Reading,
    pulse: Pulse,
    words: Words,
    *,
    now: float,
    width: int,
    height: int | None = None,
) -> RenderableType:
    """Return the board as of `now`; what does not fit into `height` is counted, not shown."""
    width = min(width, WIDEST)
    shops, agents = reading.shops, reading.agents
    if height is not None:
        shops = shops[: max(1, (height - LINES_AROUND) // 3)]
        agents = agents[: max(1, height - LINES_AROUND - len(shops))]
    columns = agent_columns(words, with_shop=len(reading.shops) > 1)
    parts: list[RenderableType] = [
        *_header(reading, pulse, words, now=now, width=width),
        _table(shops, shop_columns(words), now=now, width=width),
        Text(),
        _table(agents, columns, now=now, width=width),
    ]
    if left := len(reading.agents) - len(agents):
        parts.append(_line((" … " + words.more.format(left), "dim")))
    return Group(*parts, Text(), *_footer(reading, pulse, words))


def _header(
    reading: Reading, pulse: Pulse, words: Words, *, now: float, width: int
) -> list[RenderableType]:
    names = " ".join(printable(row.shop_id) for row in reading.shops[:3])
    if len(reading.shops) > 3:
        names += f" +{len(reading.shops) - 3}"
    left = _line(
        (" chatpulse ", "bold white on blue"), (f" {words.title}", "bold"), ("  " + names, "cyan")
    )
    clock = datetime.datetime.fromtimestamp(now, ZONE)
    age = None if reading.newest is None else max(0.0, now - reading.newest)
    delay = NOTHING if age is None else f"{age:.1f} {words.units[2]}"
    rate = NOTHING if pulse.rate is None else f"{pulse.rate:,.1f} {words.per_second}"
    right = _line(
        (f"{clock:%Y-%m-%d} {words.weekdays.split()[clock.weekday()]} ", "dim"),
        (f"{clock:%H:%M:%S}", "bold"),
        (f" {words.city}   {words.delay} ", "dim"),
        (delay, ""),
        (f"   {words.throughput} ", "dim"),
        (rate, ""),
    )
    space = width - left.cell_len - right.cell_len
    top = [left.append(" " * space).append_text(right)] if space > 1 else [left, right]
    return [*top, Text("─" * width, style="blue", no_wrap=True)]


def _table(rows: Sequence[Row], columns: Sequence[Column], *, now: float, width: int) -> Table:
    shown = fitting(columns, width)
    table = Table(
        box=box.SIMPLE_HEAD,
        border_style="dim",
        header_style="",
        padding=(0, 0, 0, GAP - 1),  # the box adds one
        show_edge=False,
    )
    for column in shown:
        table.add_column(
            Text(column.heading, style="dim"),
            width=column.width,
            justify="left" if column.left else "right",
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in rows:
        table.add_row(*(column.cell(row, now) for column in shown))
    return table


def _footer(reading: Reading, pulse: Pulse, words: Words) -> list[RenderableType]:
    shop = printable(reading.shops[0].shop_id) if reading.shops else "SHOP"
    addresses = {
        words.wall: f"{pulse.url}/",
        words.metrics: f"curl {pulse.url}/metrics",
        words.scorecards: f"curl {pulse.url}/api/v1/shops/{shop}/scorecards",
    }
    across = max(map(cell_len, addresses))
    return [
        _line(
            (f" {MARKS[1]}", STYLES[1]),
            (words.slow, ""),
            (f"  {words.slow_means}    ", "dim"),
            (MARKS[2], STYLES[2]),
            (words.too_slow, ""),
            (f"  {words.too_slow_means}", "dim"),
        ),
        *(
            _line((f" {label}{' ' * (across - cell_len(label))}  ", "dim"), (command, "green"))
            for label, command in addresses.items()
        ),
        _line((f" {words.stop}", "dim")),
    ]


def _line(*pieces: tuple[str, str]) -> Text:
    return Text.assemble(*pieces, no_wrap=True, overflow="ellipsis")
