"""The command `chatpulse demo`: a simulated service room on this machine, and its live board."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import Final, TypeAlias

import click
from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner

from .board import WIDEST, Pulse, render
from .labels import WORDS, Words, system_language
from .parameters import Duration
from .readings import Reading
from .session import USUAL_PORT, Plan, Room, running

RATE_PER_AGENT: Final = 0.4
SCREEN_SECONDS: Final = 1.0
LINES_SECONDS: Final = 3.0

Show: TypeAlias = Callable[[Reading, Pulse], object]


@click.command("demo", short_help="Watch a simulated service room live.")
@click.option("--shops", type=click.IntRange(1, 50), default=1, show_default=True)
@click.option(
    "--agents", type=click.IntRange(1, 200), default=8, show_default=True, help="Per shop."
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 500, min_open=True),
    help=f"About so many events per second.  [default: {RATE_PER_AGENT} per agent]",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed, the same people."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"Of metrics and API; 0 takes any.  [default: {USUAL_PORT}, or any if that is taken]",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help="[default: that of the locale]")
@click.option("--for", "for_ms", type=Duration(), help="End so long after the first numbers.")
def demo_command(
    *,
    shops: int,
    agents: int,
    rate: float | None,
    seed: int,
    port: int | None,
    lang: str | None,
    for_ms: int | None,
) -> None:
    """Watch a simulated service room live: broker, shop and worker, all on this machine.

    Nothing else is needed and nothing is left behind. On a terminal a board is kept up to date;
    elsewhere it is printed every few seconds. Ctrl-C ends everything.
    """
    words = WORDS["zh" if (lang or system_language()) == "zh" else "en"]
    plan = Plan(shops, agents, rate or RATE_PER_AGENT * agents * shops, seed, port)
    stopped = Event()
    on_screen = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    with _stopping(stopped), running(plan) as room:
        watch = _watch_screen if on_screen else _watch_lines
        watch(room, words, stopped, None if for_ms is None else for_ms / 1000)


def _watch_screen(room: Room, words: Words, stopped: Event, seconds: float | None) -> None:
    """Keep the board up to date on the whole terminal."""
    console = Console(highlight=False)
    with Live(Spinner("dots", words.starting), console=console, screen=True) as live:

        def show(reading: Reading, pulse: Pulse) -> None:
            width, height = console.size
            live.update(
                render(reading, pulse, words, now=time.time(), width=width, height=height),
                refresh=True,
            )

        _watch(room, show, stopped, every=SCREEN_SECONDS, seconds=seconds)
    console.print(words.stopped)


def _watch_lines(room: Room, words: Words, stopped: Event, seconds: float | None) -> None:
    """Print the board again and again, as text without colours or cursor movements."""
    click.echo(words.starting)

    def show(reading: Reading, pulse: Pulse) -> None:
        click.echo(as_lines(render(reading, pulse, words, now=time.time(), width=WIDEST)))

    _watch(room, show, stopped, every=LINES_SECONDS, seconds=seconds)


def _watch(room: Room, show: Show, stopped: Event, *, every: float, seconds: float | None) -> None:
    reading = room.first_numbers(stopped)
    begun = time.monotonic()
    while reading is not None:
        show(reading, room.pulse(reading))
        left = every if seconds is None else min(every, begun + seconds - time.monotonic())
        if left <= 0 or stopped.wait(left):
            return
        reading = room.reading() or reading


def as_lines(board: RenderableType) -> str:
    """Return the board as plain text."""
    console = Console(
        width=WIDEST, force_terminal=False, color_system=None, highlight=False, legacy_windows=False
    )
    with console.capture() as capture:
        console.print(board)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


@contextmanager
def _stopping(stopped: Event) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and the end of the terminal set `stopped` for the block."""

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGHUP:  # nobody is left to read: what is still written must not fail
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in (1, 2):
                os.dup2(nowhere, stream)
        stopped.set()

    before = {
        number: signal.signal(number, stop)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
