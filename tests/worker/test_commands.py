"""The commands: what they print, and their exit statuses."""

from __future__ import annotations

import socket

import pytest

from chatpulse import __version__
from chatpulse.scoreboard import native
from tests.worker.lab import ROLES, Lab


def test_valid_configuration_is_told(lab: Lab) -> None:
    done = lab.command("check")
    assert (done.returncode, done.stdout) == (0, "configuration and rules are valid\n")


def test_check_says_everything_that_is_wrong(lab: Lab) -> None:
    lab.rules = lab.folder / "rules.toml"
    lab.rules.write_text("validity = 0", encoding="utf-8")
    done = lab.command("check", CHATPULSE_WEB_PORT="x", CHATPULSE_FOO="1")
    assert done.returncode == 2
    assert [line.split(":")[1].split()[0] for line in done.stderr.splitlines()] == ["setting"] * 2
    done = lab.command("check")
    assert done.returncode == 2
    assert "validity" in done.stderr
    assert done.stderr.startswith("chatpulse: rules ")


def test_check_reads_the_tokens(lab: Lab) -> None:
    tokens = lab.folder / "tokens"
    for text, reason in (("short", "16 to 512 characters"), ("a-token-of-a-test-0123", "")):
        tokens.write_text(text, encoding="utf-8")
        done = lab.command("check", CHATPULSE_WEB_TOKEN_FILE=str(tokens))
        assert done.returncode == (2 if reason else 0)
        assert reason in done.stderr
        assert done.stderr.count("\n") == bool(reason)
        assert "short" not in done.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[agents]\na1 = 1", "Expected `str`, got `int`"),
        (b"\xff", "not UTF-8 at byte 0"),
        (None, "No such file"),
        ('\ufeff[agents]\na1 = "安娜"'.encode(), ""),
    ],
)
def test_check_reads_the_names_of_agents(lab: Lab, content: bytes | None, reason: str) -> None:
    names = lab.folder / "names.toml"
    if content is not None:
        names.write_bytes(content)
    told = {"CHATPULSE_AGENT_LABEL": "name", "CHATPULSE_AGENT_NAMES": str(names)}
    for command in [["check"], ["worker", "--log-level", "error"]][: 1 + (content is None)]:
        done = lab.command(*command, **told)
        assert done.returncode == (2 if reason else 0)
        line = f"chatpulse: agent_names {names}: {reason}" if reason else ""
        assert done.stderr.startswith(line)
        assert done.stderr.count("\n") == bool(reason)


REFUSED = [
    ("a wrong setting", {"CHATPULSE_WEB_PORT": "x"}, 2, "setting web_port"),
    ("rules that are not there", {"CHATPULSE_RULES": "/nowhere.toml"}, 2, "rules /nowhere.toml"),
    ("no tokens", {"CHATPULSE_WEB_TOKEN_FILE": "/nowhere"}, 2, "bearer tokens /nowhere: No such"),
    ("a missing topic", {"CHATPULSE_TOPICS__ORDERS": "nobody"}, 1, "missing topics: nobody"),
    (
        "no brokers",
        {"CHATPULSE_BROKERS": "127.0.0.1:9", "CHATPULSE_STARTUP_TIMEOUT": "1s"},
        1,
        "brokers 127.0.0.1:9 cannot be reached",
    ),
    ("an address that is not ours", {"CHATPULSE_WEB_HOST": "192.0.2.1"}, 1, "cannot listen on"),
    (
        "certificates that are not there",
        {"CHATPULSE_SECURITY__PROTOCOL": "SSL", "CHATPULSE_SECURITY__CA": "/nowhere.pem"},
        1,
        "TLS files cannot be used",
    ),
]


@pytest.mark.parametrize(("name", "environment", "status", "line"), REFUSED)
def test_a_worker_that_cannot_start_says_why(
    lab: Lab, name: str, environment: dict[str, str], status: int, line: str
) -> None:
    done = lab.command("worker", "--log-level", "error", **environment)
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(f"chatpulse: {line}")
    assert done.stderr.count("\n") == 1


def test_a_worker_says_at_its_start_what_it_folds_in(lab: Lab) -> None:
    nowhere = {"CHATPULSE_BROKERS": "127.0.0.1:9", "CHATPULSE_STARTUP_TIMEOUT": "1s"}
    engines = {"python": "plain Python"}
    if native.AVAILABLE:
        engines |= dict.fromkeys(("native", "auto"), "the compiled engine")
    for wanted, name in engines.items():
        done = lab.command("worker", CHATPULSE_ENGINE=wanted, **nowhere)
        first = done.stderr.splitlines()[0]
        assert first.endswith(f": chatpulse {__version__}, folding in {name}")


def test_a_taken_port_is_told(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = lab.command("worker", "--web-port", str(port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_topics_are_checked(lab: Lab) -> None:
    done = lab.command("topics", "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(line.split(":")[0] for line in done.stdout.splitlines()) == sorted(
        lab.topic(role) for role in ROLES
    )
    done = lab.command("topics", "--check", CHATPULSE_TOPICS__DAILY="nobody")
    assert done.returncode == 1
    assert "missing topics: nobody" in done.stderr
