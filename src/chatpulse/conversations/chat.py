"""Chat lines to facts: the only place where the state of a conversation's chat changes.

`fold` walks the lines of one conversation in timeline order (kpis.md 1): sessions, rounds,
consultations, transfers, the open wait. What it establishes about a day it writes into that day's
`Day`, which `open_day` hands out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from ..contract.ids import HOUR, MINUTE
from .policy import Policy
from .row import (
    AGENT,
    BOT,
    BUYER,
    NOBODY,
    TRANSFER,
    Asked,
    Chat,
    Consultation,
    Day,
    Desk,
    Line,
    Reply,
    Round,
)

SILENCE: Final = 10 * MINUTE
PATIENCE: Final = 2 * HOUR
MAX_KEYWORDS: Final = 3

OpenDay: TypeAlias = Callable[[int], Day]


def fold(chat: Chat, lines: Iterable[Line], open_day: OpenDay, *, policy: Policy) -> None:
    """Apply `lines`, sorted and none before what `chat` has seen."""
    day_of = policy.calendar.day
    for line in lines:
        today = day_of(line.at)
        pass_time(chat, line.at, today, open_day)
        if line.rank == TRANSFER:
            _transfer(chat, line, open_day)
            continue
        facts = open_day(today)
        facts.active = True
        _continue_run(chat, line.at)
        if line.rank == BUYER:
            _asked(chat, line, today, facts, open_day, policy)
        elif line.rank == AGENT and line.counts:
            _replied(chat, line, today, facts, open_day, policy)
        elif line.rank == BOT and line.counts:
            _assisted(chat, line, today, facts)


def pass_time(chat: Chat, now: int, today: int, open_day: OpenDay) -> None:
    """End what has lapsed before anything happens at `now`: patience, and the day (day cut)."""
    while chat.pending and now > chat.pending[0].at + PATIENCE:
        open_day(chat.pending.pop(0).day).abandoned.append(chat.assignee)
    asked = chat.human.asked
    if asked is not None and asked.day < today:
        chat.human.asked = None
        _end_round(chat, asked, None, chat.assignee, open_day(asked.day))
    if chat.assist is not None:
        asked = chat.assist.asked
        if asked is not None and asked.day < today:
            chat.assist.asked = None
            _end_assist_round(chat, asked, None, chat.assignee, open_day(asked.day))


def agent_clock(chat: Chat, start: int, agent_id: str) -> int:
    """Return when the agent's wait began: at `start`, or at the newest transfer to the agent."""
    return max(start, chat.transfers.get(agent_id, start))


def _continue_run(chat: Chat, at: int) -> None:
    if chat.message_at is None or at - chat.message_at > SILENCE:
        chat.session_at = None
        chat.members = {}
        chat.human.replied_in_session = False
        if chat.assist is not None:
            chat.assist.replied_in_session = False
    chat.message_at = at


def _open_session(chat: Chat, at: int, today: int, facts: Day) -> bool:
    """Begin a session unless one is on; tell whether this message opened it."""
    if chat.session_at is not None:
        return False
    chat.session_at = at
    chat.session_day = today
    facts.sessions += 1
    return True


def _asked(
    chat: Chat, line: Line, today: int, facts: Day, open_day: OpenDay, policy: Policy
) -> None:
    at, agent_id = line.at, line.agent_id
    opens = _open_session(chat, at, today, facts)
    chat.assignee = agent_id
    facts.buyer_messages[agent_id] = facts.buyer_messages.get(agent_id, 0) + 1
    _take_part(chat, NOBODY, at, today, facts, open_day, policy)
    if agent_id != NOBODY:
        _take_part(chat, agent_id, at, today, facts, open_day, policy)
    _read_signals(line, facts)
    if not (line.counts and _is_answered(chat.human, today)):
        if facts.consulted is None:
            facts.consulted = Consultation(at, False)
        if agent_id != NOBODY and agent_id not in facts.consultations:
            facts.consultations[agent_id] = Consultation(at, False)
        if chat.human.asked is None and chat.waiting_from is None and chat.assist is None:
            chat.transfers.clear()
        if chat.waiting_from is None or at - chat.waiting_from > PATIENCE:
            chat.waiting_from = at
        if _open_round(chat, chat.human, at, today, opens) and policy.in_duty(at):
            assert chat.human.asked is not None  # noqa: S101  # it was just opened
            chat.pending.append(chat.human.asked)
    if chat.assist is not None and not (line.counts and _is_answered(chat.assist, today)):
        _open_round(chat, chat.assist, at, today, opens)


def _is_answered(desk: Desk, today: int) -> bool:
    """Whether a closer closes: after a valid reply in the same session or on the same day."""
    return desk.replied_in_session or desk.replied_day == today


def _open_round(chat: Chat, desk: Desk, at: int, today: int, opens: bool) -> bool:
    if desk.asked is not None:
        return False
    assert chat.session_at is not None  # noqa: S101  # who asks has opened a session
    desk.asked = Asked(at, today, chat.session_at, opens)
    return True


