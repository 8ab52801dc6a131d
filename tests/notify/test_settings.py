"""What the relay can be told, and what is said when it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatpulse.cli import chatpulse
from chatpulse.configuration import SettingsError
from chatpulse.notify.settings import load

GOOD = """
[receivers.floor]
vendor = "dingtalk"
url_file = "{dir}/url"
secret_file = "{dir}/secret"
escalate_to = "lead"
escalate_after = "10m"
[receivers.lead]
vendor = "slack"
url_file = "{dir}/other"
language = "en"
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    (tmp_path / "url").write_text("https://oapi.dingtalk.com/robot/send?access_token=s3cret\n")
    (tmp_path / "other").write_text("https://hooks.slack.com/services/s3cret")
    (tmp_path / "secret").write_text("SECs3cret\n")
    (tmp_path / "empty").write_text("\n")

    def write(text: str) -> Path:
        file = tmp_path / "notify.toml"
        file.write_text(text.replace("{dir}", str(tmp_path)), encoding="utf-8")
        return file

    return write


def test_settings(write: Callable[[str], Path]) -> None:
    settings = load(write(f'dashboard_url = "https://wall"\n{GOOD}'), environment={})
    assert settings.web_port == 9094
    assert settings.receivers["floor"].escalate_after == timedelta(minutes=10)
    assert settings.receivers["floor"].language == "zh"
    assert settings.defaults == ("floor",)
    assert "s3cret" not in repr(settings) + settings.model_dump_json()


def test_the_environment_goes_over_the_file_and_flags_over_both(
    write: Callable[[str], Path],
) -> None:
    environment = {
        "CHATPULSE_NOTIFY_RECEIVERS__LEAD__LANGUAGE": "zh",
        "CHATPULSE_NOTIFY_WEB_PORT": "1",
        "CHATPULSE_WEB_PORT": "that of the worker",
        "PATH": "/bin",
    }
    settings = load(write(GOOD), environment=environment, flags={"web_port": 2, "web_host": None})
    assert (settings.receivers["lead"].language, settings.web_port) == ("zh", 2)


@dataclass
class Case:
    name: str
    key: str
    reason: str
    toml: str = GOOD
    swap: tuple[str, str] = ("", "")
    environment: dict[str, str] = field(default_factory=dict)


REFUSED = [
    Case("no receivers", "receivers", "required", toml="web_port = 1"),
    Case("no receiver", "receivers", "at least 1", toml="[receivers]"),
    Case("an unknown key", "reciever", "known here", toml=f"reciever = 1\n{GOOD}"),
    Case(
        "an unknown key of a receiver",
        "receivers.floor.secret",
        "known here: escalate_after, escalate_to, language",
        swap=("secret_file", "secret"),
    ),
    Case("a URL given openly", "receivers.floor.url", "no such", swap=("url_file", "url")),
    Case("an unknown variable", "prot", "no such", environment={"CHATPULSE_NOTIFY_PROT": "1"}),
    Case("an unknown vendor", "receivers.floor.vendor", "'feishu'", swap=("dingtalk", "qq")),
    Case("an unknown language", "receivers.lead.language", "'zh'", swap=('"en"', '"fr"')),
    Case(
        "a name that is no path",
        "receivers",
        "pattern",
        swap=("[receivers.lead]", "[receivers.Lead]"),
    ),
    Case("a secret for Slack", "receivers.floor", "signs nothing", swap=("dingtalk", "slack")),
    Case(
        "more than the vendor allows",
        "receivers.floor",
        "dingtalk allows 20",
        swap=("escalate_to", "per_minute = 21\nescalate_to"),
    ),
    Case(
        "half an escalation",
        "receivers.floor",
        "belong together",
        swap=('escalate_after = "10m"', ""),
    ),
    Case(
        "a target nobody knows", "receivers", "there is no receiver boss", swap=('"lead"', '"boss"')
    ),
    Case(
        "an escalation in a circle",
        "receivers",
        "escalates to itself",
        swap=('language = "en"', 'escalate_to = "floor"\nescalate_after = "5m"'),
    ),
    Case("a robot for two", "receivers", "shares its url_file", swap=("{dir}/other", "{dir}/url")),
    Case(
        "a default nobody knows",
        "default_receivers",
        "no receiver x",
        toml=f'default_receivers=["x"]\n{GOOD}',
    ),
    Case("a span without unit", "receivers.floor.escalate_after", "10s", swap=('"10m"', '"10"')),
    Case("a zone nobody knows", "timezone", "Asia/Shanghai", toml=f'timezone = "Mars"\n{GOOD}'),
    Case("a wall that is no link", "dashboard_url", "form", toml=f'dashboard_url = "wall"\n{GOOD}'),
    Case(
        "a missing secret",
        "receivers.floor.secret_file",
        "No such file",
        swap=("{dir}/secret", "{dir}/no"),
    ),
    Case(
        "an empty secret",
        "receivers.floor.secret_file",
        "one line",
        swap=("{dir}/secret", "{dir}/empty"),
    ),
    Case(
        "a URL that is none",
        "receivers.floor.url_file",
        "https://",
        swap=("{dir}/url", "{dir}/secret"),
    ),
    Case("a missing token", "token_file", "No such file", toml=f'token_file = "/no/token"\n{GOOD}'),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_wrong_settings_are_refused_with_key_and_reason(
    case: Case, write: Callable[[str], Path]
) -> None:
    file = write(case.toml.replace(*case.swap) if case.swap[0] else case.toml)
    with pytest.raises(SettingsError) as refused:
        load(file, environment=case.environment)
    line = str(refused.value)
    assert line.startswith(f"setting {case.key}")
    assert case.reason in line
    assert "\n" not in line
    assert "s3cret" not in line


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_wrong_settings_end_the_command_with_status_2(
    arguments: list[str], write: Callable[[str], Path]
) -> None:
    file = write(f"wep_port = 1\nweb_hots = 1\n{GOOD}")
    done = CliRunner().invoke(chatpulse, ["notify", "--config", str(file), *arguments])
    assert done.exit_code == 2
    assert "chatpulse: setting wep_port" in done.stderr
    assert ("setting web_hots" in done.stderr) == bool(arguments)


def test_check_says_that_all_is_well(write: Callable[[str], Path]) -> None:
    done = CliRunner().invoke(chatpulse, ["notify", "--config", str(write(GOOD)), "--check"])
    assert (done.exit_code, done.stdout) == (
        0,
        "the configuration is valid and the secrets are readable\n",
    )


def test_a_port_in_use_is_one_clear_line(write: Callable[[str], Path]) -> None:
    arguments = ["notify", "--config", str(write(GOOD)), "--web-host", "203.0.113.1"]
    done = CliRunner().invoke(chatpulse, arguments)
    assert done.exit_code == 1
    assert "cannot listen on 203.0.113.1:9094" in done.stderr
