"""The daily scorecard of outputs.md, as sums that grow, and as plain objects in the end."""

from __future__ import annotations

import bisect
from collections import defaultdict
from typing import Any

from .calendar import iso

BOUNDS = [s * 1000 for s in (5, 10, 15, 20, 30, 45, 60, 90, 100, 120, 180, 300, 600, 1800)]
PROFILES = ("taobao_3min", "taobao_avg", "pdd_3min", "jd_30s", "douyin_3min", "kuaishou_3min")
LIMITS = (30, 60, 180, 300)


class Card:
    """The growing numbers of one `(shop_id, agent_id, day)`, by their printed names."""

    def __init__(self) -> None:
        self.sums: defaultdict[str, int] = defaultdict(int)
        self.histogram = [0] * (len(BOUNDS) + 1)
        self.excluded: defaultdict[str, int] = defaultdict(int)
        self.credit: defaultdict[str, int] = defaultdict(int)
        self.profiles = {name: [0, 0] for name in PROFILES}  # hits or ms_sum, total
        self.minutes: list[tuple[int, int]] = []  # first and last minute of each buyer's stay

    def waited(self, wait: int) -> None:
        self.sums["answered"] += 1
        self.sums["response_ms_sum"] += wait
        self.histogram[bisect.bisect_left(BOUNDS, wait)] += 1
        self.sums["alarming"] += wait > 100_000

    def judged(self, profile: str, value: int) -> None:
        self.profiles[profile][0] += value
        self.profiles[profile][1] += 1

    def printed(self, shop: str, agent: str, day: int) -> dict[str, Any] | None:
        """Return the object of outputs.md, None if none of its numbers is not zero."""
        n = self.sums
        card: dict[str, Any] = {"shop_id": shop, "agent_id": agent, "day": iso(day)}
        for name in ("rounds", "answered", "missed", "response_ms_sum"):
            card[name] = n[name]
        card["response_ms_avg"] = _ratio(n["response_ms_sum"], n["answered"])
        for percent in (50, 90, 95):
            card[f"response_ms_p{percent}"] = percentile(self.histogram, percent)
        card["response_histogram"] = list(self.histogram)
        card["first_responses"] = n["first_responses"]
        card["first_response_ms_sum"] = n["first_response_ms_sum"]
        for limit in LIMITS:
            card[f"within_{limit}s"] = n[f"within_{limit}s"]
        for name in ("duty_rounds", "alarming", "slow_receptions", "transferred_unanswered"):
            card[name] = n[name]
        for name in ("abandoned", "consulted", "replied"):
            card[name] = n[name]
        card["reply_ratio"] = _ratio(n["replied"], n["consulted"])
        card["excluded"] = dict(self.excluded)
        card["inquiries"] = n["inquiries"]
        for name in ("ordered", "converted", "inquiries"):
            for span in ("same_day", "next_day", "final"):
                card[f"{name}_{span}"] = n[f"{name}_{span}"]
        for name in ("orders_paid", "sales_minor", "refunds_minor", "paying_buyers", "items"):
            card[name] = n[name]
        card["unit_price_minor"] = _ratio(n["sales_minor"], n["paying_buyers"])
        card["orders_by_credit"] = dict(self.credit)
        for kind in ("order", "payment", "followup"):
            card[f"assists_{kind}"] = n[f"assists_{kind}"]
        for name in ("buyer_messages", "agent_messages", "sessions"):
            card[name] = n[name]
        card["max_concurrent"] = most_at_once(self.minutes)
        card["profiles"] = {
            name: {"ms_sum" if name == "taobao_avg" else "hits": value, "total": total}
            for name, (value, total) in self.profiles.items()
        }
        return card if _anything(card) else None


def percentile(histogram: list[int], percent: int) -> int | None:
    """Percentiles come from the histogram of waits (section 2).

    In the first bucket in which the running count reaches `q * n`, linear inside the bucket (the
    first starts at 0), rounded down to ms; 1,800,000 in the last.
    """
    total = sum(histogram)
    if total == 0:
        return None
    running = 0
    for bucket, count in enumerate(histogram):
        if 100 * (running + count) >= percent * total and count:
            if bucket == len(BOUNDS):
                return BOUNDS[-1]
            low = BOUNDS[bucket - 1] if bucket else 0
            # low + width * (q * n - running) / count, in whole numbers
            part = (BOUNDS[bucket] - low) * (percent * total - 100 * running)
            return low + part // (100 * count)
        running += count
    raise AssertionError("the running count reaches n")


def most_at_once(stays: list[tuple[int, int]]) -> int:
    """`max_concurrent`: the largest number of buyers in conversation in one minute of the day."""
    steps: defaultdict[int, int] = defaultdict(int)
    for first, last in stays:
        steps[first] += 1
        steps[last + 1] -= 1
    most = now = 0
    for minute in sorted(steps):
        now += steps[minute]
        most = max(most, now)
    return most


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None  # null when the denominator is 0, never 0 or NaN


def _anything(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_anything(item) for item in value.values())
    if isinstance(value, list):
        return any(_anything(item) for item in value)
    return not isinstance(value, str) and value is not None and value != 0
