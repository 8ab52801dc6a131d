"""The command line: `chatpulse COMMAND`. A command is imported when it is asked for."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from . import __version__

INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""Exit statuses a shell gives to a program ended by SIGINT and SIGPIPE."""

COMMANDS: Final = {
    "demo": ("chatpulse.demo.command:demo_command", "Watch a simulated service room live."),
    "worker": ("chatpulse.worker.commands:worker_command", "Run the processor on a Kafka cluster."),
    "replay": ("chatpulse.replay.command:replay_command", "Compute scorecards from event files."),
    "explain": ("chatpulse.replay.explain:explain_command", "List what is behind a number."),
    "simulate": (
        "chatpulse.demo.simulate:simulate_command",
        "Write the events of a believable shop to Kafka or a file.",
    ),
    "notify": (
        "chatpulse.notify.commands:notify_command",
        "Pass alerts on to DingTalk, WeCom, Feishu and Slack.",
    ),
    "topics": ("chatpulse.worker.commands:topics_command", "Create or check the Kafka topics."),
    "check": (
        "chatpulse.worker.commands:check_command",
        "Validate configuration and rules, and say what is wrong where.",
    ),
}
"""Name -> where the command is, and what the list of commands says about it."""


class Commands(click.Group):
    """The group of all commands: lists them without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; end quietly on Ctrl-C and when nobody reads the output any more."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Nobody reads what is still buffered: without this the interpreter complains at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(BROKEN_PIPE)
        return result


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="chatpulse COMMAND --help tells more about a command.",
)
@click.version_option(__version__, "-V", "--version", message="chatpulse %(version)s")
def chatpulse() -> None:
    """Live scoreboard of a customer service room: exact numbers out of chat and order events."""


def main() -> NoReturn:
    """Run the command that the arguments name, and exit."""
    try:
        chatpulse.main(prog_name="chatpulse")
        raise AssertionError("click exits by itself")
    finally:
        # At exit Python would look through all objects for cycles, for seconds after a long
        # replay; the system takes the memory back anyway.
        gc.freeze()
