"""What every recording rule makes of the workers' series; two workers show a shop for a moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.obs.feeds import age, braces
from tests.obs.lab import Series

ONE, TWO = "instance=1", "instance=2"
WHO = {"agent": "shop=s agent=a", "shop": "shop=s"}
BESIDE = {"agent": "shop=s agent=b", "shop": "shop=t"}


@dataclass(frozen=True)
class Recorded:
    """The series a rule records at some seconds: `label=value ...` and the number."""

    record: str
    name: str
    given: Mapping[str, Series]
    then: Mapping[int, Mapping[str, float]]
    interval: int = 5
    newest: bool = True
    """The newest Prometheus says the same: it leaves the sample at a window's left end out."""


def constant(metric: str, values: Mapping[str, float]) -> dict[str, Series]:
    return {metric + braces(labels): Series({0: value}) for labels, value in values.items()}


def recorded() -> Iterator[Recorded]:
    """Give all cases."""
    for level in ("agent", "shop"):
        yield from _sums(level)
        yield from _quotients(level)
        yield from _waits(level)
    yield from _shops()
    yield from _processor()
    yield from _duty()


def _sums(level: str) -> Iterator[Recorded]:
    who, beside = WHO[level], BESIDE[level]
    for name, more in (
        ("waiting_buyers", ""),
        ("active_conversations", ""),
        ("window_responses", "window=5m"),
        ("window_duty_rounds", "window=1h limit=60"),
        ("window_consulted_buyers", "window=today"),
        ("window_replied_buyers", "window=today"),
    ):
        metric = f"chatpulse_{level}_{name}"
        others = [f"{beside} {more}", *(f"{who} {other}" for other in varied(more))]
        given = {f"{who} {more} {ONE}": 3.0, f"{who} {more} {TWO}": 4.0}
        given |= {f"{labels} {ONE}": 8.0 + index for index, labels in enumerate(others)}
        then = {f"{who} {more}": 7.0}
        then |= {labels: 8.0 + index for index, labels in enumerate(others)}
        record = f"{level}:chatpulse_{name}:sum"
        yield Recorded(record, "sums over workers", constant(metric, given), {5: then})


def varied(labels: str) -> list[str]:
    """Return the labels with another value, each in turn."""
    return [labels.replace(label, f"{label}9") for label in labels.split()]


def _quotients(level: str) -> Iterator[Recorded]:
    """1000 s for 10 answers and 10 s for one are 91.8 s, and not the mean of two means."""
    who, beside, metric = WHO[level], BESIDE[level], f"chatpulse_{level}_"
    for name, above, below, more in (
        (
            "window_response_seconds:mean",
            "window_response_seconds",
            "window_responses",
            "window=5m",
        ),
        (
            "window_rounds_within_per_duty_round:ratio",
            "window_rounds_within",
            "window_duty_rounds",
            "window=5m limit=60",
        ),
        (
            "window_replied_per_consulted_buyer:ratio",
            "window_replied_buyers",
            "window_consulted_buyers",
            "window=5m",
        ),
        ("converted_per_inquiry:ratio", "converted_inquiries", "inquiries", "span=final"),
    ):
        others = [f"{who} {other}" for other in varied(more)]
        numerators = {f"{who} {more} {ONE}": 1000.0, f"{who} {more} {TWO}": 10.0}
        denominators = {f"{who} {more} {ONE}": 10.0, f"{who} {more} {TWO}": 1.0}
        then = {f"{who} {more}": 1010 / 11}
        for index, labels in enumerate([f"{beside} {more}", *others]):
            numerators[f"{labels} {ONE}"], denominators[f"{labels} {ONE}"] = 6.0 + index, 2.0
            then[labels] = 3.0 + index / 2
        yield Recorded(
            f"{level}:chatpulse_{name}",
            "the quotient of sums; nothing where there is nothing to divide by",
            {
                **constant(metric + above, numerators | {f"{who}0 {more} {ONE}": 0.0}),
                **constant(metric + below, denominators | {f"{who}0 {more} {ONE}": 0.0}),
            },
            {5: then},
        )
        yield Recorded(
            f"{level}:chatpulse_{name}",
            "one of one is one",
            {
                **constant(metric + above, {f"{who} {more} {ONE}": 1.0}),
                **constant(metric + below, {f"{who} {more} {ONE}": 1.0}),
            },
            {5: {f"{who} {more}": 1.0}},
        )


