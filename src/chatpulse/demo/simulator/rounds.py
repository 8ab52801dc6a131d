"""Question and answer: how buyers ask, how long they wait, who answers."""

from __future__ import annotations

import math
from typing import Final

from ...contract.events import Content
from ...contract.ids import HOUR, MINUTE, SECOND
from .staff import Agent
from .talk import Talk
from .topic import Topic

LOST: Final = 0.01
"""Of the questions that an agent overlooks, the share that nobody ever finds."""


def ask(talk: Talk, topic: Topic) -> int:
    """Let the buyer put a question in one to three lines; return when it began."""
    phrases = talk.customer.phrases
    asked = talk.at
    kind = talk.rng.random()
    if kind < 0.10:  # a word first, then the question
        talk.buyer(talk.pick(phrases.openers))
        talk.wait(2 * SECOND, 9 * SECOND)
    elif kind < 0.16:
        talk.buyer("", "video" if kind > 0.155 else "image" if kind > 0.11 else "card")
        talk.wait(2 * SECOND, 9 * SECOND)
    talk.buyer(talk.pick(phrases.leads) + talk.pick(topic.asks) + talk.pick(phrases.tails))
    if talk.chance(0.15):
        talk.wait(2 * SECOND, 12 * SECOND)
        talk.buyer(talk.pick(topic.asks))
    elif talk.chance(0.006):
        talk.wait(3 * SECOND, 20 * SECOND)
        talk.buyer("", "recall")
    elif talk.chance(0.008):
        talk.wait(3 * SECOND, 15 * SECOND)
        talk.customer.words["d"] = f"{int(talk.rng.random() * 10**9):09d}"
        talk.buyer(talk.pick((phrases.mobile,)))
    return asked


def answer(talk: Talk, topic: Topic, asked: int) -> bool:
    """Answer what was asked at `asked`; return False when nobody ever does."""
    agent = talk.agent or _seat(talk)
    if agent is None:
        return _overnight(talk, topic)
    begin = max(asked, talk.at) if talk.agent is not None and talk.agent is not agent else asked
    reply_at = begin + _wait(talk, agent)
    if talk.chance(0.025) and (expert := _colleague(talk, agent, reply_at)):
        talk.at = max(talk.at + 2 * SECOND, asked + (reply_at - asked) // 2)
        talk.hand_over(expert)  # without an answer
        agent, reply_at = expert, talk.at + _wait(talk, expert)
    reply_at = _nag(talk, asked, reply_at)
    if talk.chance(agent.drop):  # overlooked: found later, hardly ever not at all
        if talk.chance(LOST):
            return False
        reply_at += 2 * MINUTE + int(talk.rng.expovariate(1 / (3 * MINUTE)))
    on_duty = talk.desk.duty(reply_at)
    if agent not in on_duty:
        if not on_duty:
            return _overnight(talk, topic)
        if talk.chance(0.75):  # the shift or the break came in between
            agent = on_duty[int(talk.rng.random() * len(on_duty))]
            talk.at = max(talk.at + SECOND, min(reply_at, talk.at + 20 * SECOND))
            talk.hand_over(agent)
            reply_at = talk.at + _wait(talk, agent)
    talk.at = max(reply_at, talk.at + SECOND)
    talk.agent = agent
    _reply(talk, agent, topic)
    return True


def _wait(talk: Talk, agent: Agent) -> int:
    """Draw how long a buyer waits for this agent: log-normal, at least 2 s."""
    drawn = math.exp(talk.rng.gauss(-0.25, 0.7)) * agent.pace_ms * talk.load
    return max(int(drawn), 2 * SECOND)


def _seat(talk: Talk) -> Agent | None:
    """Take the conversation out of the queue, by a transfer or simply by answering."""
    on_duty = talk.desk.duty(talk.at)
    if not on_duty:
        return None
    agent = on_duty[int(talk.rng.random() * len(on_duty))]
    talk.wait(2 * SECOND, int(25_000 * talk.load))
    if talk.chance(0.7):
        talk.hand_over(agent)
    return agent


def _colleague(talk: Talk, agent: Agent, at: int) -> Agent | None:
    others = [other for other in talk.desk.duty(at) if other is not agent]
    return others[int(talk.rng.random() * len(others))] if others else None


def _nag(talk: Talk, asked: int, reply_at: int) -> int:
    """Let an impatient buyer write again and again while waiting; return when the answer comes."""
    patience = asked + 35 * SECOND + int(talk.rng.expovariate(1 / 40_000))
    while patience < reply_at and talk.chance(0.7):
        talk.at = max(talk.at + SECOND, patience)
        talk.buyer(talk.pick(talk.customer.phrases.nags))
        patience = talk.at + 25 * SECOND + int(talk.rng.expovariate(1 / 45_000))
    return max(reply_at, talk.at + SECOND)


def _overnight(talk: Talk, topic: Topic) -> bool:
    """Leave the message for the next opening, where most are answered."""
    if talk.chance(0.7):
        talk.wait(800, 1500)
        talk.machine(talk.pick(talk.customer.phrases.away))
    opening = talk.desk.opening(talk.at)
    if talk.chance(0.08) or opening - talk.at > 12 * HOUR:
        return False
    talk.at = opening + int(talk.rng.expovariate(1 / (6 * MINUTE)))
    agent = talk.agent if talk.agent in talk.desk.duty(talk.at) else None
    if agent is None:
        on_duty = talk.desk.duty(talk.at)
        if not on_duty:
            return False
        agent = on_duty[int(talk.rng.random() * len(on_duty))]
    talk.agent = agent
    _reply(talk, agent, topic)
    return True


def _reply(talk: Talk, agent: Agent, topic: Topic) -> None:
    """Write the answer at `talk.at`: a filler sometimes, one to three lines, a card, a recall."""
    phrases = talk.customer.phrases
    first = int(talk.rng.random() * len(topic.answers))
    line, other = topic.answers[first], topic.answers[first - 1]
    fill = talk.customer.fill
    kind = talk.rng.random()
    if kind < 0.12:
        talk.says(agent, talk.pick(phrases.fillers))
        talk.wait(8 * SECOND, 40 * SECOND)
    elif kind < 0.13:
        talk.says(agent, fill(line))
        talk.wait(2 * SECOND, 6 * SECOND)
        talk.says(agent, "", "recall")
        talk.wait(3 * SECOND, 15 * SECOND)
    talk.says(agent, fill(line))
    more = talk.rng.random()
    if more < 0.30:
        talk.wait(4 * SECOND, 15 * SECOND)
        content: Content = "card" if more < 0.06 else "image" if more < 0.10 else "text"
        talk.says(agent, fill(other), content)
    if more < 0.02 and (colleague := _colleague(talk, agent, talk.at)):
        talk.wait(5 * SECOND, 30 * SECOND)
        talk.says(colleague, talk.pick(topic.answers))  # helps without taking over
    elif more > 0.985 and (expert := _colleague(talk, agent, talk.at)):
        talk.wait(3 * SECOND, 8 * SECOND)
        talk.says(agent, talk.pick(phrases.handovers))
        talk.wait(SECOND, 3 * SECOND)
        talk.hand_over(expert)
        talk.wait(15 * SECOND, 70 * SECOND)
        talk.says(expert, talk.pick(topic.answers))
