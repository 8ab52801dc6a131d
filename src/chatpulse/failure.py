"""The one way in which a command gives up: one clear line on stderr and an exit status."""

from __future__ import annotations

from typing import IO, Any, Final

import click

from .printable import printable

CANNOT_READ: Final = 2
"""Exit status for input that cannot be used: files, rules, configuration, options."""

CANNOT_GO_ON: Final = 1
"""Exit status for everything else that stops a command."""


class Failure(click.ClickException):
    """End the command with `chatpulse: MESSAGE` on stderr; the message names the remedy."""

    def __init__(self, message: str, *, status: int = CANNOT_READ) -> None:
        super().__init__(printable(" ".join(message.split())))
        self.exit_code = status

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(f"chatpulse: {self.message}", file=file, err=file is None)
