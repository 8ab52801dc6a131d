"""Who may talk to a web server, and how: the web-config file of Prometheus' exporter-toolkit.

The format is https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md:
`tls_server_config`, `http_server_config.headers`, `basic_auth_users`. File names in it are relative
to the file. An unknown key is an error: a misspelt one must not leave a door open.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import ssl
from collections import OrderedDict
from pathlib import Path
from typing import Final, Literal

import bcrypt
import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from .failure import Failure

VERSIONS: Final = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
MAX_HEADER: Final = 1024
"""Bytes of an Authorization header that are looked at."""
KNOWN: Final = 100
"""Credentials that were right lately, of which the slow hash is not computed again."""

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
    """What a web server is told; without a file: plain HTTP, nobody is asked who they are."""

    def __init__(self, file: _File | None = None, tls: ssl.SSLContext | None = None) -> None:
        file = file or _File()
        self.tls = tls
        self.headers: dict[str, str] = dict(file.http_server_config.headers.items())
        self._users = {
            user: hashed.get_secret_value().encode()
            for user, hashed in file.basic_auth_users.items()
        }
        self._nobody = next(iter(self._users.values()), b"")
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._salt = secrets.token_bytes(16)
        self._turn = asyncio.Lock()  # guessing costs whoever guesses time, not the worker its core

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return "http" if self.tls is None else "https"

    @property
    def asks(self) -> bool:
        """Tell whether requests must say who they are from."""
        return bool(self._users)

    async def admits(self, authorization: str) -> bool:
        """Tell whether an Authorization header is that of a user; always, if there are none."""
        if not self._users:
            return True
        user, password = _basic(authorization)
        fingerprint = hashlib.sha256(self._salt + f"{user}\0{password}".encode()).digest()
        if fingerprint in self._known:
            self._known.move_to_end(fingerprint)
            return True
        hashed = self._users.get(user, self._nobody)  # as slow for users that do not exist
        async with self._turn:
            fits = await asyncio.to_thread(bcrypt.checkpw, password.encode()[:72], hashed)
        if not fits or user not in self._users:
            return False
        self._known[fingerprint] = None
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return True


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization[:MAX_HEADER].partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


def load_web_config(path: Path) -> WebConfig:
    """Return what the file says; raise `Failure` naming the file, the key and the reason."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        file = _File.model_validate({} if found is None else found)
        tls = file.tls_server_config
        return WebConfig(file, None if tls is None else tls.context(path.parent))
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