def _read_signals(line: Line, facts: Day) -> None:
    traits = line.traits
    if traits.digest and not facts.again:
        if facts.answered and traits.digest not in facts.texts:
            facts.again = True
            facts.texts.clear()
        else:
            facts.texts.add(traits.digest)
    facts.written = True
    facts.signals |= traits.signals
    if traits.keywords:
        different = dict.fromkeys(facts.keywords + traits.keywords)
        facts.keywords = tuple(different)[:MAX_KEYWORDS]
    if traits.campaign and traits.campaign not in facts.campaigns:
        facts.campaigns += (traits.campaign,)


def _replied(
    chat: Chat, line: Line, today: int, facts: Day, open_day: OpenDay, policy: Policy
) -> None:
    at, agent_id = line.at, line.agent_id
    _open_session(chat, at, today, facts)
    _take_part(chat, NOBODY, at, today, facts, open_day, policy)
    _take_part(chat, agent_id, at, today, facts, open_day, policy)
    facts.replies.append(Reply(at, agent_id))
    facts.answered = facts.answered or facts.written
    consultation = facts.consultations.get(agent_id)
    asked = chat.human.asked
    if asked is not None:
        chat.human.asked = None
        _end_round(chat, asked, at, agent_id, facts)
        if consultation is None or consultation.at > asked.at:
            consultation = Consultation(asked.at, False)
    if consultation is not None and not consultation.replied:
        facts.consultations[agent_id] = Consultation(consultation.at, True)
    if facts.consulted is not None and not facts.consulted.replied:
        facts.consulted = Consultation(facts.consulted.at, True)
    if chat.assist is not None and chat.assist.asked is not None:
        asked, chat.assist.asked = chat.assist.asked, None
        _end_assist_round(chat, asked, at, agent_id, facts)
    chat.waiting_from = None
    chat.pending.clear()
    for desk in (chat.human, chat.assist):
        if desk is not None:
            desk.replied_day = today
            desk.replied_in_session = True


def _assisted(chat: Chat, line: Line, today: int, facts: Day) -> None:
    """Count a bot's message as a valid reply where assisting bots reply (kpis.md 8)."""
    if chat.assist is None:
        chat.assist = chat.human.copy()
        facts.assist_rounds = facts.rounds.copy()
    if chat.assist.asked is not None:
        asked, chat.assist.asked = chat.assist.asked, None
        _end_assist_round(chat, asked, line.at, line.agent_id or chat.assignee, facts)
    chat.assist.replied_day = today
    chat.assist.replied_in_session = chat.session_at is not None


def _end_round(chat: Chat, asked: Asked, at: int | None, agent_id: str, facts: Day) -> None:
    if chat.assist is not None and facts.assist_rounds is None:
        facts.assist_rounds = facts.rounds.copy()
    facts.rounds.append(_round(chat, asked, at, agent_id))


def _end_assist_round(chat: Chat, asked: Asked, at: int | None, agent_id: str, facts: Day) -> None:
    if facts.assist_rounds is None:
        facts.assist_rounds = facts.rounds.copy()
    facts.assist_rounds.append(_round(chat, asked, at, agent_id))


def _round(chat: Chat, asked: Asked, at: int | None, agent_id: str) -> Round:
    agent_from = agent_clock(chat, asked.at, agent_id)
    return Round(asked.at, at, agent_id, agent_from, asked.session_at, asked.opens_session)


def _transfer(chat: Chat, line: Line, open_day: OpenDay) -> None:
    giver, receiver = line.from_agent_id, line.agent_id
    if giver == receiver:
        return
    chat.assignee = receiver
    chat.transfers[receiver] = line.at
    asked = chat.human.asked
    if giver != NOBODY and asked is not None:
        passed_on = open_day(asked.day).passed_on
        passed_on[giver] = passed_on.get(giver, 0) + 1


def _take_part(
    chat: Chat, owner: str, at: int, today: int, facts: Day, open_day: OpenDay, policy: Policy
) -> None:
    """Extend the owner's span of the session to the minute of `at`; cut it at midnight."""
    minute = at // MINUTE
    since = chat.members.get(owner)
    if since == today:
        span = facts.spans[owner]
        if span[-1] != minute:
            facts.spans[owner] = (*span[:-1], minute)
        return
    chat.members[owner] = today
    if since is None:
        facts.spans[owner] = (*facts.spans.get(owner, ()), minute, minute)
        if owner != NOBODY:
            facts.joined.append((owner, chat.session_day))
        return
    calendar = policy.calendar
    first = open_day(since).spans
    first[owner] = (*first.get(owner, (minute, minute))[:-1], (calendar.end(since) - 1) // MINUTE)
    for day in range(since + 1, today + 1):
        spans = open_day(day).spans
        until = min(minute, (calendar.end(day) - 1) // MINUTE)
        spans[owner] = (*spans.get(owner, ()), calendar.start(day) // MINUTE, until)
