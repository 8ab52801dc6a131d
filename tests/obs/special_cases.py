"""Cases beside the thresholds: workers that stop, buyers in the queue, orders, dead letters."""

from collections.abc import Iterator

from tests.obs.feeds import NEWEST, age
from tests.obs.lab import DUTY_ENDS, Case, Series

ALWAYS = {0: 1.0}
BOTH = ("warning", "critical")


def waits() -> Iterator[Case]:
    start = 'chatpulse_agent_oldest_wait_start_timestamp_seconds{shop="s",agent="a",instance="1"}'
    alive = 'chatpulse_shop_waiting_buyers{shop="s",instance="1"}'
    who = "shop=s agent=a"
    yield Case(
        "the wait goes on when the worker is stopped, and its alerts with it",
        {start: Series({0: 0, 30: None}), alive: Series({0: 1, 30: None})},
        {
            100: [],
            105: ["warning?"],
            115: ["warning"],
            195: ["warning", "critical"],
            600: ["warning", "critical"],
        },
        who,
    )
    yield Case(
        "nobody remembers a wait for more than two hours",
        {start: Series({0: 0, 60: None}), alive: Series({0: 1, 60: None})},
        {7140: ["warning", "critical"], 7320: []},
        who,
        interval=60,
    )
    yield Case(
        "a buyer who was answered is not remembered",
        {start: Series({0: 0, 90: None}), alive: Series({0: 1})},
        {90: [], 300: []},
    )
    yield Case(
        "a worker that comes back, or another one, knows better",
        {
            start: Series({0: 0, 30: None}),
            alive: Series({0: 1, 30: None}),
            'chatpulse_shop_waiting_buyers{shop="s",instance="2"}': Series({0: None, 150: 1}),
        },
        {145: ["warning"], 205: ["warning"], 210: []},
        who,
    )
    yield Case(
        "a worker of other shops does not know better",
        {
            start: Series({0: 0, 30: None}),
            alive: Series({0: 1, 30: None}),
            'chatpulse_shop_waiting_buyers{shop="t",instance="2"}': Series({0: 1}),
        },
        {120: ["warning"]},
        who,
    )
    yield Case(
        "two workers at once: the older wait counts",
        {
            start: Series({0: 50}, age),
            start.replace('"1"', '"2"'): Series({0: 101}, age),
            alive: Series({0: 1}),
        },
        {10: ["warning"]},
        who,
    )


def unattended() -> Iterator[Case]:
    shop = 'chatpulse_shop_oldest_wait_start_timestamp_seconds{shop="s"}'
    agent = 'chatpulse_agent_oldest_wait_start_timestamp_seconds{shop="s",agent="a"}'
    other = 'chatpulse_agent_oldest_wait_start_timestamp_seconds{shop="s",agent="b"}'
    alive = {'chatpulse_shop_waiting_buyers{shop="s"}': Series(ALWAYS)}
    yield Case(
        "an agent waits for nobody longer: it is another alert's affair",
        {
            shop: Series({0: 300}, age),
            agent: Series({0: 300}, age),
            other: Series({0: 10}, age),
            **alive,
        },
        {60: []},
    )
    yield Case(
        "handed on: the agent's clock is younger than the buyer's wait",
        {shop: Series({0: 300}, age), agent: Series({0: 290}, age), **alive},
        {10: ["critical"]},
        "shop=s",
    )
    yield Case(
        "an agent of another shop does not attend",
        {
            shop: Series({0: 300}, age),
            **{name.replace('"s"', '"t"'): Series({0: 400}, age) for name in (shop, agent)},
            **alive,
        },
        {10: ["critical"]},
        "shop=s",
    )
    yield Case(
        "the wait in the queue goes on when the worker is stopped",
        {
            shop: Series({0: 0, 30: None}),
            'chatpulse_shop_waiting_buyers{shop="s"}': Series({0: 1, 30: None}),
        },
        {180: [], 185: ["critical?"], 195: ["critical"]},
        "shop=s",
    )


