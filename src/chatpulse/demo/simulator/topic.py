"""The shape of a language's phrases."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """One thing buyers ask about, and what agents answer."""

    asks: tuple[str, ...]
    answers: tuple[str, ...]


class Phrases(NamedTuple):
    """Everything that is written in one language, by the situation in which it is."""

    presale: tuple[Topic, ...]
    aftersale: tuple[Topic, ...]
    ordered: Topic  # after an order was placed, before it is paid
    openers: tuple[str, ...]  # a first word of its own
    leads: tuple[str, ...]  # put before a buyer's question
    tails: tuple[str, ...]  # and behind it
    nags: tuple[str, ...]  # of a buyer who waits
    closers: tuple[str, ...]
    partings: tuple[str, ...]  # last words that the rules do not take for closers
    farewells: tuple[str, ...]
    greetings: tuple[str, ...]  # of the bot
    away: tuple[str, ...]  # of the bot, when nobody is on duty or all are busy
    auto: tuple[str, ...]  # an agent's automatic reply
    fillers: tuple[str, ...]  # of an agent who needs a moment
    handovers: tuple[str, ...]
    chases: tuple[str, ...]  # to a buyer whose order is not paid
    assists: tuple[str, ...]  # complete answers of an assisting bot
    joins: tuple[str, ...]  # of the system
    mobile: str  # `{d}` is the rest of the number
