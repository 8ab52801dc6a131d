"""Secrets are read from files at the moment they are needed, and never shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?/")


class SecretError(Exception):
    """A secret cannot be used; `str()` names the file and the reason, never what it holds."""


def read_secret(path: Path) -> str:
    """Return the one line of the file."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SecretError(f"{path} is no UTF-8 text") from None
    if not secret or len(secret.split()) > 1:
        raise SecretError(f"{path} has to hold one line without spaces")
    return secret


def read_url(path: Path) -> str:
    """Return the URL in the file: https, or http to this very machine."""
    url = read_secret(path)
    if not re.match(r"https://[^/\s]+/", url) and not _LOOPBACK.match(url):
        raise SecretError(f"{path} has to hold a URL that begins with https://")
    return url
