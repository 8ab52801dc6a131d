"""The command line as a whole: quick to answer, quiet when interrupted."""

import subprocess
import sys
import time

import click
import pytest
from click.testing import CliRunner

from chatpulse import __version__, cli

HEAVY = ("aiohttp", "aiokafka", "confluent_kafka", "faust", "msgspec", "pydantic", "rich")


def chatpulse(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatpulse", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_help_names_every_command() -> None:
    done = chatpulse("--help")
    assert done.returncode == 0
    for name in ("demo", "worker", "replay", "simulate", "topics", "check"):
        assert f"\n  {name} " in done.stdout


def test_help_imports_no_command() -> None:
    code = (
        "import sys; from chatpulse.cli import chatpulse;"
        "chatpulse(['--help'], standalone_mode=False);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_help_is_quick() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        chatpulse("--help")
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 0.3


def test_the_version() -> None:
    assert chatpulse("--version").stdout == f"chatpulse {__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"]])
def test_a_wrong_call_is_refused(arguments: list[str]) -> None:
    done = chatpulse(*arguments)
    assert done.returncode == 2
    assert "nonsense" in done.stderr


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_is_there(name: str) -> None:
    done = CliRunner().invoke(cli.chatpulse, [name, "--help"])
    assert done.exit_code == 0, done.exception
    assert f"chatpulse {name}" in done.output


def test_an_interrupted_command_exits_as_a_shell_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.Commands, "get_command", lambda *_: interrupted)
    done = CliRunner().invoke(cli.chatpulse, ["replay"])
    assert (done.exit_code, done.output) == (130, "")
