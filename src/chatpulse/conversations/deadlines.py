"""When a conversation's numbers change by the mere passing of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..contract.ids import SECOND
from .chat import PATIENCE, agent_clock
from .conversation import Conversation
from .profiles import CAP
from .rounds import LIMITS

_LIMITS: Final = (*(n * SECOND for n in LIMITS), CAP)


def next_change(conversation: Conversation) -> int | None:
    """Return the first instant after `conversation.now` at which a tally would differ, or None."""
    return min((at for at in _deadlines(conversation) if at > conversation.now), default=None)


def _deadlines(conversation: Conversation) -> Iterator[int]:
    chat = conversation.chat
    for asked in chat.pending:
        yield asked.at + PATIENCE + 1
    for desk in (chat.human, chat.assist):
        asked_now = None if desk is None else desk.asked
        if asked_now is not None:
            yield conversation.policy.calendar.end(asked_now.day)
            for start in {asked_now.at, agent_clock(chat, asked_now.at, chat.assignee)}:
                for limit in _LIMITS:
                    yield start + limit + 1