def _waits(level: str) -> Iterator[Recorded]:
    who, beside = WHO[level], BESIDE[level]
    metric = f"chatpulse_{level}_oldest_wait_start_timestamp_seconds"
    start = f"{level}:chatpulse_oldest_wait_start_timestamp_seconds:min"
    alive = {
        'chatpulse_shop_waiting_buyers{shop="s"}': Series({0: 1, 100: None}),
        'chatpulse_shop_waiting_buyers{shop="t"}': Series({0: 1, 100: None}),
    }
    elsewhere = {'chatpulse_shop_waiting_buyers{shop="z"}': Series({0: 1})}
    yield Recorded(
        start,
        "the older one of two workers; it stays when they are gone, for two hours",
        {
            metric + braces(f"{who} {ONE}"): Series({0: 20, 100: None}),
            metric + braces(f"{who} {TWO}"): Series({0: 30, 100: None}),
            metric + braces(f"{beside} {ONE}"): Series({0: 40, 100: None}),
            **alive,
            **elsewhere,
        },
        {
            95: {who: 20, beside: 40},
            600: {who: 20, beside: 40},
            7215: {who: 20, beside: 40},
            7220: {beside: 40},
            7240: {},
        },
    )
    yield Recorded(
        start,
        "who is answered is forgotten at once",
        {
            metric + braces(f"{who} {ONE}"): Series({0: 20, 50: None}),
            **{name: Series({0: 1}) for name in alive},
        },
        {45: {who: 20}, 50: {}},
    )
    yield Recorded(
        f"{level}:chatpulse_oldest_wait_seconds:max",
        "grows by itself; a clock ahead of ours is no wait",
        {
            metric + braces(f"{who} {ONE}"): Series({0: 20}),
            metric + braces(f"{beside} {ONE}"): Series({0: -50}, age),
            **{name: Series({0: 1}) for name in alive},
        },
        {100: {who: 80, beside: 0}, 200: {who: 180, beside: 0}},
    )


def _shops() -> Iterator[Recorded]:
    yield Recorded(
        "shop:chatpulse_queued_buyers:sum",
        "sums over workers",
        constant(
            "chatpulse_shop_queued_buyers",
            {"shop=s instance=1": 3, "shop=s instance=2": 4, "shop=t instance=1": 8},
        ),
        {5: {"shop=s": 7, "shop=t": 8}},
    )
    orders = constant(
        "chatpulse_shop_paid_orders",
        {
            "shop=s credit=silent": 1,
            "shop=s credit=closed": 2,
            "shop=s credit=chased": 4,
            "shop=t credit=closed": 8,
        },
    )
    yield Recorded(
        "shop:chatpulse_paid_orders:sum", "all of them", orders, {5: {"shop=s": 7, "shop=t": 8}}
    )
    yield Recorded(
        "shop:chatpulse_credited_orders:sum",
        "all but the silent ones",
        orders,
        {5: {"shop=s": 6, "shop=t": 8}},
    )
    excluded = {
        "shop=s reason=ad instance=1": 3.0,
        "shop=s reason=ad instance=2": 3.0,
        "shop=s reason=internal instance=1": 50.0,
        "shop=t reason=ad instance=1": 1.0,
        "shop=u reason=ad instance=1": 0.0,
    }
    yield Recorded(
        "shop:chatpulse_excluded_buyers:sum",
        "by reason",
        constant("chatpulse_shop_excluded_buyers", excluded),
        {
            5: {
                "shop=s reason=ad": 6,
                "shop=s reason=internal": 50,
                "shop=t reason=ad": 1,
                "shop=u reason=ad": 0,
            }
        },
    )
    yield Recorded(
        "shop:chatpulse_ad_buyers_per_buyer:ratio",
        "advertisers among all buyers of the day",
        {
            **constant("chatpulse_shop_excluded_buyers", excluded),
            **constant(
                "chatpulse_shop_window_consulted_buyers",
                {
                    "shop=s window=today instance=1": 10,
                    "shop=s window=today instance=2": 8,
                    "shop=s window=1h instance=1": 100,
                    "shop=t window=today instance=1": 0,
                    "shop=u window=today instance=1": 0,
                },
            ),
        },
        {5: {"shop=s": 0.25, "shop=t": 1}},
    )


