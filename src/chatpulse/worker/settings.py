"""The worker's settings: what they are, what they mean, what is wrong with them.

`load` merges the TOML file, the environment and the flags, in this order, and returns one frozen
object that is passed to whoever needs it. Nothing is read at import time. The descriptions below
are the text of docs/configuration.md.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)

from ..contract import topics as default_topics
from ..durations import Duration

SECOND = timedelta(seconds=1)

Protocol: TypeAlias = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
TopicName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta():
        raise ValueError("must be longer than 0s")
    return span


Span: TypeAlias = Annotated[Duration, AfterValidator(_positive)]

AgentLabel: TypeAlias = Literal["id", "name", "hash"]
KEY_BYTES = 16


def _names(path: Path | None, found: ValidationInfo) -> Path | None:
    _only_with("name", found, "a file of names", given=path is not None)
    return path


def _label_key(key: SecretStr | None, found: ValidationInfo) -> SecretStr | None:
    _only_with("hash", found, "a key, best in agent_label_key_file", given=key is not None)
    if key is not None and len(key.get_secret_value().encode()) < KEY_BYTES:
        raise ValueError(
            f"must be at least {KEY_BYTES} bytes; make one with `openssl rand -hex 32`"
        )
    return key


def _only_with(label: AgentLabel, found: ValidationInfo, what: str, *, given: bool) -> None:
    """Refuse what is missing, and what would do nothing: somebody relies on it."""
    chosen = found.data.get("agent_label", label if given else None)
    if given and chosen != label:
        raise ValueError(f'has no effect: agent_label is "{chosen}", not "{label}"')
    if chosen == label and not given:
        raise ValueError(f'agent_label = "{label}" needs {what}')


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Topics(_Section):
    """Names of the topics; inputs and checkpoints have the same number of partitions."""

    messages: TopicName = default_topics.MESSAGES
    """Input: chat messages, transfers and marks."""
    orders: TopicName = default_topics.ORDERS
    """Input: what happens to orders."""
    checkpoints: TopicName = "chatpulse.checkpoints"
    """The worker's memory: consistent cuts of each partition's state."""
    daily: TopicName = "chatpulse.daily"
    """Output: the scorecards of closed days, compacted."""
    dead_letters: TopicName = "chatpulse.dead-letters"
    """Output: records that are no event, and chat events that came too late, unchanged."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The topics that are read as events."""
        return (self.messages, self.orders)


class Security(_Section):
    """How to talk to the brokers."""

    protocol: Protocol = "PLAINTEXT"
    """`PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`."""
    sasl_mechanism: Mechanism = "PLAIN"
    """`PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`; used by the two SASL protocols."""
    username: str | None = None
    """SASL user."""
    password: SecretStr | None = None
    """SASL password; better in the file named by `security.password_file`."""
    password_file: Path | None = None
    """File that holds the SASL password; a newline at its end does not belong to it."""
    ca: Path | None = None
    """PEM file of the authorities to trust; default the system's."""
    cert: Path | None = None
    """PEM file of the client's certificate (mutual TLS)."""
    key: Path | None = None
    """PEM file of the client certificate's private key."""

    @model_validator(mode="after")
    def _complete(self) -> Security:
        if self.protocol.startswith("SASL") and None in (self.username, self.password):
            raise ValueError(
                f"protocol {self.protocol} needs username and password (or password_file)"
            )
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key belong together; give both or neither")
        unused = [] if self.protocol.endswith("SSL") else ["ca", "cert", "key"]
        unused += [] if self.protocol.startswith("SASL") else ["username", "password"]
        for name in unused:
            if getattr(self, name) is not None:
                raise ValueError(f"{name} is given, but protocol {self.protocol} does not use it")
        return self


class Settings(_Section):
    """Everything a worker can be told."""

    brokers: Annotated[str, Field(pattern=r"^[^\s,:]+:[0-9]+(\s*,\s*[^\s,:]+:[0-9]+)*$")] = (
        "127.0.0.1:9092"
    )
    """Kafka brokers to start from, `host:port`, several separated by commas."""
    group: TopicName = "chatpulse"
    """Consumer group; the workers of one group share the shops among them."""
    rules: Path | None = None
    """Rules file (TOML or JSON) of what counts; without one every rule has its default."""
    accept_rules: bool = False
    """Go on from a checkpoint that was made under other rules; open days mix both."""
    accept_gap: bool = False
    """Go on although input or checkpoints that are needed were deleted; what is lost is shown."""
    checkpoint_interval: Span = 10 * SECOND
    """Time between two checkpoints of a partition; longer when writing takes over 5 % of it."""
    startup_timeout: Span = 30 * SECOND
    """How long to try to reach the brokers at the start."""
    stop_timeout: Span = 25 * SECOND
    """How long a graceful stop may take before the process ends itself."""
    session_timeout: Annotated[Span, AfterValidator(lambda s: _at_least(s, 6 * SECOND))] = (
        30 * SECOND
    )
    """After this long without a sign of life a worker's partitions go to others; at least `6s`."""
    web_host: str = "127.0.0.1"
    """Address to listen on for metrics, health and the API; `0.0.0.0` for all."""
    web_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port to listen on; 0 takes a free one, which is printed at the start."""
    web_config: Path | None = None
    """Web-config file of Prometheus' exporter-toolkit: TLS, passwords (bcrypt), headers."""
    web_token_file: Path | None = None
    """File of bearer tokens, one a line, that clients may show instead; a change counts at once."""
    agent_label: AgentLabel = "id"
    """What metrics, alerts and the wall page call agents: `id`, `name` or `hash`."""
    agent_names: Annotated[Path | None, Field(validate_default=True), AfterValidator(_names)] = None
    """For `agent_label = "name"`: TOML file of the names by id, `[agents]` and `[shops."ID"]`."""
    agent_label_key: Annotated[
        SecretStr | None, Field(validate_default=True), AfterValidator(_label_key)
    ] = None
    """For `agent_label = "hash"`: key of the digest; better in `agent_label_key_file`."""
    agent_label_key_file: Path | None = None
    """File that holds the key, at least 16 bytes; a newline at its end does not belong to it."""
    advertised_url: Annotated[str, Field(pattern=r"^https?://[^\s/#?@]+$")] | None = None
    """`http://host:port` under which other workers send people here for the shops of this one."""
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 8
    """Partitions of new topics; fixed once they exist. The upper limit of useful workers."""
    replication_factor: Annotated[int, Field(ge=0, le=32767)] = 0
    """Copies of new topics; 0 makes three, or as many as there are brokers if they are fewer."""
    log_format: Literal["text", "json"] = "text"
    """`text` for people, `json` for machines: one line per record either way."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines to write."""
    topics: Topics = Topics()
    security: Security = Security()

    @model_validator(mode="after")
    def _distinct(self) -> Settings:
        names = list(self.topics.model_dump().values())
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice[0]} is used for two purposes; every topic needs its own name")
        return self


def _at_least(span: timedelta, least: timedelta) -> timedelta:
    if span < least:
        raise ValueError(f"must be at least {least.total_seconds():g}s")
    return span
