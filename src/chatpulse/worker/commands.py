"""The commands `worker`, `topics` and `check`."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from .. import __version__
from ..conversations.policy import Rules
from ..failure import CANNOT_GO_ON, Failure
from ..rules_file import load_rules
from ..web.config import load_web_config
from ..web.tokens import read_tokens
from .agents import load_agent_names
from .configuration import SettingsError, load
from .errors import RefusedError
from .settings import Settings

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


def _settings_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add the options that name and override the configuration."""
    for option in reversed(
        [
            click.option("--config", type=Path, help="TOML file [default: chatpulse.toml if any]"),
            click.option("--brokers", help="Kafka brokers, host:port,..."),
            click.option("--group", help="Consumer group."),
            click.option("--rules", type=Path, help="Rules file (TOML or JSON)."),
        ]
    ):
        command = option(command)
    return command


def _clear_line(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what a person can mend into one clear line and an exit status."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SettingsError as error:
            raise Failure(str(error)) from None
        except RefusedError as error:
            raise Failure(str(error), status=CANNOT_GO_ON) from None

    return run


def _load(config: Path | None, flags: dict[str, Any]) -> Settings:
    return load(config, environment=os.environ, flags=flags)


def _rules(settings: Settings) -> Rules:
    return Rules() if settings.rules is None else load_rules(settings.rules)


@click.command("worker")
@_settings_options
@click.option("--web-host", help="Address to listen on.")
@click.option("--web-port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--checkpoint-interval", help="Time between checkpoints, such as 10s.")
@click.option("--log-format", help="text or json.")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--accept-gap", is_flag=True, default=None, help="Go on without deleted input.")
@click.option("--accept-rules", is_flag=True, default=None, help="Go on under other rules.")
@_clear_line
def worker_command(config: Path | None, **flags: Any) -> None:
    """Run the processor on a Kafka cluster until SIGTERM or Ctrl-C."""
    settings = _load(config, flags)
    rules = _rules(settings)
    from .. import compiled
    from ..logs import set_up
    from .app import run_worker

    set_up(settings.log_format, settings.log_level)
    log.info("chatpulse %s, folding in %s", __version__, compiled.NAME)
    raise SystemExit(run_worker(settings, rules))


@click.command("topics")
@_settings_options
@click.option("--partitions", type=int, help="Partitions of topics that are created.")
@click.option(
    "--replication-factor", type=int, help="Copies of topics that are created; 0: up to three."
)
@click.option(
    "--create/--check", default=True, help="Create what is missing, or only look. [default: create]"
)
@_clear_line
def topics_command(config: Path | None, create: bool, **flags: Any) -> None:
    """Create the missing topics and check all of them; exit status 1 if something is wrong.

    Existing topics are never changed.
    """
    asyncio.run(_topics(_load(config, flags), create=create))


async def _topics(settings: Settings, *, create: bool) -> None:
    from . import topics
    from .app import reach
    from .broker import Broker

    broker = Broker(settings)
    try:
        report = await reach(broker, settings, topics.look)
        if create and not report.wrong:
            for name in await topics.create(broker, settings, report):
                click.echo(f"created {name}")
            report = await topics.settled(broker, settings)
    finally:
        await broker.close()
    for name, count in report.partitions.items():
        click.echo(f"{name}: {count} partitions")
    for line in report.wrong[1:]:
        click.echo(line, err=True)
    report.refuse()


@click.command("check")
@_settings_options
@_clear_line
def check_command(config: Path | None, **flags: Any) -> None:
    """Validate the configuration and the rules file; exit status 2 if something is wrong."""
    problems: list[str] = []
    files: list[tuple[Callable[[Path], object], Path | None]] = [(load_rules, flags["rules"])]
    try:
        settings = _load(config, flags)
        files = [
            (load_rules, settings.rules),
            (load_web_config, settings.web_config),
            (read_tokens, settings.web_token_file),
            (load_agent_names, settings.agent_names),
        ]
    except SettingsError as error:
        problems += map(str, error.problems)
    for read, path in files:
        if path is not None:
            try:
                read(path)
            except Failure as failure:
                problems.append(failure.message)
    for line in problems[:-1]:
        click.echo(f"chatpulse: {line}", err=True)
    if problems:
        raise Failure(problems[-1])
    click.echo("configuration and rules are valid")