def attribution() -> Iterator[Case]:
    """At nine past nine eleven orders are paid at once; the hour before was quiet."""
    nine = 4200

    def room(**changes: Series) -> dict[str, Series]:
        given = {
            "silent": Series({0: 100, nine: 111}),
            "closed": Series({0: 30}),
            "chased": Series({0: 5}),
            "replied": Series({0: 20}),
        } | changes
        metric = 'chatpulse_shop_paid_orders{shop="s",credit="%s"}'
        series = {metric % credit: given[credit] for credit in ("silent", "closed", "chased")}
        answered = 'chatpulse_shop_window_replied_buyers{shop="s",window="%s"}'
        noise = {answered % window: Series({0: 1000}) for window in ("5m", "today")}
        if "replied" not in changes:
            noise = {answered % window: Series({0: 0}) for window in ("5m", "today")}
        return {**series, answered % "1h": given["replied"], **noise}

    def case(name: str, then: dict[int, list[str]], interval: int = 20, **changes: Series) -> Case:
        return Case(name, room(**changes), then, "shop=s", interval=interval)

    fires = {nine: ["warning?"], nine + 280: ["warning?"], nine + 300: ["warning"]}
    over = {nine + 3640: ["warning"], nine + 3660: []}
    yield case("eleven silent orders within an hour fire after 5 min", fires | over)
    yield case("ten are not enough", {nine + 600: []}, silent=Series({0: 100, nine: 110}))
    yield case(
        "what was paid more than an hour ago does not count",
        {nine + 4500: []},
        silent=Series({0: 100, nine: 106, nine + 3900: 112}),
    )
    yield case("one credited order is enough", {nine + 600: []}, closed=Series({0: 30, nine: 31}))
    yield case("a chased one too", {nine + 600: []}, chased=Series({0: 5, nine: 6}))
    yield case(
        "one credited an hour ago does not count",
        {nine + 600: ["warning"]},
        closed=Series({0: 30, nine - 3300: 31}),
    )
    yield case(
        "one credited fifty minutes ago does",
        {nine + 600: []},
        closed=Series({0: 30, nine - 2400: 31}),
    )
    yield case(
        "it resolves with the first credited order",
        {nine + 640: ["warning"], nine + 660: []},
        closed=Series({0: 30, nine + 600: 31}),
    )
    yield case("nobody answered, so nobody earned", {nine + 600: []}, replied=Series({0: 19}))
    yield Case(
        "each shop has its own agents and orders",
        {
            **room(),
            'chatpulse_shop_paid_orders{shop="t",credit="silent"}': Series({0: 1}),
            'chatpulse_shop_paid_orders{shop="t",credit="closed"}': Series({0: 1, nine: 9}),
            'chatpulse_shop_window_replied_buyers{shop="t",window="1h"}': Series({0: 3}),
            'chatpulse_shop_paid_orders{shop="u",credit="silent"}': Series({0: 1, nine: 20}),
            'chatpulse_shop_paid_orders{shop="u",credit="closed"}': Series({0: 1}),
            'chatpulse_shop_window_replied_buyers{shop="u",window="1h"}': Series({0: 3}),
            'chatpulse_shop_paid_orders{shop="v",credit="silent"}': Series({0: 1, nine: 20}),
            'chatpulse_shop_paid_orders{shop="v",credit="closed"}': Series({0: 1, nine: 20}),
            'chatpulse_shop_window_replied_buyers{shop="v",window="1h"}': Series({0: 30}),
        },
        {nine + 600: ["warning"]},
        "shop=s",
        interval=20,
    )
    night = DUTY_ENDS + 1800
    yield case("silent at night", {night + 600: []}, 60, silent=Series({0: 100, night: 120}))


def stalled() -> Iterator[Case]:
    newest = NEWEST + '{topic="chat.messages",partition="%s"}'
    yield Case(
        "the delay goes on when the worker is stopped",
        {newest % 0: Series({0: 0, 30: None})},
        {60: [], 65: ["warning?"], 95: ["warning"], 215: ["warning", "critical"]},
        "topic=chat.messages",
    )
    yield Case(
        "one partition with events is enough",
        {newest % 0: Series({0: 1000}, age), newest % 1: Series({0: 1}, age)},
        {120: []},
    )
    yield Case("a topic nobody ever saw is no delay", {}, {120: []})


