"""One conversation's row: what is still needed to say everything about it.

A row is the chat as far as it is folded (`Chat` and the open `Day`s), the chat lines that may still
be overtaken by a late one (`tail`), and the evidence of its timelines: orders and marks. It is a
value that msgspec packs as it stands.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct, field

from ..contract.ids import DAY
from .text import Traits

LATENESS: Final = 120_000
MEMORY: Final = 8 * DAY
MEMORY_WITH_SALE: Final = 21 * DAY

NOBODY: Final = ""
"""The agent id of the queue; also the row of the shop itself, which no agent can have."""

BUYER, TRANSFER, AGENT, BOT, SYSTEM = range(5)
"""The ranks of chat lines; order events are rank 5, others 6 (kpis.md 1)."""

NO_TRAITS: Final = Traits(closer=False, digest=0, signals=0, keywords=(), campaign=0)


class Line(Struct, frozen=True, array_like=True, gc=False, order=True):
    """One chat event, in timeline order `(at, rank, event_id)`.

    `agent_id`: the writer, for a buyer's message the assignee, for a transfer the receiver.
    `counts`: a buyer's message is a closer if anything was answered; an agent's is a valid reply; a
    bot's assists. `from_agent_id`: of a transfer.
    """

    at: int
    rank: int
    event_id: str
    agent_id: str
    counts: bool
    from_agent_id: str
    traits: Traits


class Round(Struct, frozen=True, array_like=True, gc=False):
    """A round that is over: answered, or missed at the day cut (`replied_at` None).

    `agent_id` is who replied, or the assignee at the day cut. `agent_from` starts the agent's
    clock. `session_at` is the start of the session in which it was asked; `opens_session`: by the
    message that opened that session.
    """

    asked_at: int
    replied_at: int | None
    agent_id: str
    agent_from: int
    session_at: int
    opens_session: bool


class Asked(Struct, frozen=True, array_like=True, gc=False):
    """The open round."""

    at: int
    day: int
    session_at: int
    opens_session: bool


class Desk(Struct, array_like=True):
    """The open round, and what makes closers, as seen with one notion of a valid reply."""

    asked: Asked | None = None
    replied_day: int = 0
    replied_in_session: bool = False

    def copy(self) -> Desk:
        """Return an independent copy."""
        return Desk(self.asked, self.replied_day, self.replied_in_session)


class Consultation(Struct, frozen=True, array_like=True, gc=False):
    """Since when an agent (or the shop) was consulted on a day, and whether that was replied."""

    at: int
    replied: bool


class Reply(Struct, frozen=True, array_like=True, gc=False):
    """A valid reply."""

    at: int
    agent_id: str


class Day(Struct, array_like=True):
    """What the conversation did on one day of the shop.

    `spans`: per owner first, last, first, last ... minutes (since the epoch) in conversation.
    `joined`: agents whose first part in a session was on this day, with the day it started.
    `assist_rounds`: the rounds when assisting bots reply; None while they are the same.
    `written` / `answered` / `again`: the signal "writes again".
    """

    active: bool = False
    rounds: list[Round] = field(default_factory=list)
    assist_rounds: list[Round] | None = None
    consulted: Consultation | None = None
    consultations: dict[str, Consultation] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    buyer_messages: dict[str, int] = field(default_factory=dict)
    sessions: int = 0
    joined: list[tuple[str, int]] = field(default_factory=list)
    spans: dict[str, tuple[int, ...]] = field(default_factory=dict)
    passed_on: dict[str, int] = field(default_factory=dict)
    abandoned: list[str] = field(default_factory=list)
    signals: int = 0
    keywords: tuple[str, ...] = ()
    campaigns: tuple[int, ...] = ()
    texts: set[int] = field(default_factory=set)
    written: bool = False
    answered: bool = False
    again: bool = False

    def copy(self) -> Day:
        """Return an independent copy."""
        return Day(
            self.active,
            self.rounds.copy(),
            None if self.assist_rounds is None else self.assist_rounds.copy(),
            self.consulted,
            self.consultations.copy(),
            self.replies.copy(),
            self.buyer_messages.copy(),
            self.sessions,
            self.joined.copy(),
            self.spans.copy(),
            self.passed_on.copy(),
            self.abandoned.copy(),
            self.signals,
            self.keywords,
            self.campaigns,
            self.texts.copy(),
            self.written,
            self.answered,
            self.again,
        )


class Chat(Struct, array_like=True):
    """The state of the fold between two chat lines.

    `session_at`: None until the run of messages has a buyer message or valid reply. `members`: per
    owner with a part in the session, the day of its latest span. `transfers`: newest transfer to
    each agent while somebody waits. `pending`: duty rounds that may yet be abandoned.
    `waiting_from`: the open wait. `assist`: the desk when assisting bots reply; None: the same.
    """

    assignee: str = NOBODY
    message_at: int | None = None
    session_at: int | None = None
    session_day: int = 0
    members: dict[str, int] = field(default_factory=dict)
    human: Desk = field(default_factory=Desk)
    assist: Desk | None = None
    transfers: dict[str, int] = field(default_factory=dict)
    pending: list[Asked] = field(default_factory=list)
    waiting_from: int | None = None

    def copy(self) -> Chat:
        """Return an independent copy."""
        return Chat(
            self.assignee,
            self.message_at,
            self.session_at,
            self.session_day,
            self.members.copy(),
            self.human.copy(),
            None if self.assist is None else self.assist.copy(),
            self.transfers.copy(),
            self.pending.copy(),
            self.waiting_from,
        )


class Credit(Struct, frozen=True, array_like=True, gc=False):
    """Who earns an order, and how: `closed`, `chased`, or `silent` (nobody)."""

    kind: str
    agent_id: str


class Sale(Struct, frozen=True, array_like=True, gc=False, order=True):
    """The payment of an order; the first in the timeline counts."""

    at: int
    event_id: str
    amount_minor: int
    items: int


class Order(Struct, array_like=True):
    """What a timeline knows of one order.

    `settled_reply`, once the day of the order is closed: the agent of the reply that closes it, or
    NOBODY. `settled_credit` and `settled_out`, once the day of the payment is closed: who earned
    it, and whether that day was excluded.
    """

    created_at: int | None = None
    sale: Sale | None = None
    cancelled: bool = False
    flagged: bool = False
    refunds: dict[str, tuple[int, int]] = field(default_factory=dict)
    settled_reply: str | None = None
    settled_credit: Credit | None = None
    settled_out: bool = False


class Mark(Struct, frozen=True, array_like=True, gc=False, order=True):
    """A person's verdict on a day; the newest in the timeline counts."""

    at: int
    event_id: str
    verdict: str


class Timeline(Struct, array_like=True):
    """The evidence of events that follow each other within the memory.

    `memory`: how long after its newest event it is remembered.
    """

    first_at: int
    newest_at: int
    memory: int = MEMORY
    purchase_at: int | None = None
    orders: dict[str, Order] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)


Days: TypeAlias = dict[int, Day]


class Row(Struct, array_like=True):
    """One conversation.

    `newest_day`: the day of the event noted last. `kept_replies`: those of closed days that a later
    order may need.
    """

    chat: Chat = field(default_factory=Chat)
    days: Days = field(default_factory=dict)
    tail: list[Line] = field(default_factory=list)
    newest_chat_at: int = -LATENESS
    newest_day: int = 0
    timelines: list[Timeline] = field(default_factory=list)
    kept_replies: list[Reply] = field(default_factory=list)
    excluded_days: list[int] = field(default_factory=list)
