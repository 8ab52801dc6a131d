"""The command `notify`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import click

from ..configuration import SettingsError
from ..failure import CANNOT_GO_ON, Failure


@click.command("notify")
@click.option("--config", type=Path, help="TOML file [default: chatpulse-notify.toml if any]")
@click.option("--web-host", help="Address to listen on.")
@click.option("--web-port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--state-file", type=Path, help="File that keeps what waits over a restart.")
@click.option("--log-format", help="text or json.")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--check", is_flag=True, help="Only validate the configuration and the secrets.")
def notify_command(config: Path | None, check: bool, **flags: Any) -> None:
    """Pass Alertmanager's alerts on to DingTalk, WeCom, Feishu and Slack."""
    from .settings import load

    try:
        settings = load(config, environment=os.environ, flags=flags)
    except SettingsError as error:
        if not check:
            raise Failure(str(error)) from None
        *others, last = map(str, error.problems)
        for line in others:
            click.echo(f"chatpulse: {line}", err=True)
        raise Failure(last) from None
    if check:
        click.echo("the configuration is valid and the secrets are readable")
        return
    from ..logs import set_up
    from .service import run_notify
    from .state import StateError

    set_up(settings.log_format, settings.log_level)
    try:
        raise SystemExit(asyncio.run(run_notify(settings)))
    except StateError as error:
        raise Failure(str(error), status=CANNOT_GO_ON) from None
