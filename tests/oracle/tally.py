"""What one timeline adds to the scorecards of its days."""

from __future__ import annotations

from collections import defaultdict

from .calendar import HOUR, MINUTE
from .cards import LIMITS
from .messages import is_question, is_reply
from .orders import SPANS, Order, assists, consultations, orders, presale
from .profiles import CardOf, profiles, rows_of
from .timeline import Session, Timeline

TWO_HOURS = 2 * HOUR
OVERDUE = 300_000  # `duty_rounds`: answered, missed, or open longer than 300 s
SLOW = 120_000


def tally(timeline: Timeline, wanted: set[int], card_of: CardOf) -> None:
    """Add everything that belongs to the wanted days. An excluded day adds its buyer only."""
    found = orders(timeline)
    _exclusions(timeline, wanted, card_of)
    counted = {day for day in wanted if not timeline.verdicts.excluded(day)}
    _rounds(timeline, counted, card_of)
    _abandoned(timeline, counted, card_of)
    _consultations(timeline, found, counted, card_of)
    _sales(timeline, found, counted, card_of)
    _workload(timeline, wanted, card_of)
    profiles(timeline, counted, card_of)


def _exclusions(timeline: Timeline, wanted: set[int], card_of: CardOf) -> None:
    """Excluded buyers are counted per reason, so that nothing disappears silently."""
    for day in wanted:
        reason = timeline.verdicts.of(day)
        if reason is not None and timeline.verdicts.of_a_buyer(day):
            card_of("", day).excluded[reason] += 1


def _rounds(timeline: Timeline, counted: set[int], card_of: CardOf) -> None:
    slow: defaultdict[tuple[str, int], int] = defaultdict(int)
    for one in timeline.rounds:
        if one.day not in counted:
            continue
        on_duty = timeline.policy.on_duty(one.asked)
        # First response time = the wait of the round that a session's opening buyer message opens
        opening = one.session.opened_by_buyer and one.session.opener == one.place
        for agent, is_shop in rows_of(one.agent):
            card = card_of(agent, one.day)
            card.sums["rounds"] += 1  # answered + missed + open
            wait = one.wait(shop=is_shop)
            if one.state == "answered":
                card.waited(wait)
                slow[agent, one.day] += wait > SLOW
                if opening:
                    card.sums["first_responses"] += 1
                    card.sums["first_response_ms_sum"] += wait
            card.sums["missed"] += one.state == "missed"
            if on_duty:
                card.sums["duty_rounds"] += one.state != "open" or wait > OVERDUE
                for limit in LIMITS:
                    hit = one.state == "answered" and wait <= limit * 1000
                    card.sums[f"within_{limit}s"] += hit
    for (agent, day), waits in slow.items():
        # Slow reception = a buyer-agent-day with at least 3 waits > 120 s; in the shop row a
        # buyer-day, by the shop wait
        card_of(agent, day).sums["slow_receptions"] += waits >= 3
    for day, giver in timeline.transferred:
        if day in counted:
            card_of("", day).sums["transferred_unanswered"] += 1
            card_of(giver, day).sums["transferred_unanswered"] += 1


def _abandoned(timeline: Timeline, counted: set[int], card_of: CardOf) -> None:
    """A round asked in the duty window whose buyer got no valid reply within two hours.

    Even past midnight, at or before `asked_at` + 2 h (once `now` is past that instant), charged to
    the assignee after all events at or before that instant; a later reply does not undo it.
    """
    for one in timeline.rounds:
        until = one.asked + TWO_HOURS
        if one.day not in counted or not timeline.policy.on_duty(one.asked):
            continue
        reply = timeline.next_reply(one.place)
        if timeline.now <= until or (reply is not None and reply.at <= until):
            continue
        for agent, _ in rows_of(timeline.assignee_after(until)):
            card_of(agent, one.day).sums["abandoned"] += 1


