"""What the wall shows, as it is sent to the page and answered by the API.

Quotients are given as their two parts, so that a reader who watches several workers can add them
up. Instants are milliseconds since the epoch by the worker's clock, `now` among them: who shows an
age counts on from there, so that a wait keeps growing when no word comes any more. An `agent_id` is
what the setting `agent_label` wants the agent to be called.
"""

from __future__ import annotations

from msgspec import Struct

from ..telemetry.thresholds import Thresholds


class Share(Struct, frozen=True):
    """So many of so many; without a `whole` there is no share."""

    part: int
    whole: int


class Mean(Struct, frozen=True):
    """The sum of some waits and how many they are."""

    sum_ms: int
    count: int


class Line(Struct, frozen=True, kw_only=True):
    """The numbers of one row: a person, a queue (no agent), a shop or everything.

    `within_30s` is that of the last hour, `replied`, `converted` (same day) and `sales_minor` are
    today's.
    """

    waiting: int
    oldest_wait_start_at: int | None
    active: int
    response_5m: Mean
    response_1h: Mean
    response_today: Mean
    within_30s: Share
    replied: Share
    converted: Share
    sales_minor: int


class ShopLine(Line, frozen=True, kw_only=True):
    """A shop's own numbers; `queued` of its waiting buyers have no agent yet."""

    shop_id: str
    queued: int


class AgentLine(Line, frozen=True, kw_only=True):
    """An agent's numbers, or those of the shop's queue, which has no `agent_id`."""

    shop_id: str
    agent_id: str | None


class Total(Line, frozen=True, kw_only=True):
    """The numbers of all shops here together.

    The oldest wait is that of a buyer of `oldest_wait_shop_id` (None: nobody waits), who is now
    assigned to `oldest_wait_agent_id` (None: to nobody).
    """

    queued: int
    oldest_wait_shop_id: str | None
    oldest_wait_agent_id: str | None
    response_5m_p90_ms: int | None
    agents_active: int
    """Agents with a message in one of their conversations in the last 10 minutes."""
    agents_seen: int
    """Agents with any number today, in the last hour, or with a waiting buyer."""


class Slow(Struct, frozen=True):
    """One of the slowest: the mean wait, in the first window (`5m`, `1h`) with enough of them."""

    shop_id: str
    agent_id: str
    window: str
    response: Mean


class Point(Struct, frozen=True):
    """The 5-minute window that ends with the minute which begins at `at`; None: no answers."""

    at: int
    mean_ms: int | None
    p90_ms: int | None


class Volume(Struct, frozen=True):
    """Today's buyers: the consulted ones that count, and those left out by reason."""

    genuine: int
    ad: int
    internal: int
    blocked: int


class Served(Struct, frozen=True):
    """What this worker serves, and where to look for the rest.

    `page` names the version of the page that goes with these numbers. `unready` says why not all
    is loaded yet; None when it is. `elsewhere` are the addresses of other workers, if known.
    """

    version: str
    page: str
    unready: str | None
    partitions_owned: int
    partitions: int
    elsewhere: list[str]


class Wall(Struct, frozen=True, kw_only=True):
    """One picture. `timezone` is the shops' common one; None if they have none in common."""

    now: int
    served: Served
    thresholds: Thresholds
    timezone: str | None
    newest_event_at: int | None
    total: Total
    agents: list[AgentLine]
    """Who has the longest waiting buyer first, then the slower first; the queue is among them."""
    agents_left_out: int
    """How many more there are, all of them without a waiting buyer unless very many wait."""
    slowest: list[Slow]
    shops: list[ShopLine]
    """In the same order."""
    trend: list[Point]
    volume: Volume
