"""WeCom's group robot (企业微信群机器人).

https://developer.work.weixin.qq.com/document/path/91770: the key in the URL is the only secret; a
robot may post 20 messages a minute; `markdown.content` holds at most 4096 bytes of UTF-8 and knows
headings, bold, links, quotes and three font colours. The answer is 200 with `errcode`, 0 for
success, 45009 when it was too often, 93000 for a wrong key.
"""

from __future__ import annotations

from typing import Final

from ..limiter import Limit
from ..message import Message, Tone, fit
from .vendor import PLAIN, TITLE_CHARS, Body, Vendor, code_judge, unsigned

LIMITS: Final = (Limit(20, 60_000),)
MAX_BYTES: Final = 4096
"""Of `markdown.content`."""

THROTTLED: Final = frozenset({45009, 45033})

COLOURS: Final[dict[Tone, str]] = {
    "critical": "warning",
    "warning": "warning",
    "info": "comment",
    "resolved": "info",
}
"""WeCom's `warning` is orange, its `info` is green, its `comment` is grey."""


def render(message: Message) -> Body:
    """Return a markdown message; its last line is the link."""
    fitted = fit(message, lambda m: len(_content(m).encode()), MAX_BYTES)
    return {"msgtype": "markdown", "markdown": {"content": _content(fitted)}}


def _content(message: Message) -> str:
    colour, title = COLOURS[message.tone], message.title.translate(PLAIN)[:TITLE_CHARS]
    found = [f'### <font color="{colour}">{title}</font>']
    for line in message.lines:
        facts = f'<font color="comment">{line.facts.translate(PLAIN)}</font>'
        if line.runbook_url:
            facts += f" [{message.texts.runbook}]({line.runbook_url})"
        if line.text:
            found.append(f"{line.mark} **{line.text.translate(PLAIN)}**")
        found.append(f"> {facts}")
        if line.detail:
            found.append(f"> {line.detail.translate(PLAIN)}")
    if message.tail:
        found.append(message.tail)
    if message.url:
        found.append(f"[{message.texts.button}]({message.url})")
    return "\n".join(found)


WECOM: Final = Vendor(
    name="wecom",
    limits=LIMITS,
    signs=False,
    render=render,
    sign=unsigned,
    judge=code_judge("errcode", THROTTLED),
)
