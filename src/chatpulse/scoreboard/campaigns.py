"""Texts that many buyers of a shop send on one day (kpis.md 3, campaign)."""

from __future__ import annotations

from ..conversations.spam import CAMPAIGN_BUYERS


class Campaigns:
    """Per day and text (`Traits.campaign`) the first buyers who sent it.

    Most texts have one sender and never another: that one is kept as it is, not in a tuple.
    """

    __slots__ = ("_days",)

    def __init__(self) -> None:
        self._days: dict[int, dict[int, str | tuple[str, ...]]] = {}

    def __contains__(self, text_of_day: tuple[int, int]) -> bool:
        """Tell whether enough buyers sent a text on a day: `(day, text)`."""
        return len(self._senders(*text_of_day)) >= CAMPAIGN_BUYERS

    def completed_by(self, day: int, text: int, buyer_id: str) -> tuple[str, ...]:
        """Return the buyers for whom it becomes a campaign if this one sends the text as well."""
        senders = self._senders(day, text)
        is_next = len(senders) == CAMPAIGN_BUYERS - 1 and buyer_id not in senders
        return senders if is_next else ()

    def add(self, day: int, text: int, buyer_id: str) -> None:
        """Note that a buyer sent a text."""
        senders = self._senders(day, text)
        if len(senders) < CAMPAIGN_BUYERS and buyer_id not in senders:
            self._days.setdefault(day, {})[text] = (*senders, buyer_id) if senders else buyer_id

    def forget(self, through: int) -> None:
        """Drop the days up to `through`, which are closed."""
        for day in [day for day in self._days if day <= through]:
            del self._days[day]

    def _senders(self, day: int, text: int) -> tuple[str, ...]:
        senders = self._days.get(day, {}).get(text, ())
        return (senders,) if isinstance(senders, str) else senders