def _processor() -> Iterator[Recorded]:
    metric = "chatpulse_newest_event_timestamp_seconds"
    newest = "topic:chatpulse_newest_event_timestamp_seconds:max"
    series = {
        metric + braces("topic=m partition=0"): Series({0: 20, 100: None}),
        metric + braces("topic=m partition=1"): Series({0: 60, 100: None}),
        metric + braces("topic=o partition=0"): Series({0: 50, 100: None}),
    }
    yield Recorded(
        newest,
        "the newest of all partitions; it stays when the workers are gone, for a day",
        series,
        {
            60: {"topic=m": 60, "topic=o": 50},
            86400: {"topic=m": 60, "topic=o": 50},
            86460: {},
        },
        interval=60,
    )
    yield Recorded(
        "topic:chatpulse_data_delay_seconds:min",
        "goes on when the workers are gone; a clock ahead of ours is no delay",
        {**series, metric + braces("topic=x partition=0"): Series({0: -50}, age)},
        {
            80: {"topic=m": 20, "topic=o": 30, "topic=x": 0},
            330: {"topic=m": 270, "topic=o": 280, "topic=x": 0},
        },
    )
    yield Recorded(
        "processor:chatpulse_data_delay_seconds:min",
        "that of the freshest topic",
        series,
        {80: {"": 20}, 330: {"": 270}},
    )
    yield Recorded(
        "topic:chatpulse_consumer_lag_records:sum",
        "sums over partitions",
        constant(
            "chatpulse_consumer_lag_records",
            {"topic=m partition=0": 3, "topic=m partition=1": 4, "topic=o partition=0": 8},
        ),
        {5: {"topic=m": 7, "topic=o": 8}},
    )
    yield Recorded(
        "topic:chatpulse_events:rate1m",
        "events per second of the last minute, over restarts and types",
        {
            'chatpulse_events_total{topic="m",type="message"}': Series({0: 0}, lambda t, _: 2 * t),
            'chatpulse_events_total{topic="m",type="transfer"}': Series({0: 0}, lambda t, _: t),
            'chatpulse_events_total{topic="o",type="paid"}': Series({0: 0, 200: 60, 300: 60}),
        },
        {100: {"topic=m": 3, "topic=o": 0}, 320: {"topic=m": 3, "topic=o": 0}},
    )
    yield Recorded(
        "topic:chatpulse_events:rate1m",
        "what happened forty seconds ago counts, what happened seventy seconds ago does not",
        {'chatpulse_events_total{topic="m",type="message"}': Series({0: 0, 300: 60})},
        {340: {"topic=m": 1}, 370: {"topic=m": 0}},
        newest=False,
    )
    rejected = 'chatpulse_rejected_total{topic="%s",reason="%s",instance="%s"}'
    yield Recorded(
        "topic_reason:chatpulse_dead_letters:increase10m",
        "by topic and reason, late ones beside; whole numbers",
        {
            rejected % ("m", "json", 1): Series({0: 5, 300: 8}),
            rejected % ("m", "json", 2): Series({0: 5, 300: 9}),
            rejected % ("m", "type", 1): Series({0: 7, 300: 8}),
            rejected % ("o", "json", 1): Series({0: 40, 300: 2}),
            'chatpulse_late_total{instance="1"}': Series({0: 7, 300: 8}),
            'chatpulse_late_total{instance="2"}': Series({0: 7, 300: 9}),
            'chatpulse_late_total{instance="3"}': Series({0: 9, 300: 0}),
        },
        {
            700: {
                "topic=m reason=json": 7,
                "topic=m reason=type": 1,
                "topic=o reason=json": 2,
                "topic=chat.messages reason=late": 3,
            },
            1000: {
                "topic=m reason=json": 0,
                "topic=m reason=type": 0,
                "topic=o reason=json": 0,
                "topic=chat.messages reason=late": 0,
            },
        },
    )


def _duty() -> Iterator[Recorded]:
    """Second 0 is 08:00 in Shanghai, when duty begins; it ends at 23:00."""
    times = {0: 1, 53_940: 1, 54_000: 0, 86_340: 0, 86_400: 1, 140_400: 0}
    yield Recorded(
        "processor:chatpulse_on_duty:bool",
        "from 08:00 until before 23:00",
        {},
        {second: {"": float(value)} for second, value in times.items()},
        interval=60,
    )
