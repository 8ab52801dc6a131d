"""`chatpulse explain`: the conversations behind a number, with their rounds and orders."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from ..conversations.conversation import Conversation
from ..conversations.policy import Rules
from ..conversations.row import NOBODY
from ..conversations.tally import Tally
from ..failure import Failure
from ..printable import printable
from ..rules_file import load_rules
from ..scoreboard.explanation import ExplainedOrder, ExplainedRound, Explanation, explain
from ..scoreboard.scorecard import COUNTED
from .feed import feed
from .files import STDIN, Source, UnreadableError
from .left_out import LeftOut
from .progress import progress
from .run import run

WIDTH: Final = 120
"""Columns taken when standard output is no terminal."""


@click.command("explain", no_args_is_help=True)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--shop", "shop_id", required=True, help="The shop.")
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day.")
@click.option("--agent", "agent_id", default=NOBODY, help="The agent; without it, the shop itself.")
@click.option("--number", type=click.Choice(COUNTED), help="Only what contributes to this number.")
@click.option("--rules", "rules_path", type=click.Path(path_type=Path), help="Rules, TOML or JSON.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def explain_command(
    files: tuple[str, ...],
    *,
    shop_id: str,
    day: datetime,
    agent_id: str,
    number: str | None,
    rules_path: Path | None,
    form: str,
) -> None:
    """List the conversations behind the numbers of one row and day.

    FILE is as for replay. What is listed adds up to the scorecard that replay prints.
    """
    if files.count(STDIN) > 1:
        raise click.UsageError("standard input (-) can be read only once")
    rules = load_rules(rules_path) if rules_path else Rules()
    try:
        found = explanations(files, rules, shop_id=shop_id, day=day.date().toordinal())
    except UnreadableError as error:
        raise Failure(str(error)) from None
    if agent_id != NOBODY or number is not None:
        found = [e for e in found if _contributes(e, agent_id, number)]
    if form == "json":
        for explanation in found:
            click.echo(msgspec.json.encode(explanation))
        return
    zone = rules.for_shop(shop_id).calendar.zone
    console = Console(
        width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False, emoji=False
    )
    console.print(_table(found, agent_id, number, zone))


def explanations(
    files: tuple[str, ...], rules: Rules, *, shop_id: str, day: int
) -> list[Explanation]:
    """Return the explanations of a shop's day, sorted by the first question, then by buyer."""
    found: list[Explanation] = []

    def look(shop: str, buyer_id: str, conversation: Conversation, tally: Tally) -> None:
        if shop == shop_id and tally.day == day:
            found.append(explain(shop, buyer_id, conversation, tally))

    left_out = LeftOut()
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(Source(name))) for name in files]
        with progress(sources) as tick:
            run(feed(sources, left_out, tick), rules, left_out, lambda card: None, on_tally=look)
    for line in left_out.report():
        click.echo(line, err=True)
    return sorted(found, key=_place)


def _place(explanation: Explanation) -> tuple[int, str]:
    return min((r.asked_at for r in explanation.rounds), default=0), explanation.buyer_id


def _contributes(explanation: Explanation, agent_id: str, number: str | None) -> bool:
    numbers = explanation.numbers.get(agent_id, {})
    return bool(numbers.get(number, 0) if number else any(numbers.values()))


def _table(found: list[Explanation], agent_id: str, number: str | None, zone: ZoneInfo) -> Table:
    table = Table(show_footer=number is not None, show_lines=True, box=box.SIMPLE, expand=True)
    table.add_column("buyer 买家", footer="total 合计", max_width=16, overflow="fold")
    table.add_column("left out 排除", max_width=16)
    table.add_column("rounds 轮次: shop's / agent's wait", min_width=40, overflow="fold")
    table.add_column("orders 订单", ratio=1, overflow="fold")
    if number is not None:
        total = sum(e.numbers.get(agent_id, {}).get(number, 0) for e in found)
        table.add_column(number, justify="right", footer=f"{total:,}")
    for e in found:
        cells = [
            printable(e.buyer_id),
            _verdict(e),
            "\n".join(_round(r, zone) for r in e.rounds),
            "\n".join(_order(o, zone) for o in e.orders),
        ]
        if number is not None:
            cells.append(f"{e.numbers.get(agent_id, {}).get(number, 0):,}")
        table.add_row(*cells)
    return table


def _verdict(e: Explanation) -> str:
    signals = msgspec.to_builtins(e.score)
    score = " ".join(f"{name} {value:+d}" for name, value in signals.items() if value)
    parts = [e.excluded or "", f"marked {e.mark}" if e.mark else "", score]
    return "\n".join(part for part in parts if part)


def _round(r: ExplainedRound, zone: ZoneInfo) -> str:
    asked = _clock(r.asked_at, zone)
    if r.replied_at is None or r.shop_wait_ms is None or r.agent_wait_ms is None:
        return f"{asked} → missed {printable(r.agent_id)}"
    waits = f"{r.shop_wait_ms / 1000:g} s"
    if r.agent_wait_ms != r.shop_wait_ms:
        waits += f" / {r.agent_wait_ms / 1000:g} s"
    return f"{asked} → {_clock(r.replied_at, zone)} {printable(r.agent_id)} {waits}"


def _order(o: ExplainedOrder, zone: ZoneInfo) -> str:
    states = [
        state
        for state, holds in (("flagged", o.is_flagged), ("cancelled", o.is_cancelled))
        if holds
    ]
    if o.paid_at is not None and o.amount_minor is not None:
        paid = datetime.fromtimestamp(o.paid_at / 1000, zone).strftime("%m-%d %H:%M:%S")
        states += [
            f"paid {paid} ¥{o.amount_minor / 100:,.2f}",
            o.credit or "",
            printable(o.agent_id),
        ]
    return " ".join([printable(o.order_id), *(state for state in states if state)])


def _clock(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at / 1000, zone).strftime("%H:%M:%S")
