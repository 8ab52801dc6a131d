"""The relay's settings: TOML file < environment < flags, like the worker's.

Secrets are files and nothing else: the URL of a robot is one, its signing key, the tokens that
Alertmanager may show. They are read when they are needed, so that a changed file counts at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ..configuration import Problem, SettingsError, Source, load_settings
from ..durations import Duration
from ..failure import Failure
from ..web.config import load_web_config
from ..web.tokens import read_tokens
from .secret import SecretError, read_secret, read_url
from .texts import Language
from .vendors import VENDORS
from .vendors.vendor import Vendor

SOURCE: Final = Source(
    Path("chatpulse-notify.toml"), "CHATPULSE_NOTIFY_", check="chatpulse notify --check"
)

Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
HttpUrl: TypeAlias = Annotated[str, Field(pattern=r"^https?://[^\s<>\"'()\[\]|\\`]+$")]


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta():
        raise ValueError("must be longer than 0s")
    return span


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{name!r} is no time zone; write one such as Asia/Shanghai") from None
    return name


def _address(proxy: SecretStr | None) -> SecretStr | None:
    if proxy is not None and not re.fullmatch(r"https?://[^\s/]+/?", proxy.get_secret_value()):
        raise ValueError("has the wrong form; write http://host:port or http://user:password@host")
    return proxy


Span: TypeAlias = Annotated[Duration, AfterValidator(_positive)]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Receiver(_Section):
    """One robot of one vendor."""

    vendor: Literal["dingtalk", "wecom", "feishu", "slack"]
    """`dingtalk`, `wecom`, `feishu` (also Lark) or `slack`."""
    url_file: Path
    """File that holds the robot's webhook URL, as the vendor shows it."""
    secret_file: Path | None = None
    """File that holds the signing key (DingTalk, Feishu); without one nothing is signed."""
    language: Language = "zh"
    """`zh` or `en`."""
    per_minute: Annotated[int, Field(ge=1)] | None = None
    """Messages a minute; default and upper limit what the vendor allows."""
    escalate_to: Name | None = None
    """Receiver to tell as well when a group stays unresolved."""
    escalate_after: Span | None = None
    """How long a group may stay unresolved before that."""

    @property
    def kind(self) -> Vendor:
        """What there is to know about the vendor."""
        return VENDORS[self.vendor]

    @model_validator(mode="after")
    def _fitting(self) -> Receiver:
        if self.secret_file is not None and not self.kind.signs:
            raise ValueError(f"{self.vendor} signs nothing; leave secret_file out")
        most = self.kind.per_minute
        if self.per_minute is not None and self.per_minute > most:
            raise ValueError(f"{self.vendor} allows {most} messages a minute; per_minute is more")
        if (self.escalate_to is None) != (self.escalate_after is None):
            raise ValueError("escalate_to and escalate_after belong together; give both or neither")
        return self


class Settings(_Section):
    """Everything the relay can be told."""

    web_host: str = "127.0.0.1"
    """Address to listen on for Alertmanager, metrics and health; `0.0.0.0` for all."""
    web_port: Annotated[int, Field(ge=0, le=65535)] = 9094
    """Port to listen on; 0 takes a free one, which is printed at the start."""
    web_config: Path | None = None
    """Web-config file of Prometheus' exporter-toolkit: TLS, passwords (bcrypt), headers."""
    token_file: Path | None = None
    """File of bearer tokens, one a line, that Alertmanager and Prometheus may show instead."""
    dashboard_url: HttpUrl | None = None
    """Where the button leads when an alert names no `dashboard_url`: the wall."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    """Time zone of the times in messages."""
    repeat_window: Span = timedelta(minutes=10)
    """An unchanged group is told again only after this; keep it below `repeat_interval`."""
    request_timeout: Span = timedelta(seconds=10)
    """How long a vendor may take to answer."""
    retry_first: Span = timedelta(seconds=1)
    """Wait before the first retry; each further one waits twice as long, with some jitter."""
    retry_longest: Span = timedelta(minutes=1)
    """The longest wait between two retries."""
    retry_for: Span = timedelta(minutes=30)
    """A message that could not be delivered for this long is given up."""
    queue_limit: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Messages that may wait for one receiver; beyond it Alertmanager is asked to come again."""
    proxy: Annotated[SecretStr | None, AfterValidator(_address)] = None
    """HTTP proxy on the way to the vendors; one with a password better in `proxy_file`."""
    proxy_file: Path | None = None
    """File that holds the URL of the proxy."""
    state_file: Path | None = None
    """File that keeps what is waiting and what was told over a restart; none keeps it in memory."""
    stop_timeout: Span = timedelta(seconds=20)
    """How long a graceful stop may take to deliver what is waiting."""
    log_format: Literal["text", "json"] = "text"
    """`text` for people, `json` for machines: one line per record either way."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines to write."""
    receivers: Annotated[dict[Name, Receiver], Field(min_length=1)]
    """The robots, by the name they have in `/alertmanager/<receiver>`."""
    default_receivers: tuple[Name, ...] | None = None
    """Who is told of what comes to `/alertmanager`; default all to whom nobody escalates."""

    @field_validator("receivers")
    @classmethod
    def _connected(cls, receivers: dict[str, Receiver]) -> dict[str, Receiver]:
        files = [receiver.url_file for receiver in receivers.values()]
        for name, receiver in receivers.items():
            if files.count(receiver.url_file) > 1:
                raise ValueError(
                    f"{name} shares its url_file with another one; a robot has one receiver, "
                    "or its rate limit could not be kept"
                )
            way, target = [name], receiver.escalate_to
            while target is not None:
                if target not in receivers:
                    raise ValueError(f"{way[-1]}.escalate_to: there is no receiver {target}")
                if target in way:
                    raise ValueError(f"{name} escalates to itself over {' > '.join(way[1:])}")
                way.append(target)
                target = receivers[target].escalate_to
        return receivers

    @field_validator("default_receivers")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        receivers: dict[str, Any] = info.data.get("receivers", {})
        if receivers and (unknown := [name for name in names or () if name not in receivers]):
            raise ValueError(
                f"there is no receiver {unknown[0]}; there are {', '.join(sorted(receivers))}"
            )
        return names

    @property
    def defaults(self) -> tuple[str, ...]:
        """Who is told of what comes without a receiver's name."""
        if self.default_receivers is not None:
            return self.default_receivers
        targets = {receiver.escalate_to for receiver in self.receivers.values()}
        return tuple(name for name in self.receivers if name not in targets)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the times in messages."""
        return ZoneInfo(self.timezone)


def load(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Return the relay's settings, its secrets readable; or raise SettingsError."""
    settings = load_settings(Settings, SOURCE, file, environment=environment, flags=flags)
    if problems := list(_unreadable(settings)):
        raise SettingsError(problems, check=SOURCE.check)
    return settings


def _unreadable(settings: Settings) -> list[Problem]:
    problems = []

    def attempt(key: str, read: Any, path: Path | None) -> None:
        try:
            if path is not None:
                read(path)
        except SecretError as error:
            problems.append(Problem(key, str(error), ""))
        except Failure as failure:
            problems.append(Problem(key, failure.message.removeprefix(f"{key} "), ""))

    attempt("web_config", load_web_config, settings.web_config)
    attempt("token_file", read_tokens, settings.token_file)
    for name, receiver in settings.receivers.items():
        attempt(f"receivers.{name}.url_file", read_url, receiver.url_file)
        attempt(f"receivers.{name}.secret_file", read_secret, receiver.secret_file)
    return problems
