"""`chatpulse replay`: files of events in, scorecards out."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import click

from ..conversations.policy import Rules
from ..rules_file import load_rules
from .files import STDIN, Source
from .job import Job, Wanted, failures, fold
from .progress import progress
from .share import Share
from .sheets import SHEETS


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
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Share out the shops among so many processes.",
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
    processes: int,
) -> None:
    """Compute the daily scorecards of all agents and shops from files of events.

    FILE is NDJSON, plain or packed with gzip or zstd; - is standard input. Each file is read in
    its own order, several are merged by time. Lines that are no events are listed on stderr.
    """
    if files.count(STDIN) > 1:
        raise click.UsageError("standard input (-) can be read only once")
    if processes > 1 and any(name == STDIN or Path(name).is_fifo() for name in files):
        raise click.UsageError("what comes through a pipe can be read by one process only")
    rules = load_rules(rules_path) if rules_path else Rules()
    wanted = Wanted(shops, agents, [day.date().isoformat() for day in days])
    job = Job(files, rules, sheet_name, sort, wanted)
    start = time.perf_counter()
    with failures():
        count = replay(job, processes)
    if stats:
        seconds = time.perf_counter() - start
        click.echo(f"read {count} events in {seconds:.1f} s ({count / seconds:,.0f}/s)", err=True)


def replay(job: Job, processes: int) -> int:
    """Print the wanted scorecards of a job and what was left out; return the events read."""
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(Source(name))) for name in job.files]
        if processes > 1:
            from .processes import fold_in_processes

            found = fold_in_processes(job, sources, stack, processes)
        else:
            with progress(sources) as tick:
                found = fold(job, sources, stack, tick, Share())
        for line in found.left_out.report():
            click.echo(line, err=True)
        SHEETS[job.sheet_name].print(card for _, card in found.cards)
        return found.read
