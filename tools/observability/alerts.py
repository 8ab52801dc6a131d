"""The alerts there are, in the order of the settings file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .alert import Alert
from .thresholds import Limit, Thresholds


def alerts(thresholds: Thresholds) -> list[Alert]:
    """Return all alerts, in the order of the settings file."""
    return [*_agents(thresholds), *_shops(thresholds), *_processor(thresholds)]


def _agents(thresholds: Thresholds) -> Iterator[Alert]:
    yield Alert(
        name="ChatpulseBuyerWaiting",
        key="buyer_waiting",
        scope="agent",
        value="agent:chatpulse_oldest_wait_seconds:max",
        by=("shop", "agent"),
        duty=True,
    )
    yield _slow("ChatpulseSlowResponder", "slow_responder", "agent", thresholds)
    yield _within("ChatpulseAgentThreeMinuteRateLow", "agent_three_minute_rate", thresholds)
    yield _replied("ChatpulseAgentReplyRateLow", "agent_reply_rate", thresholds)


def _shops(thresholds: Thresholds) -> Iterator[Alert]:
    wait = "shop:chatpulse_oldest_wait_seconds:max"
    agents = "max by (shop) (agent:chatpulse_oldest_wait_seconds:max)"
    yield Alert(
        name="ChatpulseBuyerUnattended",
        key="buyer_unattended",
        scope="shop",
        value=wait,
        by=("shop",),
        guards=(f"unless on (shop)\n  {agents} >= on (shop) {wait}",),
        duty=True,
    )
    yield _slow("ChatpulseShopSlow", "shop_slow", "shop", thresholds)
    yield _within("ChatpulseShopThreeMinuteRateLow", "shop_three_minute_rate", thresholds)
    yield _replied("ChatpulseShopReplyRateLow", "shop_reply_rate", thresholds)
    yield Alert(
        name="ChatpulseBuyersQueued",
        key="buyers_queued",
        scope="shop",
        value="shop:chatpulse_queued_buyers:sum",
        by=("shop",),
        duty=True,
    )
    yield _attribution(thresholds.alerts["sales_attribution"])
    ads = thresholds.alerts["ad_share"]
    buyers = (
        'sum by (shop) (shop:chatpulse_excluded_buyers:sum{reason="ad"}'
        f' or shop:chatpulse_window_consulted_buyers:sum{{window="{ads.window}"}})'
    )
    yield Alert(
        name="ChatpulseAdShareHigh",
        key="ad_share",
        scope="shop",
        value="shop:chatpulse_ad_buyers_per_buyer:ratio",
        by=("shop",),
        guards=(f"and on (shop)\n  {buyers} >= {ads.samples}",),
        duty=True,
        unit="share",
    )


def _slow(name: str, key: str, level: Literal["agent", "shop"], thresholds: Thresholds) -> Alert:
    limit = thresholds.alerts[key]
    window = f'{{window="{limit.window}"}}'
    return Alert(
        name=name,
        key=key,
        scope=level,
        value=f"{level}:chatpulse_window_response_seconds:mean{window}",
        by=_by(level),
        guards=(_samples(level, limit, f"{level}:chatpulse_window_responses:sum{window}"),),
        duty=True,
    )


def _within(name: str, key: str, thresholds: Thresholds) -> Alert:
    limit, level = thresholds.alerts[key], _level(key)
    selector = f'{{limit="{limit.limit}", window="{limit.window}"}}'
    return Alert(
        name=name,
        key=key,
        scope=level,
        value=f"{level}:chatpulse_window_rounds_within_per_duty_round:ratio{selector}",
        by=_by(level),
        low=True,
        guards=(_samples(level, limit, f"{level}:chatpulse_window_duty_rounds:sum{selector}"),),
        duty=True,
        unit="share",
    )


def _replied(name: str, key: str, thresholds: Thresholds) -> Alert:
    limit, level = thresholds.alerts[key], _level(key)
    window = f'{{window="{limit.window}"}}'
    asked = f"{level}:chatpulse_window_consulted_buyers:sum{window}"
    return Alert(
        name=name,
        key=key,
        scope=level,
        value=f"{level}:chatpulse_window_replied_per_consulted_buyer:ratio{window}",
        by=_by(level),
        low=True,
        guards=(_samples(level, limit, asked),),
        duty=True,
        unit="share",
    )


def _attribution(limit: Limit) -> Alert:
    paid, credited = "shop:chatpulse_paid_orders:sum", "shop:chatpulse_credited_orders:sum"
    replied = f'shop:chatpulse_window_replied_buyers:sum{{window="{limit.window}"}}'
    return Alert(
        name="ChatpulseSalesAttributionStopped",
        key="sales_attribution",
        scope="shop",
        value=f"{paid} - {paid} offset {limit.window}",
        by=("shop",),
        guards=(
            f"and on (shop)\n  {credited} - {credited} offset {limit.window} <= 0",
            f"and on (shop)\n  {replied} >= {limit.samples}",
        ),
        duty=True,
        holds=False,
    )


def _processor(thresholds: Thresholds) -> Iterator[Alert]:
    for name, key in (("Events", "events_stalled"), ("Orders", "orders_stalled")):
        topic = thresholds.alerts[key].topic
        yield Alert(
            name=f"Chatpulse{name}Stalled",
            key=key,
            scope="processor",
            value=f'topic:chatpulse_data_delay_seconds:min{{topic="{topic}"}}',
            duty=True,
        )
    yield Alert(
        name="ChatpulseConsumerLag",
        key="consumer_lag",
        scope="processor",
        value="topic:chatpulse_consumer_lag_records:sum",
        by=("topic",),
    )
    window = thresholds.alerts["dead_letters"].window
    yield Alert(
        name="ChatpulseDeadLettersRising",
        key="dead_letters",
        scope="processor",
        value=f"topic_reason:chatpulse_dead_letters:increase{window}",
        by=("topic", "reason"),
    )
    yield Alert(
        name="ChatpulseRecordsMissing",
        key="records_missing",
        scope="processor",
        value="sum by (topic) (increase(chatpulse_gap_records_total"
        f"[{thresholds.alerts['records_missing'].window}]))",
        by=("topic",),
        holds=False,
    )
    yield Alert(
        name="ChatpulseCheckpointOld",
        key="checkpoint_old",
        scope="processor",
        value="max by (partition) (chatpulse_newest_event_timestamp_seconds)"
        " - on (partition) max by (partition) (chatpulse_checkpoint_timestamp_seconds)",
        by=("partition",),
    )
    yield from _monitoring()


def _monitoring() -> Iterator[Alert]:
    yield Alert(
        name="ChatpulseWorkerDown",
        key="worker_down",
        scope="processor",
        value='up{job="chatpulse"} == 0',
        by=("instance",),
    )
    yield Alert(
        name="ChatpulseNoData",
        key="no_data",
        scope="processor",
        value="absent(chatpulse_newest_event_timestamp_seconds)",
    )
    yield Alert(
        name="ChatpulseRelayDown",
        key="relay_down",
        scope="processor",
        value='up{job="notify"} == 0',
        by=("instance",),
        severity="warning",
    )
    yield Alert(
        name="ChatpulseMessagesStuck",
        key="messages_stuck",
        scope="processor",
        value="time() - min by (receiver) (chatpulse_notify_oldest_timestamp_seconds)",
        by=("receiver",),
    )


def _samples(level: str, limit: Limit, counted: str) -> str:
    return f"and on ({', '.join(_by(level))})\n  {counted} >= {limit.samples}"


def _level(key: str) -> Literal["agent", "shop"]:
    return "agent" if key.startswith("agent") else "shop"


def _by(level: str) -> tuple[str, ...]:
    return ("shop", "agent") if level == "agent" else ("shop",)
