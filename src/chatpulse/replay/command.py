"""`chatpulse replay`: files of events in, scorecards out."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import click
import msgspec

from ..conversations.policy import Rules
from ..failure import CANNOT_GO_ON, Failure
from ..rules_file import load_rules
from ..scoreboard.scorecard import Scorecard
from .feed import feed, sorted_feed
from .files import STDIN, Source, UnreadableError
from .left_out import LeftOut
from .progress import progress
from .run import run
from .sheets import SHEETS, CardKey
from .spool import Spool, SpoolError


@click.command("replay", no_args_is_help=True)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--rules", "rules_path", type=click.Path(path_type=Path), help="Rules, TOML or JSON.")
@click.option(
    "--format", "sheet_name", type=click.Choice(list(SHEETS)), default="table", show_default=True
)
@click.option("--sort", is_flag=True, help="First bring all events into order of time, on disk.")
@click.option("--shop", "shops", multiple=True, help="Print only this shop; may be repeated.")
@click.option("--agent", "agents", multiple=True, help='Print only this agent; "" is the shop.')
@click.option(
    "--day", "days", multiple=True, type=click.DateTime(["%Y-%m-%d"]), help="Print only this day."
)
@click.option("--stats", is_flag=True, help="Say how many events were read, and how fast.")
def replay_command(
    files: tuple[str, ...],
    *,
    rules_path: Path | None,
    sheet_name: str,
    sort: bool,
    shops: tuple[str, ...],
    agents: tuple[str, ...],
    days: tuple[datetime, ...],
    stats: bool,
) -> None:
    """Compute the daily scorecards of all agents and shops from files of events.

    FILE is NDJSON, plain or packed with gzip or zstd; - is standard input. Each file is read in
    its own order, several are merged by time. Lines that are no events are listed on stderr.
    """
    if files.count(STDIN) > 1:
        raise click.UsageError("standard input (-) can be read only once")
    rules = load_rules(rules_path) if rules_path else Rules()
    dates = {day.date().isoformat() for day in days}

    def wanted(card: Scorecard) -> bool:
        return (
            (not shops or card.shop_id in shops)
            and (not agents or card.agent_id in agents)
            and (not dates or card.day in dates)
        )

    start = time.perf_counter()
    try:
        count = replay(files, rules, sheet_name=sheet_name, sort=sort, wanted=wanted)
    except UnreadableError as error:
        raise Failure(str(error)) from None
    except SpoolError as error:
        raise Failure(str(error), status=CANNOT_GO_ON) from None
    if stats:
        seconds = time.perf_counter() - start
        click.echo(f"read {count} events in {seconds:.1f} s ({count / seconds:,.0f}/s)", err=True)


def replay(
    files: tuple[str, ...],
    rules: Rules,
    *,
    sheet_name: str,
    sort: bool,
    wanted: Callable[[Scorecard], bool],
) -> int:
    """Print the wanted scorecards of the files and what was left out; return the events read."""
    sheet = SHEETS[sheet_name]
    left_out = LeftOut()
    encode = msgspec.json.Encoder().encode
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(Source(name))) for name in files]
        cards = stack.enter_context(Spool[CardKey](CardKey))

        def keep(card: Scorecard) -> None:
            if wanted(card):
                cards.add(sheet.key(card), encode(card))

        with progress(sources) as tick:
            if sort:
                lines = stack.enter_context(Spool[int](int))
                events = sorted_feed(sources, left_out, tick, lines)
            else:
                events = feed(sources, left_out, tick)
            count = run(events, rules, left_out, keep)
        for line in left_out.report():
            click.echo(line, err=True)
        sheet.print(card for _, card in cards.drain())
    return count
