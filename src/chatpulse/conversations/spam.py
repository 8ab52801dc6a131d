"""The verdict on a conversation-day: genuine, or excluded and why (kpis.md 3)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from .policy import Policy
from .row import Day, Mark, Timeline
from .text import CONTACT, FOREIGN_URL, MOBILE

Reason: TypeAlias = Literal["ad", "internal", "blocked"]
REASONS: Final[tuple[Reason, ...]] = ("ad", "internal", "blocked")

AD_SCORE: Final = 3
CAMPAIGN_BUYERS: Final = 3


class Score(Struct, frozen=True):
    """The advertising score of a conversation-day, signal by signal: why it is what it is."""

    contact: int
    mobile: int
    foreign_url: int
    keywords: int
    campaign: int
    purchase: int
    writes_again: int

    @property
    def total(self) -> int:
        """The sum of the signals; at `AD_SCORE` the day is an advertiser's."""
        return (
            self.contact
            + self.mobile
            + self.foreign_url
            + self.keywords
            + self.campaign
            + self.purchase
            + self.writes_again
        )


def score(facts: Day, timeline: Timeline, day_end: int, *, in_campaign: bool) -> Score:
    """Return the score of a day that ends at `day_end`."""
    bought = timeline.purchase_at is not None and timeline.purchase_at < day_end
    return Score(
        contact=2 if facts.signals & CONTACT else 0,
        mobile=1 if facts.signals & MOBILE else 0,
        foreign_url=2 if facts.signals & FOREIGN_URL else 0,
        keywords=len(facts.keywords),
        campaign=2 if in_campaign else 0,
        purchase=-3 if bought else 0,
        writes_again=-1 if facts.again else 0,
    )


def verdict(mark: Mark | None, listed: Reason | None) -> Reason | None:
    """Return what people say of a conversation-day, before any score: its mark, then the lists."""
    if mark is None:
        return listed
    match mark.verdict:
        case "ad" | "internal" as reason:
            return reason
        case _:
            return None


def listed(buyer_id: str, policy: Policy) -> Reason | None:
    """Return what the shop's lists say of a buyer."""
    if buyer_id in policy.internal_list:
        return "internal"
    return "blocked" if buyer_id in policy.block_list else None
