"""Chat events to the lines of a conversation's tail."""

from __future__ import annotations

from sys import intern
from typing import Final

from ..contract.events import Message, Transfer
from .policy import Policy
from .row import AGENT, BOT, BUYER, NO_TRAITS, NOBODY, SYSTEM, TRANSFER, Line

_RANKS: Final = {"buyer": BUYER, "agent": AGENT, "bot": BOT, "system": SYSTEM}


def line_of(event: Message | Transfer, policy: Policy) -> Line:
    """Return what the fold needs of a chat event; of a buyer's text, its traits."""
    if isinstance(event, Transfer):
        giver = event.from_agent_id or NOBODY
        return Line(event.at, TRANSFER, event.event_id, event.to_agent_id, False, giver, NO_TRAITS)
    rank = _RANKS[event.sender]
    agent_id = intern(event.agent_id) if event.agent_id else NOBODY  # one object for all lines
    traits, counts = NO_TRAITS, False
    if rank == BUYER:
        traits = policy.reader.traits(event.text)
        if event.content == "text":
            counts = traits.closer
        else:
            counts = event.content == "sticker" and policy.reader.stickers_close
            if traits.campaign:
                traits = policy.reader.without_campaign(traits)
    elif rank == AGENT:
        counts = not event.auto and not event.text.startswith(policy.auto_reply_prefixes)
    elif rank == BOT:
        counts = event.assist
    return Line(event.at, rank, event.event_id, agent_id, counts, NOBODY, traits)
