"""Conversations as timelines: what was said, in order, and what follows (sections 1 to 3)."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterator

from .calendar import DAY, MINUTE
from .log import Shop
from .messages import is_message, is_question, is_reply, is_transfer
from .reading import Event
from .rules import Policy
from .verdicts import Verdicts

SILENCE = 10 * MINUTE
SHORT_MEMORY = 8 * DAY
LONG_MEMORY = 21 * DAY


def parts(events: list[Event]) -> Iterator[list[Event]]:
    """Order events by `(at, rank, event_id)` and cut them where the conversation was forgotten.

    A conversation is remembered for 8 days after its newest event, 21 days if it has a paid order;
    an event that comes later than that after the previous event begins a new timeline.
    """
    current: list[Event] = []
    memory = SHORT_MEMORY
    for event in sorted(events, key=lambda e: (e.at, e.rank, e.event_id)):
        if current and event.at > current[-1].at + memory:
            yield current
            current, memory = [], SHORT_MEMORY
        current.append(event)
        if event.type == "paid":
            memory = LONG_MEMORY
    if current:
        yield current


@dataclasses.dataclass(slots=True)
class Session:
    """A run of messages with no silence > 10 min, from its first buyer message or reply."""

    start: int
    day: int
    opener: int  # place of the opening message
    opened_by_buyer: bool


@dataclasses.dataclass(slots=True)
class Round:
    """A question and what became of it."""

    asked: int  # `asked_at`
    day: int
    place: int  # of the question in the timeline
    session: Session
    state: str = "open"  # answered, missed, open
    ended: int = 0  # `replied_at`; `now` while it is open
    agent: str | None = None  # whose it is beside the shop's
    agent_start: int = 0  # max(asked_at, newest transfer event to that agent)

    def wait(self, *, shop: bool) -> int:
        """Return the wait of an answered round, or how long an open one has been waiting."""
        return self.ended - (self.asked if shop else self.agent_start)


class Timeline:
    """One timeline and its readings; exclusion never changes them (`verdicts` stand beside)."""

    def __init__(
        self, events: list[Event], policy: Policy, shop: Shop, *, before: int, now: int
    ) -> None:
        self.events = events
        self.policy = policy
        self.now = now
        self.verdicts = Verdicts(events, policy, shop, before=before)
        self.session_at: dict[int, Session] = {}  # place of a message -> its session
        self.sessions: list[Session] = []
        self._find_sessions()
        self.replies = [place for place, e in enumerate(events) if is_reply(e, policy)]
        self.assignments = list(self._assignments())
        self.transferred: list[tuple[int, str]] = []  # (day of the round, from_agent_id)
        self.closers: set[int] = set()  # places, by people's replies
        self.rounds = self._walk(assist=False)
        self.assisted_rounds = (
            self._walk(assist=True)
            if any(e.rank == 3 and e.assist for e in events)
            else self.rounds
        )

    def _find_sessions(self) -> None:
        """A run without a buyer message or a valid reply is no session."""
        newest: int | None = None
        session: Session | None = None
        for place, event in enumerate(self.events):
            if not is_message(event):
                continue
            if newest is not None and event.at - newest > SILENCE:  # exactly 10 min continues
                session = None
            newest = event.at
            by_buyer = is_question(event)
            if session is None and (by_buyer or is_reply(event, self.policy)):
                session = Session(event.at, event.day, place, by_buyer)
                self.sessions.append(session)
            if session is not None:
                self.session_at[place] = session

    def _assignments(self) -> Iterator[tuple[int, str | None]]:
        """Assignee: the `agent_id` of the newest buyer message or the `to` of the newest transfer.

        A buyer message without `agent_id` means the queue: `None`. A transfer from an agent to
        itself is ignored everywhere.
        """
        for event in self.events:
            if is_question(event) or is_transfer(event):
                yield event.at, event.agent

    def assignee_after(self, t: int) -> str | None:
        """Return the assignee after all events at or before that instant."""
        found = bisect.bisect_right(self.assignments, t, key=lambda a: a[0])
        return self.assignments[found - 1][1] if found else None

    def _walk(self, *, assist: bool) -> list[Round]:
        """Find the rounds (section 2), with or without the assisting bots as valid replies."""
        calendar = self.policy.calendar
        rounds: list[Round] = []
        current: Round | None = None  # the open one
        cut = 0  # end of day(asked_at) of the open one
        assignee: str | None = None
        handed: dict[str, int] = {}  # agent -> newest transfer event to that agent
        reply_session: Session | None = None  # of the newest valid reply
        reply_day = -1
        for place, event in enumerate(self.events):
            if current is not None and event.at >= cut:
                # Day cut: at the end of day(asked_at) an unanswered round is missed and over;
                # if missed, it is of the assignee at the day cut.
                current.state, current.agent = "missed", assignee
                current = None
            if is_question(event):
                assignee = event.agent
                # Closer: after a valid reply in the same session or on the same day. (A bot before
                # the first buyer message of a run stands before the session: sessions are the same
                # in all profiles.)
                answered = self.session_at[place] is reply_session or event.day == reply_day
                if answered and self._says_goodbye(event):
                    if not assist:
                        self.closers.add(place)
                elif current is None:
                    # A round opens at the first buyer message, not a closer, while none is open;
                    # more buyer messages extend it; they never restart the clock.
                    current = Round(event.at, event.day, place, self.session_at[place])
                    cut = calendar.start(event.day + 1)
                    rounds.append(current)
            elif is_transfer(event):
                # transferred_unanswered: transfers with a `from_agent_id` while a round is open,
                # charged to that agent on the day the round was asked.
                if current is not None and event.giver is not None and not assist:
                    self.transferred.append((current.day, event.giver))
                assert event.agent is not None
                assignee = event.agent
                handed[event.agent] = event.at
            elif is_reply(event, self.policy, assist=assist):
                reply_session, reply_day = self.session_at.get(place), event.day
                if current is not None:
                    # It closes at the first valid reply, credited to the agent who sent it. A
                    # bot's belongs to its `agent_id`, else to the assignee.
                    current.state, current.ended = "answered", event.at
                    current.agent = event.agent
                    if event.sender == "bot" and event.agent is None:
                        current.agent = assignee
                    current.agent_start = max(
                        current.asked, handed.get(current.agent or "", current.asked)
                    )
                    current = None
        if current is not None:
            # `missed` once the day is over, else open: of the present assignee
            current.state = "missed" if self.now >= cut else "open"
            current.agent = assignee
            current.ended = self.now
            current.agent_start = max(current.asked, handed.get(assignee or "", current.asked))
        return rounds

    def _says_goodbye(self, event: Event) -> bool:
        """Content is `sticker`, or is `text` with a normalised text of list entries, or empty."""
        words = self.policy.words
        if words.strict:
            return False
        return event.content == "sticker" or (event.content == "text" and words.closes(event.text))

    def next_reply(self, place: int) -> Event | None:
        """Return the first valid reply (of a person) after a place."""
        found = bisect.bisect_right(self.replies, place)
        return self.events[self.replies[found]] if found < len(self.replies) else None
