"""The recording rules: sums before ratios, so that every number holds across workers.

Names are `level:metric:operations`. Two of them remember: when no worker shows a shop (or a topic)
any more, the last known start of its oldest wait (its newest event) stays, and the age goes on.
A failed scrape ends all series of a worker at once; without the memory the wall would go blank in
the moment in which buyers wait unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from .thresholds import Duty, Thresholds

LEVELS: Final = {"agent": "shop, agent", "shop": "shop"}
ON_DUTY: Final = "processor:chatpulse_on_duty:bool"
WAIT_MEMORY_SECONDS: Final = 7200
"""A wait leaves the live gauges after two hours; a remembered one does so as well."""
EVENT_MEMORY_SECONDS: Final = 86400


class Recording(NamedTuple):
    """One rule: the series it records, and the expression."""

    record: str
    expr: str


def recordings(thresholds: Thresholds) -> list[Recording]:
    """Return all recording rules, each after those it reads."""
    window = thresholds.alerts["dead_letters"].window
    return [
        Recording(ON_DUTY, _on_duty(thresholds.duty)),
        *(rule for level, by in LEVELS.items() for rule in _level(level, by)),
        *_shops(),
        *_processor(str(window), str(thresholds.alerts["events_stalled"].topic)),
    ]


def _level(level: str, by: str) -> Iterator[Recording]:
    metric, recorded = f"chatpulse_{level}_", f"{level}:chatpulse_"
    yield from _waits(level, by)
    yield _sum(f"{recorded}waiting_buyers:sum", by, f"{metric}waiting_buyers")
    yield _sum(f"{recorded}active_conversations:sum", by, f"{metric}active_conversations")

    by_window = f"{by}, window"
    responses = f"{recorded}window_responses:sum"
    yield _sum(responses, by_window, f"{metric}window_responses")
    yield Recording(
        f"{recorded}window_response_seconds:mean",
        _quotient(f"sum by ({by_window}) ({metric}window_response_seconds)", responses),
    )
    rounds, by_limit = f"{recorded}window_duty_rounds:sum", f"{by}, window, limit"
    yield _sum(rounds, by_limit, f"{metric}window_duty_rounds")
    yield Recording(
        f"{recorded}window_rounds_within_per_duty_round:ratio",
        _quotient(f"sum by ({by_limit}) ({metric}window_rounds_within)", rounds),
    )
    consulted = f"{recorded}window_consulted_buyers:sum"
    replied = f"{recorded}window_replied_buyers:sum"
    yield _sum(consulted, by_window, f"{metric}window_consulted_buyers")
    yield _sum(replied, by_window, f"{metric}window_replied_buyers")
    yield Recording(
        f"{recorded}window_replied_per_consulted_buyer:ratio", _quotient(replied, consulted)
    )
    by_span = f"{by}, span"
    yield Recording(
        f"{recorded}converted_per_inquiry:ratio",
        _quotient(
            f"sum by ({by_span}) ({metric}converted_inquiries)",
            f"sum by ({by_span}) ({metric}inquiries)",
        ),
    )


def _waits(level: str, by: str) -> Iterator[Recording]:
    start = f"{level}:chatpulse_oldest_wait_start_timestamp_seconds:min"
    yield Recording(
        start,
        f"min by ({by}) (chatpulse_{level}_oldest_wait_start_timestamp_seconds)\n"
        "or\n"
        f"  ({start} unless on (shop) chatpulse_shop_waiting_buyers)\n"
        f">\n"
        f"  time() - {WAIT_MEMORY_SECONDS}",
    )
    yield Recording(f"{level}:chatpulse_oldest_wait_seconds:max", f"clamp_min(time() - {start}, 0)")


def _shops() -> Iterator[Recording]:
    orders, consulted = "chatpulse_shop_paid_orders", "shop:chatpulse_window_consulted_buyers:sum"
    excluded = "shop:chatpulse_excluded_buyers:sum"
    yield _sum("shop:chatpulse_queued_buyers:sum", "shop", "chatpulse_shop_queued_buyers")
    yield _sum("shop:chatpulse_paid_orders:sum", "shop", orders)
    yield _sum("shop:chatpulse_credited_orders:sum", "shop", f'{orders}{{credit!="silent"}}')
    yield _sum(excluded, "shop, reason", "chatpulse_shop_excluded_buyers")
    yield Recording(
        "shop:chatpulse_ad_buyers_per_buyer:ratio",
        _quotient(
            f'sum by (shop) ({excluded}{{reason="ad"}})',
            f'sum by (shop) ({excluded}{{reason="ad"}})\n'
            f'    + on (shop) sum by (shop) ({consulted}{{window="today"}})',
        ),
    )


def _processor(window: str, chat: str) -> Iterator[Recording]:
    newest = "topic:chatpulse_newest_event_timestamp_seconds:max"
    yield Recording(
        newest,
        "max by (topic) (chatpulse_newest_event_timestamp_seconds)\n"
        "or\n"
        f"  {newest}\n"
        ">\n"
        f"  time() - {EVENT_MEMORY_SECONDS}",
    )
    yield Recording("topic:chatpulse_data_delay_seconds:min", f"clamp_min(time() - {newest}, 0)")
    yield Recording(
        "processor:chatpulse_data_delay_seconds:min",
        "min(topic:chatpulse_data_delay_seconds:min)",
    )
    yield _sum(
        "topic:chatpulse_consumer_lag_records:sum", "topic", "chatpulse_consumer_lag_records"
    )
    yield Recording(
        "topic:chatpulse_events:rate1m", "sum by (topic) (rate(chatpulse_events_total[1m]))"
    )
    late = f"round(sum(increase(chatpulse_late_total[{window}])))"
    for label, value in (("reason", "late"), ("topic", chat)):
        late = f'label_replace({late}, "{label}", "{value}", "", "")'
    yield Recording(
        f"topic_reason:chatpulse_dead_letters:increase{window}",
        f"round(sum by (topic, reason) (increase(chatpulse_rejected_total[{window}])))\n"
        f"or\n  {late}",
    )


def _on_duty(duty: Duty) -> str:
    """Return 1 in the duty hours of the shop's own clock, else 0."""
    now = f"vector((time() + {duty.offset_seconds}) % 86400)"
    if duty.end_seconds == 86400:
        return f"{now} >= bool {duty.start_seconds}"
    return f"({now} >= bool {duty.start_seconds}) * ({now} < bool {duty.end_seconds})"


def _sum(record: str, by: str, metric: str) -> Recording:
    return Recording(record, f"sum by ({by}) ({metric})")


def _quotient(above: str, below: str) -> str:
    """Divide; no sample where there is nothing to divide by."""
    return f"{above}\n/\n  ({below} > 0)"
