"""Platform profiles (section 8): the same rounds and sessions, each platform's own rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from .calendar import HOUR
from .cards import Card
from .timeline import Round, Timeline

PLATFORM_DAY = (8 * HOUR, 23 * HOUR)  # [08:00, 23:00), whatever the duty window
JD_DAY = (9 * HOUR, 23 * HOUR)

CardOf = Callable[[str, int], Card]  # (agent or "", day) -> the card that grows


def rows_of(agent: str | None) -> list[tuple[str, bool]]:
    """A round is in the shop's row and in that of one agent, or of nobody while in the queue."""
    return [("", True)] if agent is None else [("", True), (agent, False)]


def _decided(rounds: list[Round], limit: int, *, shop: bool) -> list[Round]:
    """Rounds that are decided for N: answered, missed, or open longer than N."""
    return [r for r in rounds if r.state != "open" or r.wait(shop=shop) > limit]


def _good(decided: list[Round], limit: int, *, shop: bool) -> bool:
    """No wait > N and none missed (or overdue)."""
    return all(r.state == "answered" and r.wait(shop=shop) <= limit for r in decided)


def profiles(timeline: Timeline, counted: set[int], card_of: CardOf) -> None:
    """Section 8. `rounds`: by people's replies; `assisted`: a bot's with `assist` counts too."""
    rounds = _by_row([r for r in timeline.rounds if r.day in counted])
    assisted = _by_row([r for r in timeline.assisted_rounds if r.day in counted])
    in_window = timeline.policy.in_window
    for agent, own in assisted.items():
        shop = agent == ""
        asked = [r for r in own if in_window(r.asked, PLATFORM_DAY)]
        for one in _decided(asked, 180_000, shop=shop):
            hit = _good([one], 180_000, shop=shop)
            card_of(agent, one.day).judged("taobao_3min", hit)
        for one in _decided(asked, 600_000, shop=shop):
            # a wait > 600 s, a missed round and one open longer than 600 s count 600 s
            good = one.state == "answered"
            wait = min(one.wait(shop=shop), 600_000) if good else 600_000
            card_of(agent, one.day).judged("taobao_avg", wait)
        for session, unit in _by_session(own).items():
            if not in_window(session[0], PLATFORM_DAY):
                continue
            decided = _decided(unit, 180_000, shop=shop)
            if decided:
                answered = all(r.state == "answered" for r in decided)
                total = sum(r.wait(shop=shop) for r in decided)
                hit = answered and total <= 180_000 * len(decided)  # mean wait <= 180 s
                card_of(agent, session[1]).judged("douyin_3min", hit)
    for agent, own in rounds.items():
        shop = agent == ""
        days: defaultdict[int, list[Round]] = defaultdict(list)
        for one in own:
            if in_window(one.asked, PLATFORM_DAY):
                days[one.day].append(one)
        for day, unit in days.items():
            decided = _decided(unit, 180_000, shop=shop)
            if decided:
                hit = _good(decided, 180_000, shop=shop)
                card_of(agent, day).judged("pdd_3min", hit)
                card_of(agent, day).judged("kuaishou_3min", hit)
        for one in own:
            # session whose opening buyer message opens a round
            opening = one.session.opened_by_buyer and one.session.opener == one.place
            if opening and in_window(one.session.start, JD_DAY):
                for decided_one in _decided([one], 30_000, shop=shop):
                    hit = _good([decided_one], 30_000, shop=shop)
                    card_of(agent, one.day).judged("jd_30s", hit)


def _by_row(rounds: list[Round]) -> dict[str, list[Round]]:
    rows: dict[str, list[Round]] = {}
    for one in rounds:
        for agent, _ in rows_of(one.agent):
            rows.setdefault(agent, []).append(one)
    return rows


def _by_session(rounds: list[Round]) -> dict[tuple[int, int], list[Round]]:
    """A session is judged by its rounds asked on the day it started."""
    sessions: dict[tuple[int, int], list[Round]] = {}
    for one in rounds:
        if one.day == one.session.day:
            sessions.setdefault((one.session.start, one.session.day), []).append(one)
    return sessions