def dead_letters() -> Iterator[Case]:
    rejected = 'chatpulse_rejected_total{topic="chat.messages",reason="json",instance="%s"}'
    who = "topic=chat.messages reason=json"
    yield Case(
        "ten in ten minutes are silent; old ones do not count",
        {
            rejected % 1: Series({0: 5000, 600: 5010}),
            'ALERTS{alertname="Other",alertstate="firing",severity="warning",'
            'topic="chat.messages",reason="json"}': Series(ALWAYS),
        },
        {660: [], 900: []},
    )
    yield Case(
        "eleven fire after a minute, also over two workers; nobody else's do",
        {
            rejected % 1: Series({0: 0, 600: 6}),
            rejected % 2: Series({0: 0, 600: 5}),
            'chatpulse_rejected_total{topic="shop.orders",reason="json"}': Series({0: 0, 600: 9}),
            'chatpulse_rejected_total{topic="chat.messages",reason="type"}': Series({0: 0, 600: 9}),
        },
        {600: ["warning?"], 655: ["warning?"], 660: ["warning"], 720: ["warning"]},
        who,
    )
    yield Case(
        "holds above eight, then resolves",
        {rejected % 1: Series({0: 0, 300: 2, 600: 11})},
        {700: ["warning"], 1190: ["warning"], 1245: ["warning"], 1270: []},
        who,
    )
    yield Case(
        "eight are not held",
        {rejected % 1: Series({0: 0, 300: 3, 600: 11})},
        {700: ["warning"], 890: ["warning"], 1000: []},
        who,
    )
    yield Case(
        "a peak that is forgotten within a minute is none",
        {rejected % 1: Series({0: 0, 60: 2, 625: 11})},
        {630: ["warning?"], 900: []},
        who,
    )
    yield Case(
        "a hundred are not critical yet",
        {
            rejected % 1: Series({0: 0, 600: 100}),
            'ALERTS{alertname="Other",alertstate="firing",severity="critical",'
            'topic="chat.messages",reason="json"}': Series(ALWAYS),
        },
        {720: ["warning"]},
        who,
        sampling=1,
    )
    yield Case(
        "a hundred and one are critical, and hold above eighty",
        {rejected % 1: Series({0: 0, 300: 20, 600: 101})},
        {
            600: ["warning", "critical?"],
            655: ["warning", "critical?"],
            660: BOTH,
            1100: BOTH,
            1245: BOTH,
            1270: [],
        },
        who,
    )
    yield Case(
        "eighty are not held as critical",
        {rejected % 1: Series({0: 0, 300: 21, 600: 101})},
        {700: ["warning", "critical"], 890: ["warning", "critical"], 1000: ["warning"]},
        who,
        sampling=1,
    )
    yield Case(
        "a critical peak that is forgotten within a minute is none",
        {rejected % 1: Series({0: 0, 60: 20, 625: 101})},
        {630: ["warning", "critical?"], 900: ["warning"]},
        who,
    )
    yield Case(
        "each reason and topic holds for itself",
        {
            rejected % 1: Series({0: 0, 600: 120}),
            'chatpulse_rejected_total{topic="shop.orders",reason="json"}': Series({0: 0, 600: 90}),
            'chatpulse_rejected_total{topic="chat.messages",reason="type"}': Series(
                {0: 0, 600: 90}
            ),
            'chatpulse_rejected_total{topic="chat.messages",reason="utf8"}': Series({0: 0, 600: 9}),
        },
        {
            900: [
                *BOTH,
                "warning topic=shop.orders reason=json",
                "warning topic=chat.messages reason=type",
            ]
        },
        who,
    )
    yield Case(
        "those who came too late are dead letters of the chat",
        {"chatpulse_late_total": Series({0: 0, 600: 11})},
        {660: ["warning"]},
        "topic=chat.messages reason=late",
    )


def missing() -> Iterator[Case]:
    gone = 'chatpulse_gap_records_total{topic="chat.messages",instance="%s"}'
    other = 'chatpulse_gap_records_total{topic="shop.orders",instance="1"}'
    yield Case(
        "one lost record fires at once, and for ten minutes",
        {gone % 1: Series({0: 0, 600: 1}), gone % 2: Series({0: 7}), other: Series({0: 40})},
        {595: [], 600: ["critical"], 1190: ["critical"], 1245: ["critical"], 1270: []},
        "topic=chat.messages",
    )
    yield Case(
        "a worker that starts anew counts from nothing",
        {gone % 1: Series({0: 40, 300: 1}), other: Series({0: 40, 300: 0})},
        {295: [], 300: ["critical"]},
        "topic=chat.messages",
    )


