"""What the relay has to know about a vendor of robots."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from ..limiter import Limit
from ..message import Message

Body: TypeAlias = dict[str, Any]

TITLE_CHARS: Final = 120

PLAIN: Final = str.maketrans("*[]<>`#@&~\\", "＊［］＜＞｀＃＠＆～＼")
"""Their markdowns differ, and only some know an escape: wide twins mean nothing to any of them."""


class Vendor(NamedTuple):
    """One vendor: pure functions only; who posts is `robot.py`."""

    name: str
    limits: tuple[Limit, ...]
    """How often one robot may post."""
    signs: bool
    """Whether its robots can ask for a signature."""
    render: Callable[[Message], Body]
    sign: Callable[[str, Body, str, int], tuple[str, Body]]
    """(URL, body, secret, now in ms) -> the URL and the body with the signature."""
    judge: Callable[[int, Mapping[str, str], bytes], Verdict]
    """(HTTP status, headers, body of the answer) -> what became of the post."""

    @property
    def per_minute(self) -> int:
        """How many messages a minute all its limits together allow."""
        return min(limit.posts * 60_000 // limit.span_ms for limit in self.limits)


class Sent(NamedTuple):
    """The vendor took it."""


class Retry(NamedTuple):
    """Not now; perhaps later."""

    reason: str
    """`throttled`, `server`, `vendor_code`, `network`, `timeout` or `secret`."""
    detail: str
    after_ms: int | None = None
    """When the vendor wishes to hear from us again."""


class Refused(NamedTuple):
    """Never, as it is."""

    detail: str


Verdict: TypeAlias = Sent | Retry | Refused


def unsigned(url: str, body: Body, secret: str, now_ms: int) -> tuple[str, Body]:
    """Change nothing: this vendor's URL is the only secret."""
    return url, body


def hmac_base64(key: str, text: str) -> str:
    """Return the HMAC-SHA256 of `text` in base64."""
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


def encode(body: Body) -> bytes:
    """Return the bytes that are posted."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def code_judge(
    key: str, throttled: Collection[int]
) -> Callable[[int, Mapping[str, str], bytes], Verdict]:
    """Return the judge of a vendor that answers 200 with a code under `key`, 0 when it took it."""

    def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        code = _code(body, key)
        if code in throttled:
            return Retry("throttled", f"{key} {code}", retry_after_ms(headers))
        if status != 200:
            return http_verdict(status, headers)
        if code is None:
            return Retry("vendor_code", f"an answer without {key}")
        return Sent() if code == 0 else Retry("vendor_code", f"{key} {code}")

    return judge


def http_verdict(status: int, headers: Mapping[str, str]) -> Verdict:
    """Judge an answer that is no 200."""
    if status == 429:
        return Retry("throttled", "HTTP 429", retry_after_ms(headers))
    if status >= 500 or status == 408:
        return Retry("server", f"HTTP {status}", retry_after_ms(headers))
    return Refused(f"HTTP {status}")


def retry_after_ms(headers: Mapping[str, str]) -> int | None:
    """Read Retry-After if it gives seconds (Slack, Feishu's gateway under a name of its own)."""
    for name in ("Retry-After", "x-ogw-ratelimit-reset"):
        if (seconds := headers.get(name, "")).isdecimal():
            return min(int(seconds), 3600) * 1000
    return None


def _code(body: bytes, key: str) -> int | None:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    code = answer.get(key) if isinstance(answer, dict) else None
    return code if isinstance(code, int) else None
