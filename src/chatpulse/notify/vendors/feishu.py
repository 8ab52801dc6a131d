r"""Feishu's and Lark's custom bot (飞书自定义机器人).

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: a signature is the base64 of
HMAC-SHA256 with timestamp + "\n" + secret as the *key* over nothing; it stands in the body beside
`timestamp` in seconds, which may be off by one hour at most. A bot may post 100 messages a minute
and 5 a second; a body holds at most 20 KB. The answer has `code`, 0 for success, 19021 for a wrong
signature, 9499 for a wrong body, 11232 when it was too often (also around the full hour, when
many post at once). The card's JSON 1.0 is described at
https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-components/content-components/rich-text
"""

from __future__ import annotations

from typing import Any, Final

from ..limiter import Limit
from ..message import Line, Message, Tone, fit
from ..texts import Texts
from .vendor import PLAIN, TITLE_CHARS, Body, Vendor, code_judge, encode, hmac_base64

LIMITS: Final = (Limit(100, 60_000), Limit(5, 1000))
MAX_BYTES: Final = 20_000
"""Of the whole body, less than 20 KB; timestamp and signature need the rest."""

THROTTLED: Final = frozenset({11232, 99991400})

COLOURS: Final[dict[Tone, str]] = {
    "critical": "red",
    "warning": "orange",
    "info": "blue",
    "resolved": "green",
}


def render(message: Message) -> Body:
    """Return an interactive card with a coloured header and a button."""
    return _body(fit(message, lambda m: len(encode(_body(m))), MAX_BYTES))


def sign(url: str, body: Body, secret: str, now_ms: int) -> tuple[str, Body]:
    """Put timestamp and signature into the body."""
    seconds = now_ms // 1000
    return url, {"timestamp": str(seconds), "sign": signature_of(secret, seconds), **body}


def signature_of(secret: str, seconds: int) -> str:
    """Return the signature in base64."""
    return hmac_base64(f"{seconds}\n{secret}", "")


def _body(message: Message) -> Body:
    title = {"tag": "plain_text", "content": message.title[:TITLE_CHARS]}
    elements: list[dict[str, Any]] = [
        {"tag": "markdown", "content": "\n".join(_paragraph(line, message.texts))}
        for line in message.lines
    ]
    if message.tail:
        elements.append({"tag": "markdown", "content": message.tail})
    if message.url:
        button = {
            "tag": "button",
            "text": {"tag": "plain_text", "content": message.texts.button},
            "type": "primary",
            "url": message.url,
        }
        elements.append({"tag": "action", "actions": [button]})
    return {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"title": title, "template": COLOURS[message.tone]},
            "elements": elements,
        },
    }


def _paragraph(line: Line, texts: Texts) -> list[str]:
    facts = line.facts.translate(PLAIN)
    if line.runbook_url:
        facts += f" · [{texts.runbook}]({line.runbook_url})"
    found = [f"{line.mark} **{line.text.translate(PLAIN)}**"] if line.text else []
    found.append(facts)
    return [*found, line.detail.translate(PLAIN)] if line.detail else found


FEISHU: Final = Vendor(
    name="feishu",
    limits=LIMITS,
    signs=True,
    render=render,
    sign=sign,
    judge=code_judge("code", THROTTLED),
)
