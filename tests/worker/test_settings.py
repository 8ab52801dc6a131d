"""Where settings come from, and what is said when they are wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from chatpulse.durations import format_duration, parse_duration
from chatpulse.worker import configuration
from chatpulse.worker.configuration import SettingsError, load
from chatpulse.worker.reference import page
from tests.golden import assert_golden


@dataclass
class Case:
    name: str
    key: str
    reason: str
    toml: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    flags: dict[str, object] = field(default_factory=dict)


REFUSED = [
    Case("an unknown key in the file", "gruop", "no such setting", toml='gruop = "x"'),
    Case("an unknown key in a section", "topics.mesages", "messages", toml='[topics]\nmesages="x"'),
    Case("an unknown section", "topcis", "no such", toml='[topcis]\nmessages="x"'),
    Case("an unknown variable", "webport", "no such", environment={"CHATPULSE_WEBPORT": "1"}),
    Case("a port too large", "web_port", "65535", environment={"CHATPULSE_WEB_PORT": "70000"}),
    Case("a port that is none", "web_port", "integer", environment={"CHATPULSE_WEB_PORT": "http"}),
    Case("a duration without unit", "checkpoint_interval", "10s", toml="checkpoint_interval = 10"),
    Case(
        "an interval of nothing", "checkpoint_interval", "longer", toml='checkpoint_interval="0s"'
    ),
    Case("a session too short", "session_timeout", "6s", flags={"session_timeout": "3s"}),
    Case("brokers without port", "brokers", "host:port", flags={"brokers": "kafka"}),
    Case("brokers with a scheme", "brokers", "host:port", flags={"brokers": "kafka://a:9092"}),
    Case("no partitions", "partitions", "greater", flags={"partitions": 0}),
    Case("a topic name with a space", "topics.daily", "form", toml='[topics]\ndaily = "a b"'),
    Case("one topic for two", "topics", "two purposes", toml='[topics]\norders="chat.messages"'),
    Case("an unknown protocol", "security.protocol", "SASL_SSL", toml='[security]\nprotocol="TLS"'),
    Case("SASL without password", "security", "password", toml='[security]\nprotocol="SASL_SSL"'),
    Case(
        "TLS that the protocol does not have",
        "security",
        "ca is given, but protocol PLAINTEXT does not use it",
        toml='[security]\nca="ca.pem"',
    ),
    Case(
        "a password that is not asked for",
        "security",
        "username is given, but protocol SSL does not use it",
        toml='[security]\nprotocol="SSL"\nusername="me"\npassword="s3cret"',
    ),
    Case("a certificate alone", "security", "key", toml='[security]\ncert="c.pem"'),
    Case("a value for a section", "topics", "", environment={"CHATPULSE_TOPICS": "x"}),
    Case("a section for a value", "group", "string", toml='[group]\nname="x"'),
    Case("an unknown way to call agents", "agent_label", "hash", toml='agent_label="nickname"'),
    Case("names without a file", "agent_names", "needs a file", toml='agent_label="name"'),
    Case("names for nothing", "agent_names", "no effect", toml='agent_names="n.toml"'),
    Case("digests without a key", "agent_label_key", "needs a key", toml='agent_label="hash"'),
    Case("a key for nothing", "agent_label_key", "no effect", toml=f'agent_label_key="{"k" * 16}"'),
    Case(
        "a key that can be guessed",
        "agent_label_key",
        "16 bytes",
        toml=f'agent_label="hash"\nagent_label_key="{"k" * 15}"',
    ),
    Case("a URL with a user", "advertised_url", "form", flags={"advertised_url": "http://a@b"}),
    Case("a URL with a path", "advertised_url", "form", flags={"advertised_url": "http://a/b"}),
    Case("a number without end", "config", "no TOML", toml="web_port = " + "9" * 5000),
    Case("lists without end", "config", "no TOML", toml="x = " + "[" * 5000),
    Case("a key without end", "config", "no TOML", toml=".".join("a" * 2000) + " = 1"),
    Case(
        "a duration without end",
        "checkpoint_interval",
        "longer than any",
        toml='checkpoint_interval = "99999999999d"',
    ),
    Case(
        "a path that is none",
        "security.password_file",
        "no path",
        toml='[security]\npassword_file = "\\u0000"',
    ),
    Case("a key that clears the screen", "�[2J ", "no such", toml='"\\u001b[2J" = 1'),
    Case("an unknown log format", "log_format", "json", flags={"log_format": "xml"}),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_wrong_settings_are_refused_with_key_and_reason(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(case.toml, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load(file, environment=case.environment, flags=case.flags)
    line = str(refused.value)
    assert line.startswith(f"setting {case.key}")
    assert case.reason in line
    assert "\n" not in line


def test_flags_go_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('group="file"\nweb_host="file"\nbrokers="file:1"', encoding="utf-8")
    environment = {"CHATPULSE_WEB_HOST": "environment", "CHATPULSE_BROKERS": "environment:1"}
    settings = load(file, environment=environment, flags={"brokers": "flag:1", "group": None})
    assert (settings.group, settings.web_host, settings.brokers) == (
        "file",
        "environment",
        "flag:1",
    )


def test_nested_keys_have_two_underscores_in_the_environment() -> None:
    not_ours = {"PATH": "/bin", "CHATPULSE_CI": "1", "CHATPULSE_ENGINE": "python"}
    environment = {"CHATPULSE_TOPICS__DEAD_LETTERS": "dead"} | not_ours
    assert load(environment=environment).topics.dead_letters == "dead"


def test_the_default_file_is_read_if_present(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load().group == "chatpulse"
    (tmp_path / "chatpulse.toml").write_text('group = "mine"', encoding="utf-8")
    assert load().group == "mine"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml: No such file"):
        load(tmp_path / "missing.toml")


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("group =", encoding="utf-8")
    with pytest.raises(SettingsError, match="is no TOML"):
        load(file)


def test_secrets_come_from_files_and_are_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n", encoding="utf-8")
    environment = {
        "CHATPULSE_SECURITY__PROTOCOL": "SASL_SSL",
        "CHATPULSE_SECURITY__USERNAME": "me",
        "CHATPULSE_SECURITY__PASSWORD_FILE": str(file),
    }
    settings = load(environment=environment)
    assert settings.security.password is not None
    assert settings.security.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in settings.model_dump_json()


def test_a_secret_is_given_once_and_readable(tmp_path: Path) -> None:
    file = tmp_path / "password"
    missing = {"security.password_file": str(file)}
    with pytest.raises(SettingsError, match=r"security\.password_file .*No such file"):
        load(flags=missing)
    file.write_text("x", encoding="utf-8")
    with pytest.raises(SettingsError, match="one of the two") as refused:
        load(flags={**missing, "security.password": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_wrong_secrets_are_not_repeated() -> None:
    with pytest.raises(SettingsError) as refused:
        load(flags={"security.password": ["hunter2"]})
    assert "hunter2" not in str(refused.value)


def test_all_problems_are_kept_and_the_first_is_the_line() -> None:
    with pytest.raises(SettingsError, match=r"and 1 more") as refused:
        load(flags={"web_port": -1, "partitions": 0})
    assert {problem.key for problem in refused.value.problems} == {"web_port", "partitions"}


DURATIONS = [
    ("500ms", timedelta(milliseconds=500)),
    ("10s", timedelta(seconds=10)),
    ("1.5s", timedelta(milliseconds=1500)),
    ("2m", timedelta(minutes=2)),
    ("3h", timedelta(hours=3)),
    ("1d", timedelta(days=1)),
]


@pytest.mark.parametrize(("text", "span"), DURATIONS)
def test_durations(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize("text", ["", "10", "s", "-1s", "1w", "1 0s", None, 10])
def test_no_durations(text: object) -> None:
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


def test_the_example_configuration_is_valid() -> None:
    example = Path(__file__).parents[2] / "deploy" / "chatpulse.toml"
    assert load(example).model_dump() == configuration.Settings().model_dump()


def test_golden_page_of_the_settings() -> None:
    assert_golden(Path(__file__).parents[2] / "docs" / "configuration.md", page())
