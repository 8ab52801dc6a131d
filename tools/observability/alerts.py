"""The alerts: what each looks at, under which conditions, and how it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from .recording import ON_DUTY
from .thresholds import Limit, Thresholds, hold

Unit = Literal["number", "share"]
TEMPLATES: Final = {
    "number": '{{ $value | printf "%.0f" }}',
    "share": "{{ $value | humanizePercentage }}",
}


class Alert(Struct, frozen=True, kw_only=True):
    """One alert in all its severities."""

    name: str
    key: str
    """Its section in the settings file."""
    scope: Literal["agent", "shop", "processor"]
    value: str
    """What is compared with the thresholds; for an alert without any, what must exist."""
    by: tuple[str, ...] = ()
    """Labels that tell one alert from another."""
    low: bool = False
    """A rate: low values are bad."""
    guards: tuple[str, ...] = ()
    """Further conditions, each with the operator that joins it."""
    duty: bool = False
    """Silent outside the duty hours."""
    holds: bool = True
    """Keeps firing down to a share of its threshold."""
    severity: str = "critical"
    """Of an alert without thresholds."""
    unit: Unit = "number"


def alerts(thresholds: Thresholds) -> list[Alert]:
    """Return all alerts, in the order of the settings file."""
    return [*_agents(thresholds), *_shops(thresholds), *_processor(thresholds)]


def expression(alert: Alert, thresholds: Thresholds, severity: str) -> str:
    """Return the alert's PromQL for one severity."""
    threshold = thresholds.alerts[alert.key].by_severity.get(severity)
    lines = alert.value if threshold is None else _compare(alert, thresholds, severity, threshold)
    for guard in alert.guards:
        lines += f"\n{guard}"
    if alert.duty:
        lines += f"\nand on ()\n  {ON_DUTY} == 1"
    return lines


def _compare(alert: Alert, thresholds: Thresholds, severity: str, threshold: float) -> str:
    sign = "<" if alert.low else ">"
    fires = f"{alert.value} {sign} {number(threshold)}"
    if not alert.holds:
        return fires
    until = number(hold(threshold, thresholds.hysteresis.hold, low=alert.low))
    labels = f'alertname="{alert.name}", alertstate="firing", severity="{severity}"'
    return (
        f"(\n  {fires}\nor\n  {alert.value} {sign} {until}\n"
        f"and on ({', '.join(alert.by)})\n  ALERTS{{{labels}}}\n)"
    )


def number(value: float) -> str:
    """Write a number as people do: without a dot where there is nothing behind it."""
    return str(int(value)) if value == int(value) else f"{value:g}"


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
