r"""DingTalk's custom robot (钉钉自定义机器人).

https://open.dingtalk.com/document/orgapp/custom-robot-access: a signature is the base64 of
HMAC-SHA256 with the secret as key over timestamp + "\n" + secret, URL-encoded into the query beside
`timestamp` in milliseconds, which may be off by one hour at most. A robot may post 20 messages a
minute and is silenced for 10 minutes when it posts more (errcode 130101). The answer is 200 with
`errcode`, 0 for success, 310000 for a wrong signature, keyword or address.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote_plus

from ..limiter import Limit
from ..message import Message, fit
from .vendor import PLAIN, TITLE_CHARS, Body, Vendor, code_judge, encode, hmac_base64

LIMITS: Final = (Limit(20, 60_000),)
MAX_BYTES: Final = 18_000
"""Of the whole body. The pages above name no limit; in practice 20000 bytes are too many."""

THROTTLED: Final = frozenset({130101, 130102, 90018})


def render(message: Message) -> Body:
    """Return an actionCard with one button; markdown without one if there is no link."""
    return _body(fit(message, lambda m: len(encode(_body(m))), MAX_BYTES))


def sign(url: str, body: Body, secret: str, now_ms: int) -> tuple[str, Body]:
    """Put timestamp and signature into the URL."""
    signature = quote_plus(signature_of(secret, now_ms))
    return f"{url}{'&' if '?' in url else '?'}timestamp={now_ms}&sign={signature}", body


def signature_of(secret: str, now_ms: int) -> str:
    """Return the signature in base64, not yet URL-encoded."""
    return hmac_base64(secret, f"{now_ms}\n{secret}")


def _body(message: Message) -> Body:
    title = message.title.translate(PLAIN)[:TITLE_CHARS]
    text = f"#### {title}\n\n" + "\n\n".join(_paragraphs(message))
    if not message.url:
        return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
    card = {"title": title, "text": text, "singleTitle": message.texts.button}
    return {"msgtype": "actionCard", "actionCard": card | {"singleURL": message.url}}


def _paragraphs(message: Message) -> list[str]:
    found = []
    for line in message.lines:
        facts = line.facts.translate(PLAIN)
        if line.runbook_url:
            facts += f" · [{message.texts.runbook}]({line.runbook_url})"
        if line.text:
            found.append(f"{line.mark} **{line.text.translate(PLAIN)}**")
        found.append(f"> {facts}")
        if line.detail:
            found.append(line.detail.translate(PLAIN))
    return [*found, message.tail] if message.tail else found


DINGTALK: Final = Vendor(
    name="dingtalk",
    limits=LIMITS,
    signs=True,
    render=render,
    sign=sign,
    judge=code_judge("errcode", THROTTLED),
)
