"""Who may talk to a web server, and how: the web-config file of Prometheus' exporter-toolkit.

The format is https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md:
`tls_server_config`, `http_server_config.headers`, `basic_auth_users`. File names in it are relative
to the file. An unknown key is an error: a misspelt one must not leave a door open.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final, Literal

import bcrypt
import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from ..failure import Failure
from .admission import Admission
from .tokens import Tokens, read_tokens

VERSIONS: Final = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}

ClientAuth = Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]
Header = Literal[
    "Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options",
    "X-Frame-Options", "X-XSS-Protection",
]  # fmt: skip


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Tls(_Section):
    """`tls_server_config`."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None
    client_auth_type: ClientAuth = "NoClientCert"
    min_version: Literal["TLS12", "TLS13"] = "TLS12"

    @model_validator(mode="after")
    def _complete(self) -> Tls:
        if (self.client_auth_type != "NoClientCert") != (self.client_ca_file is not None):
            raise ValueError("client_ca_file and a client_auth_type that verifies belong together")
        return self

    def context(self, folder: Path) -> ssl.SSLContext:
        """Return the TLS context of a server; raise `OSError` if a file cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = VERSIONS[self.min_version]
        context.load_cert_chain(folder / self.cert_file, folder / self.key_file)
        if self.client_ca_file is not None:
            context.load_verify_locations(folder / self.client_ca_file)
            required = self.client_auth_type == "RequireAndVerifyClientCert"
            context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        return context


class Http(_Section):
    """`http_server_config`."""

    headers: dict[Header, str] = Field(default_factory=dict)


class _File(_Section):
    tls_server_config: Tls | None = None
    http_server_config: Http = Http()
    basic_auth_users: dict[str, SecretStr] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _hashed(self) -> _File:
        for user, hashed in self.basic_auth_users.items():
            try:
                bcrypt.checkpw(b"", hashed.get_secret_value().encode())
            except ValueError:
                raise ValueError(
                    f"the password of {user!r} is no bcrypt hash; make one with `htpasswd -nBC 10`"
                ) from None
        return self


class WebConfig:
    """What a web server is told; without anything: plain HTTP, nobody is asked who they are."""

    def __init__(
        self,
        file: _File | None = None,
        tls: ssl.SSLContext | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        file = file or _File()
        self.tls = tls
        self.headers: dict[str, str] = dict(file.http_server_config.headers.items())
        users = {user: hash_.get_secret_value() for user, hash_ in file.basic_auth_users.items()}
        self.admission = Admission(users, tokens)

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return "http" if self.tls is None else "https"

    @property
    def asks(self) -> bool:
        """Tell whether clients must say who they are, if only by a certificate."""
        certain = self.tls is not None and self.tls.verify_mode is ssl.CERT_REQUIRED
        return certain or self.admission.asks


def load_web_config(path: Path | None, token_file: Path | None = None) -> WebConfig:
    """Return what the files say; raise `Failure` naming the file, the key and the reason."""
    tokens = None
    if token_file is not None:
        read_tokens(token_file)
        tokens = Tokens(token_file)
    if path is None:
        return WebConfig(tokens=tokens)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        file = _File.model_validate({} if found is None else found)
        tls = file.tls_server_config
        return WebConfig(file, None if tls is None else tls.context(path.parent), tokens)
    except UnicodeDecodeError as error:
        raise Failure(f"web_config {path}: not UTF-8 at byte {error.start}") from None
    except (yaml.YAMLError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = "" if where is None else f" at line {where.line + 1}"
        raise Failure(f"web_config {path}: no YAML{line}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        raise Failure(f"web_config {path}: {key}: {first['msg']}") from None
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or str(error)
        named = error.filename or "a file of tls_server_config"
        raise Failure(f"web_config {path}: {named}: {reason}; check the file") from None
