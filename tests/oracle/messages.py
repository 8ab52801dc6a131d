"""What an event is to the rules: a message, a question, a valid reply, a transfer (section 1)."""

from __future__ import annotations

from .reading import Event
from .rules import Policy


def is_message(event: Event) -> bool:
    """**Message** excludes `content=recall`, which is no message for any KPI."""
    return event.type == "message" and event.content != "recall"


def is_question(event: Event) -> bool:
    """Tell whether the buyer wrote it; whether it opens a round is another matter."""
    return event.rank == 0 and event.content != "recall"


def is_reply(event: Event, policy: Policy, *, assist: bool = False) -> bool:
    """Valid reply: a message with `sender=agent` and not auto.

    A text that starts with one of the shop's `auto_reply_prefixes` counts as `auto=true`. Bots are
    never one; a bot message with `assist=true` is one only in the profiles that say so (`assist`).
    """
    if not is_message(event):
        return False
    if event.sender == "agent":
        return not (event.auto or event.text.startswith(policy.auto_reply_prefixes))
    return assist and event.sender == "bot" and event.assist


def is_transfer(event: Event) -> bool:
    """A transfer from an agent to itself is ignored everywhere."""
    return event.type == "transfer" and event.giver != event.agent