def _consultations(
    timeline: Timeline, found: list[Order], counted: set[int], card_of: CardOf
) -> None:
    """Reply rate, and the inquiries among the consultations (sections 3 and 4)."""
    calendar = timeline.policy.calendar
    shop_inquiries: set[int] = set()
    everything = sorted(consultations(timeline), key=lambda one: one.agent)  # the shop's first
    for one in everything:
        if one.day not in counted:
            continue
        card = card_of(one.agent, one.day)
        card.sums["consulted"] += 1
        card.sums["replied"] += one.replied
        if one.agent != "" and one.day not in shop_inquiries:
            continue  # per agent: over the shop's inquiries that consulted the agent
        if not presale(found, one.at, calendar.start(one.day + SPANS["final"])):
            continue
        if one.agent == "":
            shop_inquiries.add(one.day)
        card.sums["inquiries"] += 1
        for span, days in SPANS.items():
            end = calendar.start(one.day + days)
            paid = [order for order in found if order.converted(one.at, end)]
            own = [order for order in paid if one.agent == "" or order.agent == one.agent]
            card.sums[f"ordered_{span}"] += any(order.ordered(one.at, end) for order in found)
            card.sums[f"converted_{span}"] += bool(own)
            # leaves out those with a paid order that belongs and was paid by the end of the span,
            # none of them credited to this agent
            card.sums[f"inquiries_{span}"] += bool(own) or not paid


def _sales(timeline: Timeline, found: list[Order], counted: set[int], card_of: CardOf) -> None:
    calendar = timeline.policy.calendar
    payers: set[tuple[str, int]] = set()
    for order in found:
        if order.tp is None or order.flagged:
            continue  # counts in no sale; its refunds not at all
        day = calendar.day(order.tp)  # sales count at `tp`, on `day(tp)`
        rows = [agent for agent, _ in rows_of(order.agent)]  # the shop's include silent orders
        if day in counted:
            for agent in rows:
                card = card_of(agent, day)
                card.sums["orders_paid"] += 1
                card.sums["sales_minor"] += order.amount
                card.sums["items"] += order.items
                card.credit[order.credit] += 1
                payers.add((agent, day))
        for refund in order.refunds:
            # charged to the credited agent on the day of the refund; out when the day of the sale
            # or its own day is excluded
            if refund.day in counted and not timeline.verdicts.excluded(day):
                for agent in rows:
                    card_of(agent, refund.day).sums["refunds_minor"] += refund.amount
    for agent, day in payers:
        card_of(agent, day).sums["paying_buyers"] += 1
    for kind, agent, day in assists(found, timeline):
        if day in counted:
            # in the row of the day of the reply; the shop's number is the sum of its agents'
            card_of(agent, day).sums[f"assists_{kind}"] += 1
            card_of("", day).sums[f"assists_{kind}"] += 1


def _workload(timeline: Timeline, wanted: set[int], card_of: CardOf) -> None:
    """Messages, sessions and minutes in conversation (section 7)."""
    taking_part: dict[int, list[tuple[str, int, int]]] = {}  # session -> (agent or "", at, day)
    for place, event in enumerate(timeline.events):
        if is_question(event):
            name = "buyer_messages"  # all of the buyer's, for the agent who is assignee
        elif is_reply(event, timeline.policy):
            name = "agent_messages"  # valid replies
        else:
            continue
        session = timeline.session_at[place]
        for agent, _ in rows_of(event.agent):
            taking_part.setdefault(id(session), []).append((agent, event.at, event.day))
            if event.day in wanted and not timeline.verdicts.excluded(event.day):
                card_of(agent, event.day).sums[name] += 1
    for session in timeline.sessions:
        _session(timeline, session, taking_part[id(session)], wanted, card_of)


def _session(
    timeline: Timeline,
    session: Session,
    taking_part: list[tuple[str, int, int]],
    wanted: set[int],
    card_of: CardOf,
) -> None:
    first: dict[str, tuple[int, int]] = {}
    last: dict[str, int] = {}
    for agent, at, day in taking_part:
        first.setdefault(agent, (at, day))
        last[agent] = at
    for agent, (at, day) in first.items():
        # the shop on the day the session starts; an agent on the day of the first of these - and
        # left out when the day of the session's start is excluded, also in agents' rows
        if day in wanted and not timeline.verdicts.excluded(session.day):
            card_of(agent, day).sums["sessions"] += 1
        # from the minute of the first to the minute of the last, cut at midnight
        calendar = timeline.policy.calendar
        for each in range(day, calendar.day(last[agent]) + 1):
            if each in wanted and not timeline.verdicts.excluded(each):
                start = max(at, calendar.start(each))
                end = min(last[agent], calendar.start(each + 1) - 1)
                card_of(agent, each).minutes.append((start // MINUTE, end // MINUTE))
