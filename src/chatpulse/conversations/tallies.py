"""Everything one conversation contributes to one day: the KPIs, in the order of kpis.md."""

from __future__ import annotations

from ..contract.ids import MINUTE
from .conversation import Conversation
from .conversion import tally_inquiry
from .profiles import tally_profiles
from .rounds import tally_rounds, waits
from .row import NOBODY, Consultation, Day, Desk
from .sales import tally_sales
from .tally import Moment, Tally


def tally_day(conversation: Conversation, day: int, *, since: int | None = None) -> Tally:
    """Return the conversation's contribution to `day`: nothing of it counts if it is excluded.

    With `since`, also its moments for the sliding windows, from that minute on.
    """
    tally = Tally(day) if since is None else Tally(day, [], since)
    facts = conversation.days.get(day)
    if facts is None:
        return tally
    for agent_id, session_day in facts.joined:
        if conversation.excluded(session_day) is None:
            tally.count(agent_id, "sessions")
    reason = conversation.excluded(day)
    if reason is not None:
        if facts.active:
            tally.count(NOBODY, f"excluded.{reason}")
        return tally
    _tally_rounds(tally, conversation, day, facts)
    _tally_reply_rate(tally, facts)
    tally_inquiry(tally, conversation, day, facts)
    tally_sales(tally, conversation, day, facts)
    _tally_workload(tally, facts)
    return tally


def _tally_rounds(tally: Tally, conversation: Conversation, day: int, facts: Day) -> None:
    chat, now, policy = conversation.chat, conversation.now, conversation.policy

    def asked_today(desk: Desk) -> bool:
        return desk.asked is not None and desk.asked.day == day

    asked = chat.human.asked if asked_today(chat.human) else None
    assisted = human = waits(facts.rounds, asked, chat, now, policy)
    if chat.assist is not None or facts.assist_rounds is not None:
        rounds = facts.rounds if facts.assist_rounds is None else facts.assist_rounds
        desk = chat.assist or chat.human
        asked = desk.asked if asked_today(desk) else None
        assisted = waits(rounds, asked, chat, now, policy)
    if human or assisted:
        tally_rounds(tally, human)
        day_start = policy.calendar.start(day)
        tally_profiles(tally, human, assisted, day_start=day_start, policy=policy)
    for agent_id, count in facts.passed_on.items():
        tally.add(agent_id, "transferred_unanswered", count)
        tally.add(NOBODY, "transferred_unanswered", count)
    for agent_id in facts.abandoned:
        for owner in {NOBODY, agent_id}:
            tally.count(owner, "abandoned")


def _tally_reply_rate(tally: Tally, facts: Day) -> None:
    if facts.consulted is not None:
        _tally_consultation(tally, NOBODY, facts.consulted)
    for agent_id, consultation in facts.consultations.items():
        _tally_consultation(tally, agent_id, consultation)


def _tally_consultation(tally: Tally, owner: str, consultation: Consultation) -> None:
    names = ("consulted", "replied") if consultation.replied else ("consulted",)
    tally.count(owner, *names)
    if tally.moments is not None and consultation.at // MINUTE >= tally.since:
        tally.moments.append(Moment(consultation.at // MINUTE, owner, names))


def _tally_workload(tally: Tally, facts: Day) -> None:
    for agent_id, count in facts.buyer_messages.items():
        tally.add(NOBODY, "buyer_messages", count)
        if agent_id != NOBODY:
            tally.add(agent_id, "buyer_messages", count)
    if facts.replies:
        tally.add(NOBODY, "agent_messages", len(facts.replies))
    for reply in facts.replies:
        tally.add(reply.agent_id, "agent_messages", 1)
    if facts.sessions:
        tally.add(NOBODY, "sessions", facts.sessions)
    for owner, span in facts.spans.items():
        for place in range(0, len(span), 2):
            tally.spans.append((owner, span[place], span[place + 1]))