def ads() -> Iterator[Case]:
    def shop(who: str, advertisers: float, buyers: float, **noise: float) -> dict[str, Series]:
        left_out = 'chatpulse_shop_excluded_buyers{shop="%s",reason="%s"}'
        asked = 'chatpulse_shop_window_consulted_buyers{shop="%s",window="%s"}'
        return {
            left_out % (who, "ad"): Series({0: advertisers}),
            left_out % (who, "internal"): Series({0: noise.get("internal", 0)}),
            asked % (who, "today"): Series({0: buyers}),
            asked % (who, "1h"): Series({0: noise.get("hour", 0)}),
        }

    def foreign() -> dict[str, Series]:
        rest = 'alertname="Other",alertstate="firing",severity="info",shop="s"'
        return {f"ALERTS{{{rest}}}": Series(ALWAYS)}

    yield Case(
        "half of the buyers are silent, whatever else is left out",
        {**shop("s", 20, 20, internal=50), **foreign()},
        {900: []},
    )
    yield Case(
        "an hour's buyers are no day's", shop("s", 11, 9, hour=100), {300: ["info"]}, "shop=s"
    )
    yield Case(
        "more than half fire after five minutes; nobody else's do",
        {**shop("s", 11, 9), **shop("t", 9.5, 9, hour=50, internal=50), **shop("u", 9, 11)},
        {295: ["info?"], 300: ["info"]},
        "shop=s",
    )
    yield Case("nineteen buyers are too few", shop("s", 11, 8, hour=50, internal=50), {600: []})
    line = {0: 60.0, 400: 41.0, 700: 40.0}
    series = shop("s", 0, 0)
    series['chatpulse_shop_excluded_buyers{shop="s",reason="ad"}'] = Series(line)
    series['chatpulse_shop_window_consulted_buyers{shop="s",window="today"}'] = Series(
        {0: 40, 400: 59, 700: 60}
    )
    yield Case(
        "holds above 40 %, then resolves",
        {**series, **shop("t", 45, 55)},
        {695: ["info"], 755: ["info"], 760: []},
        "shop=s",
    )
    peak = shop("s", 0, 40)
    peak['chatpulse_shop_excluded_buyers{shop="s",reason="ad"}'] = Series({0: 60, 300: 40})
    yield Case("a peak of less than five minutes is none", peak, {300: [], 700: []})
    night = shop("s", 0, 40)
    night['chatpulse_shop_excluded_buyers{shop="s",reason="ad"}'] = Series(
        {0: None, DUTY_ENDS - 1200: 60}
    )
    yield Case(
        "resolves at the end of duty",
        night,
        {DUTY_ENDS - 60: ["info"], DUTY_ENDS + 120: []},
        "shop=s",
        interval=60,
    )


def down(job: str, severity: str, wait: int) -> Iterator[Case]:
    name = f'up{{job="{job}",instance="%s"}}'
    yield Case(
        f"fires after {wait} s, for the one that is down",
        {
            name % 1: Series({0: 1, 60: 0}),
            name % 2: Series({0: 1}),
            'up{job="other",instance="3"}': Series({0: 0}),
        },
        {55: [], 60: [f"{severity}?"], 55 + wait: [f"{severity}?"], 60 + wait: [severity]},
        "instance=1",
    )
    yield Case(
        "resolves a minute after it is back",
        {name % 1: Series({0: 0, 200: 1})},
        {200: [severity], 255: [severity], 260: []},
        "instance=1",
    )
    yield Case("what nobody scrapes is not down", {'up{job="other"}': Series({0: 1})}, {300: []})


def no_data() -> Iterator[Case]:
    newest = NEWEST + '{topic="chat.messages",partition="0",instance="%s"}'
    yield Case(
        "fires 30 s after the last worker has gone, and resolves",
        {
            newest % 1: Series({0: 0, 30: None}),
            newest % 2: Series({0: 0, 60: None, 300: 300}),
            'up{job="chatpulse"}': Series(ALWAYS),
        },
        {
            55: [],
            60: ["critical?"],
            85: ["critical?"],
            90: ["critical"],
            355: ["critical"],
            360: [],
        },
    )
    yield Case("old events are events", {newest % 1: Series({0: 5000}, age)}, {300: []})
    yield Case("nothing was ever there", {}, {25: ["critical?"], 30: ["critical"]})


def checkpoints() -> Iterator[Case]:
    newest = NEWEST + '{topic="%s",partition="0"}'
    saved = 'chatpulse_checkpoint_timestamp_seconds{partition="0",instance="%s"}'
    yield Case(
        "a quiet night needs no checkpoint",
        {
            newest % "chat.messages": Series({0: -5000}),
            newest % "shop.orders": Series({0: -6000}),
            saved % 1: Series({0: -5010}),
        },
        {600: []},
    )
    yield Case(
        "the newest event of any topic, and the newest checkpoint of any worker",
        {
            newest % "chat.messages": Series({0: 121}),
            newest % "shop.orders": Series({0: 0}),
            saved % 1: Series({0: -900}),
            saved % 2: Series({0: 0}),
        },
        {60: ["warning"]},
        "partition=0",
    )
