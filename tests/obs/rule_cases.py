"""What every alert must do and must not do, by the alert's name.

The thresholds stand here once more, as numbers: changing one in deploy/thresholds.toml changes a
test, which is meant.
"""

from tests.obs import special_cases as special
from tests.obs.climbs import Climb, Level
from tests.obs.feeds import NEWEST, age, mean, plain, share, since, waiting
from tests.obs.lab import Case, Line, Series

AGENTS = ("shop=s agent=a", "shop=s agent=b")
SHOPS = ("shop=s", "shop=t")


def seconds(warning: float, critical: float) -> tuple[Level, ...]:
    return (
        Level("warning", warning, warning * 0.8),
        Level("critical", critical, critical * 0.8),
    )


def rates(warning: tuple[float, float], critical: tuple[float, float]) -> tuple[Level, ...]:
    return (Level("warning", *warning), Level("critical", *critical))


def within(level: str, window: str, limit: str) -> tuple[str, str, dict[str, str]]:
    metric = f"chatpulse_{level}_window"
    return (
        f"{metric}_rounds_within",
        f"{metric}_duty_rounds",
        {"window": window, "limit": limit},
    )


def replied(level: str, window: str) -> tuple[str, str, dict[str, str]]:
    metric = f"chatpulse_{level}_window"
    return f"{metric}_replied_buyers", f"{metric}_consulted_buyers", {"window": window}


def three_minutes(level: str, who: tuple[str, str], samples: int) -> Climb:
    noise: dict[str, Series] = {}
    for window, limit in (("5m", "180"), ("1h", "30"), ("1h", "60"), ("1h", "300")):
        above, below, labels = within(level, window, limit)
        noise |= share(above, below, **labels)({0: 0}, who[0], 100)
    above, below, labels = within(level, "1h", "180")
    return Climb(
        share(above, below, **labels),
        rates((0.85, 0.88), (0.7, 0.76)),
        wait=60,
        step=-0.005,
        who=who,
        samples=samples,
        noise=noise,
    )


def reply_rate(level: str, who: tuple[str, str], samples: int, levels: tuple[Level, ...]) -> Climb:
    noise: dict[str, Series] = {}
    for window in ("5m", "today"):
        above, below, labels = replied(level, window)
        noise |= share(above, below, **labels)({0: 0}, who[0], 100)
    above, below, labels = replied(level, "1h")
    return Climb(
        share(above, below, **labels),
        levels,
        wait=120,
        step=-0.005,
        who=who,
        samples=samples,
        noise=noise,
    )


def slowness(level: str, who: tuple[str, str], samples: int, wait: int) -> Climb:
    noise = mean(level, "1h")({0: 1000}, who[0], 100) | mean(level, "today")({0: 999}, who[0], 50)
    return Climb(
        mean(level, "5m"),
        seconds(60, 100),
        wait=wait,
        step=0.5,
        who=who,
        samples=samples,
        noise=noise,
    )


def unsaved(line: Line, who: str, _: int) -> dict[str, Series]:
    """Events are read as they happen; the newest checkpoint is so many seconds old."""
    fresh = {second: None if value is None else 0 for second, value in line.items()}
    return {
        **since("chatpulse_checkpoint_timestamp_seconds")(line, who, 0),
        **since(NEWEST, topic="chat.messages")(fresh, who, 0),
    }


CLIMBS: dict[str, Climb] = {
    "ChatpulseBuyerWaiting": Climb(waiting("agent"), seconds(100, 180), 10, 0.5, AGENTS),
    "ChatpulseSlowResponder": slowness("agent", AGENTS, 3, 30),
    "ChatpulseAgentThreeMinuteRateLow": three_minutes("agent", AGENTS, 5),
    "ChatpulseAgentReplyRateLow": reply_rate("agent", AGENTS, 5, rates((0.85, 0.88), (0.7, 0.76))),
    "ChatpulseBuyerUnattended": Climb(
        waiting("shop"), (Level("critical", 180, 144),), 10, 0.5, SHOPS
    ),
    "ChatpulseShopSlow": slowness("shop", SHOPS, 10, 60),
    "ChatpulseShopThreeMinuteRateLow": three_minutes("shop", SHOPS, 10),
    "ChatpulseShopReplyRateLow": reply_rate("shop", SHOPS, 10, rates((0.9, 0.92), (0.75, 0.8))),
    "ChatpulseBuyersQueued": Climb(
        plain("chatpulse_shop_queued_buyers"),
        seconds(5, 15),
        wait=30,
        step=0.25,
        who=SHOPS,
        noise={'chatpulse_shop_waiting_buyers{shop="s"}': Series({0: 100})},
    ),
    "ChatpulseEventsStalled": Climb(
        since(NEWEST, partition="0"),
        seconds(60, 180),
        wait=30,
        step=0.5,
        who=("topic=chat.messages", ""),
        noise={NEWEST + '{topic="shop.orders",partition="0"}': Series({0: 7000}, age)},
        remembered=True,
    ),
    "ChatpulseOrdersStalled": Climb(
        since(NEWEST, partition="0"),
        (Level("warning", 1800, 1440),),
        wait=60,
        step=0.5,
        who=("topic=shop.orders", ""),
        noise={NEWEST + '{topic="chat.messages",partition="0"}': Series({0: 7000}, age)},
        remembered=True,
    ),
    "ChatpulseConsumerLag": Climb(
        plain("chatpulse_consumer_lag_records", partition="0"),
        seconds(1000, 10000),
        wait=60,
        step=1,
        who=("topic=chat.messages", "topic=shop.orders"),
        duty=False,
    ),
    "ChatpulseCheckpointOld": Climb(
        unsaved,
        seconds(120, 900),
        wait=60,
        step=0.5,
        who=("partition=0", "partition=1"),
        noise={
            NEWEST + '{topic="shop.orders",partition="0"}': Series({0: 9500}, age),
            'chatpulse_checkpoint_timestamp_seconds{partition="0",instance="2"}': Series(
                {0: 9000}, age
            ),
        },
        duty=False,
    ),
    "ChatpulseMessagesStuck": Climb(
        since("chatpulse_notify_oldest_timestamp_seconds"),
        (Level("warning", 120, 96),),
        wait=30,
        step=0.5,
        who=("receiver=floor", "receiver=boss"),
        noise={
            'chatpulse_notify_oldest_timestamp_seconds{receiver="floor",instance="2"}': Series(
                {0: 1}, age
            )
        },
        duty=False,
    ),
}


def cases() -> dict[str, list[Case]]:
    """Return all cases by the alert they are about."""
    found = {name: list(climb.cases()) for name, climb in CLIMBS.items()}
    more = {
        "ChatpulseBuyerWaiting": special.waits(),
        "ChatpulseBuyerUnattended": special.unattended(),
        "ChatpulseSalesAttributionStopped": special.attribution(),
        "ChatpulseEventsStalled": special.stalled(),
        "ChatpulseDeadLettersRising": special.dead_letters(),
        "ChatpulseRecordsMissing": special.missing(),
        "ChatpulseAdShareHigh": special.ads(),
        "ChatpulseWorkerDown": special.down("chatpulse", "critical", 30),
        "ChatpulseRelayDown": special.down("notify", "warning", 60),
        "ChatpulseNoData": special.no_data(),
        "ChatpulseCheckpointOld": special.checkpoints(),
    }
    for name, given in more.items():
        found.setdefault(name, []).extend(given)
    return found
