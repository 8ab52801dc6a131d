"""A conversation as it stands now: its row with the tail folded in, time passed, days judged.

Reading a row changes nothing in it but the order of its tail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from . import spam
from .chat import fold, pass_time
from .memory import timeline_of
from .policy import Policy
from .row import Chat, Day, Days, Reply, Row, Timeline

InCampaign: TypeAlias = Callable[[int, int], bool]
"""Whether a text (`Traits.campaign`) was sent by enough buyers on a day."""


class Conversation:
    """What the tallies of one row are made from; valid until the row or `now` changes."""

    __slots__ = (
        "_in_campaign",
        "_listed",
        "_out",
        "_replies",
        "_row",
        "_timelines",
        "chat",
        "days",
        "now",
        "policy",
    )

    def __init__(
        self,
        row: Row,
        buyer_id: str,
        *,
        policy: Policy,
        now: int,
        closed_through: int,
        in_campaign: InCampaign,
    ) -> None:
        """`closed_through`: the newest closed day of the shop."""
        self._row = row
        self._in_campaign = in_campaign
        self._listed = spam.listed(buyer_id, policy)
        self._out: dict[int, spam.Reason | None] = {}
        self._replies: dict[int, list[Reply]] = {}
        self._timelines: dict[int, Timeline] = {}
        self.now = now
        self.policy = policy
        self.chat, self.days = as_of(row, now, policy=policy, closed_through=closed_through)

    def timeline(self, day: int) -> Timeline:
        """Return the evidence that a day with events sees."""
        timeline = self._timelines.get(day)
        if timeline is None:
            calendar = self.policy.calendar
            timeline = timeline_of(self._row, calendar.start(day), calendar.end(day))
            timeline = self._timelines[day] = timeline or Timeline(0, 0)
        return timeline

    def excluded(self, day: int) -> spam.Reason | None:
        """Return why a day is left out of every number, or None."""
        if day not in self._out:
            self._out[day] = self._judge(day)
        return self._out[day]

    def replies(self, timeline: Timeline) -> Sequence[Reply]:
        """Return the timeline's replies on days that are not excluded, sorted."""
        key = timeline.first_at
        if key not in self._replies:
            replies = [*self._row.kept_replies]
            for day in sorted(self.days):
                if self.days[day].replies and self.excluded(day) is None:
                    replies += self.days[day].replies
            first, last = timeline.first_at, timeline.newest_at
            self._replies[key] = [reply for reply in replies if first <= reply.at <= last]
        return self._replies[key]

    def score(self, day: int) -> spam.Score:
        """Return the advertising score of a day, signal by signal."""
        facts = self.days.get(day) or Day()
        in_campaign = any(self._in_campaign(day, text) for text in facts.campaigns)
        day_end = self.policy.calendar.end(day)
        return spam.score(facts, self.timeline(day), day_end, in_campaign=in_campaign)

    def _judge(self, day: int) -> spam.Reason | None:
        facts = self.days.get(day)
        if facts is None:
            return "ad" if day in self._row.excluded_days else None
        mark = self.timeline(day).marks.get(day)
        if mark is not None or self._listed is not None:
            return spam.verdict(mark, self._listed)
        if not facts.signals and not facts.keywords:
            return None  # a campaign alone is no ad
        return "ad" if self.score(day).total >= spam.AD_SCORE else None


def as_of(row: Row, now: int, *, policy: Policy, closed_through: int) -> tuple[Chat, Days]:
    """Return chat and days with the tail folded and `now` reached; the row keeps its own."""
    chat, days = row.chat.copy(), dict(row.days)
    own: set[int] = set()

    def open_day(day: int) -> Day:
        if day not in own:
            own.add(day)
            before = days.get(day)
            facts = Day() if before is None else before.copy()
            if day <= closed_through:
                return facts  # nothing is written into a closed day
            days[day] = facts
        return days.get(day) or Day()

    fold(chat, row.tail, open_day, policy=policy)
    pass_time(chat, now, policy.calendar.day(now), open_day)
    return chat, days


def settle(row: Row, before: int, *, policy: Policy, closed_through: int) -> None:
    """Fold the tail's lines before `before` for good: nothing can overtake them any more."""
    lines = [line for line in row.tail if line.at < before]
    if not lines:
        return
    row.tail = row.tail[len(lines) :]

    def open_day(day: int) -> Day:
        facts = row.days.get(day)
        if facts is None:
            facts = Day()
            if day > closed_through:
                row.days[day] = facts
        return facts

    fold(row.chat, lines, open_day, policy=policy)


def tidy(row: Row) -> int:
    """Sort the tail and drop its copies; return how many there were."""
    tail = row.tail
    tail.sort()
    kept = [line for line, before in zip(tail, [None, *tail], strict=False) if line != before]
    copies = len(tail) - len(kept)
    if copies:
        row.tail = kept
    return copies
