"""A dialogue: coming in, questions until there are none left, and the thanks."""

from __future__ import annotations

from typing import Final

from ...contract.ids import MINUTE, SECOND
from .customer import Customer
from .rounds import answer, ask
from .staff import Agent
from .talk import Talk
from .topic import Topic

MORE_QUESTIONS: Final = 0.55
ATTENDED: Final = 0.995
"""How often an agent answers last words that ask for an answer by the rules."""


def enter(customer: Customer, load: float, at: int) -> Talk:
    """Open the conversation: assigned to somebody on duty, or into the queue."""
    on_duty = customer.desk.duty(at)
    rng = customer.floor.rng
    agent: Agent | None = None
    if on_duty and rng.random() < 1.05 - 0.15 * load:
        agent = on_duty[int(rng.random() * len(on_duty))]
    return Talk(customer, at, load=load, agent=agent)


def question(talk: Talk, topics: tuple[Topic, ...]) -> bool:
    """Ask and answer until the customer has no question; return whether the last was answered."""
    while True:
        topic = topics[int(talk.rng.random() * len(topics))]
        asked = ask(talk, topic)
        if not talk.started and _welcome(talk):
            return True
        if not answer(talk, topic, asked):
            return False
        if not talk.chance(MORE_QUESTIONS):
            return True
        if talk.chance(0.03):  # comes back to it: a new session
            talk.wait(11 * MINUTE, 50 * MINUTE)
        else:
            talk.at += 4 * SECOND + int(talk.rng.expovariate(1 / (28 * SECOND)))


def _welcome(talk: Talk) -> bool:
    """Greet by machine; return True when an assisting bot has solved it all."""
    talk.started = True
    phrases = talk.customer.phrases
    kind = talk.rng.random()
    if kind < 0.35:
        talk.wait(300, 1200)
        talk.machine(talk.pick(phrases.greetings))
    elif kind < 0.45 and talk.agent is not None:
        talk.wait(300, 1200)
        talk.customer.words["a"] = talk.agent.agent_id
        talk.says(talk.agent, talk.pick(phrases.auto), auto=True)
    elif kind < 0.51:
        talk.wait(800, 3000)
        if not talk.customer.words["o"]:
            talk.customer.words["o"] = talk.customer.floor.order_id()
        talk.machine(talk.pick(phrases.assists), assist=True)
        if talk.chance(0.2):
            if talk.chance(ATTENDED):
                _see_off(talk)
            return True
    return False


def close(talk: Talk, *, answered: bool) -> None:
    """Say thanks, mostly; hear a farewell, sometimes."""
    if not answered or talk.chance(0.35):
        return
    talk.wait(3 * SECOND, 30 * SECOND)
    kind = talk.rng.random()
    phrases = talk.customer.phrases
    if kind < 0.12:
        talk.buyer(talk.pick(phrases.partings))
    elif kind < 0.27:
        talk.buyer("", "sticker")
    else:
        talk.buyer(talk.pick(phrases.closers))
    if talk.chance(ATTENDED if kind < 0.12 else 0.4):
        _see_off(talk)


def _see_off(talk: Talk) -> None:
    """Let whoever is there say farewell, so that nothing stands unanswered."""
    talk.wait(4 * SECOND, int(40_000 * talk.load))
    on_duty = talk.desk.duty(talk.at)
    if on_duty:
        agent = talk.agent if talk.agent in on_duty else None
        talk.says(agent or on_duty[0], talk.pick(talk.customer.phrases.farewells))
