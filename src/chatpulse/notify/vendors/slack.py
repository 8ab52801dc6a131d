"""Slack's incoming webhooks.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: the URL is the only
secret; the answer is 200 with the text `ok`, or 400, 403, 404, 410 with a word for what is wrong.
https://docs.slack.dev/apis/web-api/rate-limits: one message a second, else 429 with `Retry-After`.
https://docs.slack.dev/reference/block-kit/blocks: a header holds 150 characters, the text of a
section 3000, that of a button 75. `&`, `<` and `>` have to be escaped; `verbatim` keeps Slack from
making links and mentions of words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..limiter import Limit
from ..message import Message, fit
from .vendor import TITLE_CHARS, Body, Retry, Sent, Vendor, Verdict, http_verdict, unsigned

LIMITS: Final = (Limit(1, 1000),)
MAX_SECTION: Final = 3000

_ESCAPED: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "＊", "`": "｀", "~": "～", "@": "＠"}
)


def render(message: Message) -> Body:
    """Return a header, one section of text and a button."""
    fitted = fit(message, lambda m: len(_section(m)), MAX_SECTION)
    title = fitted.title[:TITLE_CHARS]
    header = {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": True}}
    blocks: list[dict[str, Any]] = [header]
    if section := _section(fitted):
        text = {"type": "mrkdwn", "text": section, "verbatim": True}
        blocks.append({"type": "section", "text": text})
    if fitted.url:
        label = {"type": "plain_text", "text": fitted.texts.button}
        button = {"type": "button", "text": label, "url": fitted.url, "style": "primary"}
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": title.translate(_ESCAPED), "blocks": blocks}


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Take only `ok` for success."""
    if status != 200:
        return http_verdict(status, headers)
    return Sent() if body.strip() == b"ok" else Retry("vendor_code", "an answer other than ok")


def _section(message: Message) -> str:
    found = []
    for line in message.lines:
        facts = line.facts.translate(_ESCAPED)
        if line.runbook_url:
            url = line.runbook_url.replace("&", "&amp;")
            facts += f" · <{url}|{message.texts.runbook}>"
        if line.text:
            found.append(f"{line.mark} *{line.text.translate(_ESCAPED)}*")
        found.append(facts)
        if line.detail:
            found.append(line.detail.translate(_ESCAPED))
    return "\n".join([*found, message.tail] if message.tail else found)


SLACK: Final = Vendor(
    name="slack", limits=LIMITS, signs=False, render=render, sign=unsigned, judge=judge
)
