"""The metric catalogue: every family there is, declared once (outputs.md, Metrics).

Documentation, rules and dashboards are checked against it. A family of the agents' level carries
`shop` and `agent`, one of the shops' level `shop`; the processor's carry neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct


class Metric(Struct, frozen=True):
    """One family. `labels` in order; the values of each are bounded, as `help` or its name says."""

    name: str
    help: str
    type: Literal["gauge", "counter", "histogram"] = "gauge"
    labels: tuple[str, ...] = ()


_TODAY: Final = (
    ("sales_minor", "Sales credited today, in minor units (fen), refunds not taken off."),
    ("refunds_minor", "Refunds charged today, in minor units (fen)."),
    ("paying_buyers", "Different buyers who paid today."),
)
TODAY_COUNTS: Final = tuple(name for name, _ in _TODAY)
"""Families, at both levels, whose value is today's number of that name in the scorecard."""

_WINDOW: Final = "window is 5m, 1h or today"

_BOTH: Final = (
    ("waiting_buyers", "Buyers who wait for an answer now, by the present assignee.", ()),
    (
        "oldest_wait_start_timestamp_seconds",
        "When the oldest open wait began, by the row's own clock; absent when nobody waits.",
        (),
    ),
    (
        "active_conversations",
        "Conversations with a message in the last 10 minutes, by the present assignee.",
        (),
    ),
    ("window_responses", f"Answered rounds in the window; {_WINDOW}.", ("window",)),
    (
        "window_response_seconds",
        f"Sum of the waits of the answered rounds in the window; {_WINDOW}.",
        ("window",),
    ),
    (
        "response_mean_seconds",
        f"Mean wait of the answered rounds in the window; {_WINDOW}.",
        ("window",),
    ),
    (
        "response_p90_seconds",
        f"90th percentile of the waits in the window, estimated from a histogram; {_WINDOW}.",
        ("window",),
    ),
    (
        "window_duty_rounds",
        f"Rounds asked on duty that are decided for the limit; {_WINDOW}, limit is 30 to 300 s.",
        ("window", "limit"),
    ),
    (
        "window_rounds_within",
        f"Rounds asked on duty and answered within the limit; {_WINDOW}, limit is 30 to 300 s.",
        ("window", "limit"),
    ),
    (
        "within_ratio",
        f"Share of the decided rounds answered within the limit; {_WINDOW}, limit is 30 to 300 s.",
        ("window", "limit"),
    ),
    ("window_consulted_buyers", f"Buyers consulted in the window; {_WINDOW}.", ("window",)),
    (
        "window_replied_buyers",
        f"Buyers consulted in the window who got a reply; {_WINDOW}.",
        ("window",),
    ),
    ("reply_ratio", f"Share of the consulted buyers who got a reply; {_WINDOW}.", ("window",)),
    (
        "inquiries",
        "Inquiries of today's cohort, the denominator; span is same_day, next_day or final.",
        ("span",),
    ),
    (
        "converted_inquiries",
        "Inquiries of today's cohort that were paid; span is same_day, next_day or final.",
        ("span",),
    ),
    (
        "conversion_ratio",
        "Share of today's inquiries that were paid; span is same_day, next_day or final.",
        ("span",),
    ),
    ("unit_price_minor", "Sales per paying buyer today, in minor units (fen).", ()),
)

_SHOP: Final = (
    Metric("chatpulse_shop_queued_buyers", "Buyers who wait in the queue.", labels=("shop",)),
    Metric(
        "chatpulse_shop_response_duration_seconds",
        "Waits of the shop's answered rounds, counted once when first applied, never taken back.",
        "histogram",
        ("shop",),
    ),
    Metric(
        "chatpulse_shop_excluded_buyers",
        "Buyers left out of today's numbers; reason is ad, internal or blocked.",
        labels=("shop", "reason"),
    ),
    Metric(
        "chatpulse_agent_assists",
        "Assists given today; kind is order, payment or followup.",
        labels=("shop", "agent", "kind"),
    ),
    Metric(
        "chatpulse_shop_paid_orders",
        "Orders paid today; credit is closed, chased or silent.",
        labels=("shop", "credit"),
    ),
)

_PROCESSOR: Final = (
    Metric(
        "chatpulse_events_total",
        "Valid events read; type is one of events.md.",
        "counter",
        ("topic", "type"),
    ),
    Metric(
        "chatpulse_rejected_total",
        "Records that are no event and went to the dead letters; reason is a closed set.",
        "counter",
        ("topic", "reason"),
    ),
    Metric("chatpulse_duplicates_total", "Copies of events that were recognised.", "counter"),
    Metric(
        "chatpulse_late_total",
        "Chat events more than the lateness behind; they went to the dead letters.",
        "counter",
    ),
    Metric(
        "chatpulse_after_close_total",
        "Events whose day was closed when they were read; they changed nothing.",
        "counter",
        ("topic",),
    ),
    Metric(
        "chatpulse_unmatched_refunds_total",
        "Refunds of orders that were not known to be paid when they were read.",
        "counter",
    ),
    Metric(
        "chatpulse_gap_records_total",
        "Records that were gone from the input before they were read, accepted as a gap.",
        "counter",
        ("topic",),
    ),
    Metric(
        "chatpulse_damaged_checkpoints_total",
        "Checkpoints found incomplete or with a wrong checksum, and passed over.",
        "counter",
    ),
    Metric(
        "chatpulse_web_refused_total",
        "Requests and connections that the web server refused; reason is a closed set.",
        "counter",
        ("reason",),
    ),
    Metric(
        "chatpulse_newest_event_timestamp_seconds",
        "Event time of the newest event read.",
        labels=("topic", "partition"),
    ),
    Metric(
        "chatpulse_consumer_lag_records",
        "Records in the input that are not read yet.",
        labels=("topic", "partition"),
    ),
    Metric("chatpulse_conversations", "Conversations remembered."),
    Metric(
        "chatpulse_uncounted_conversations",
        "Conversations that changed and that the numbers of this scrape do not show yet.",
    ),
    Metric(
        "chatpulse_checkpoint_timestamp_seconds",
        "When the newest complete checkpoint was written.",
        labels=("partition",),
    ),
    Metric(
        "chatpulse_checkpoint_write_seconds", "How long checkpoints took to write.", "histogram"
    ),
    Metric(
        "chatpulse_checkpoint_bytes",
        "Size of the newest complete checkpoint.",
        labels=("partition",),
    ),
    Metric("chatpulse_build_info", "The version that runs; always 1.", labels=("version",)),
)


def _all() -> Iterator[Metric]:
    for name, text, labels in (*_BOTH, *((*today, ()) for today in _TODAY)):
        yield Metric(f"chatpulse_agent_{name}", text, labels=("shop", "agent", *labels))
        yield Metric(f"chatpulse_shop_{name}", text, labels=("shop", *labels))
    yield from _SHOP
    yield from _PROCESSOR


METRICS: Final[dict[str, Metric]] = {metric.name: metric for metric in _all()}
"""Every family by name."""
