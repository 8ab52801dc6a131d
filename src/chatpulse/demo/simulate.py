"""The command `chatpulse simulate`: the simulated shops, written to Kafka or to a file."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

import click

from ..contract.events import EventBase
from ..contract.topics import DEFAULT_TOPIC, MESSAGES, ORDERS, TOPIC_TYPES
from .files import write_file
from .parameters import START, START_MS, Duration, Instant, TopicNames
from .publisher import Publisher
from .simulator import Disturbance, Room, disturb, live, simulate

BROKERS: Final = "127.0.0.1:9092"
FILE_LENGTH_MS: Final = 86_400_000


@click.command("simulate", short_help="Write the events of simulated shops to Kafka or a file.")
@click.option(
    "--rate",
    type=float,
    default=5.0,
    show_default=True,
    help="Events per second, averaged over the day.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed, the same shops."
)
@click.option(
    "--for",
    "for_ms",
    type=Duration(),
    help="Wall time, or simulated time of a file.  [default: for ever; file: 1d]",
)
@click.option(
    "--to",
    type=click.Path(dir_okay=False),
    help="Write NDJSON here, not to Kafka; .gz and .zst compress, - is stdout.",
)
@click.option("--brokers", help=f"Where Kafka is.  [default: {BROKERS}]")
@click.option(
    "--topics", type=TopicNames(), help="Other names: chat.messages=NAME,shop.orders=NAME."
)
@click.option("--shops", type=int, default=1, show_default=True)
@click.option("--agents", type=int, default=6, show_default=True, help="Agents per shop.")
@click.option(
    "--curve",
    type=click.Choice(["day", "flat"]),
    default="day",
    show_default=True,
    help="A day in Shanghai with shifts, or busy around the clock.",
)
@click.option(
    "--all-topics", is_flag=True, help="Also feedback, after-sales, presence, assessments."
)
@click.option("--duplicates", type=float, default=0.0, help="Share of events that come twice.")
@click.option(
    "--disorder",
    "disorder_ms",
    type=Duration(),
    default=0,
    help="How far events may fall behind newer ones.",
)
@click.option("--garbage", type=float, default=0.0, help="Records that are no events, as a share.")
@click.option(
    "--start", "start_ms", type=Instant(), help=f"First instant of a file.  [default: {START}]"
)
@click.option("--speed", type=float, help="Simulated seconds per second.  [default: 1]")
@click.option("--warm", "warm_ms", type=Duration(), help="So much history at once, then live.")
def simulate_command(
    *,
    rate: float,
    seed: int,
    for_ms: int | None,
    to: str | None,
    brokers: str | None,
    topics: dict[type[EventBase], str] | None,
    shops: int,
    agents: int,
    curve: str,
    all_topics: bool,
    duplicates: float,
    disorder_ms: int,
    garbage: float,
    start_ms: int | None,
    speed: float | None,
    warm_ms: int | None,
) -> None:
    """Write the events of simulated shops to Kafka, in real time, or to a file, at once.

    \b
    chatpulse simulate --rate 20 --shops 2                 to Kafka at 127.0.0.1:9092
    chatpulse simulate --for 3d --to events.ndjson.zst     three days into a file
    """  # noqa: D301
    _exclude(
        to,
        kafka={"brokers": brokers, "speed": speed, "warm": warm_ms, "topics": topics},
        file={"start": start_ms},
    )
    if speed is not None and not 0 < speed < float("inf"):
        raise click.BadParameter("must be more than 0", param_hint="--speed")
    try:
        room = Room(
            rate=rate,
            shops=shops,
            agents=agents,
            curve="flat" if curve == "flat" else "day",
            all_topics=all_topics,
        )
        noise = Disturbance(duplicates=duplicates, disorder_ms=disorder_ms, garbage=garbage)
    except ValueError as error:
        raise click.UsageError(f"--{error}") from error
    rng = Random(f"{seed}/disturb")  # noqa: S311  # may be foreseen
    if to is not None:
        start = START_MS if start_ms is None else start_ms
        until = start + (FILE_LENGTH_MS if for_ms is None else for_ms)
        events = simulate(room, seed=seed, start_ms=start, until_ms=until)
        write_file(disturb(events, noise, rng=rng), None if to == "-" else Path(to))
        return
    names = dict(DEFAULT_TOPIC) if topics is None else topics
    wanted = TOPIC_TYPES if all_topics else (MESSAGES, ORDERS)
    address = brokers or BROKERS
    with (
        Publisher(address, {names[TOPIC_TYPES[topic][0]] for topic in wanted}) as publisher,
        _until_interrupted(),
    ):
        click.echo(f"simulate: writing to {address}, Ctrl-C ends it", err=True)
        paced = live(
            room,
            seed=seed,
            warm_ms=warm_ms or 0,
            speed=speed or 1.0,
            for_ms=for_ms,
            wait=publisher.wait,
        )
        publisher.publish(disturb(paced, noise, rng=rng, topics=names))
    click.echo(f"simulate: {publisher.delivered} records written", err=True)


def _exclude(to: str | None, *, kafka: dict[str, object], file: dict[str, object]) -> None:
    """Refuse options of the one destination with the other."""
    for name, value in (file if to is None else kafka).items():
        if value is not None:
            only = "with" if to is None else "without"
            raise click.UsageError(f"--{name} works only {only} --to")


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """Let Ctrl-C, or SIGTERM, end the block and nothing else."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
