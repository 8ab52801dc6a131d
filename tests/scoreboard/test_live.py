"""Live boards: windows, open waits, active conversations, the histogram, today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import pytest

from chatpulse.contract.events import EventBase
from chatpulse.conversations.rounds import BUCKETS
from chatpulse.scoreboard.live import LiveBoards, Waiting
from chatpulse.scoreboard.notes import Outcome
from chatpulse.scoreboard.partition import Partition
from tests.builders import (
    bot,
    clock,
    created,
    date,
    marked,
    ms,
    paid,
    printed,
    replied,
    rules_of,
    transferred,
    wrote,
)

Numbers = dict[str, dict[str, int]]


def boards(
    *events: EventBase, now: str, rules: Mapping[str, Any] | None = None, live: bool = True
) -> LiveBoards:
    """Return the boards at `now` after looking at them after every event."""
    partition = Partition(rules_of(rules), live=live)
    for event in events:
        partition.apply(event)
        partition.refresh(min(event.at, ms(now)))
    partition.refresh(ms(now))
    return partition.boards["s1"]


def numbers(found: LiveBoards, window: str, *names: str) -> Numbers:
    """Pick numbers of a window that are not zero; without names all of them."""
    picked = {
        owner or "shop": {k: n for k, n in counts.items() if n and (not names or k in names)}
        for owner, counts in found.window(window).items()
    }
    return {owner: counts for owner, counts in picked.items() if counts}


class Seen(NamedTuple):
    """When something is in a window: from the first to the last instant."""

    name: str
    events: list[EventBase]
    numbers: tuple[str, ...]
    window: str
    since: str
    until: str
    then: Numbers


def both(**counts: int) -> Numbers:
    return {"shop": counts, "a1": counts}


ANSWERED = ("answered", "response_ms_sum")
DUTY = ("duty_30s", "duty_60s", "duty_180s", "duty_300s")
HITS = ("within_30s", "within_60s", "within_180s", "within_300s")

WINDOWS = [
    Seen(
        "an answer counts in its minute and the four after it",
        [wrote("10:00:30"), replied("10:01:59.999")],
        ANSWERED,
        "5m",
        "10:01:59.999",
        "10:05:59.999",
        both(answered=1, response_ms_sum=89_999),
    ),
    Seen(
        "and the 59 after it",
        [wrote("10:00:30"), replied("10:01")],
        ANSWERED,
        "1h",
        "10:01",
        "11:00:59.999",
        both(answered=1, response_ms_sum=30_000),
    ),
    Seen(
        "a hit of 30 s counts at the reply",
        [wrote("10:00:50"), replied("10:01:10")],
        ("duty_30s", "within_30s"),
        "5m",
        "10:01:10",
        "10:05:59.999",
        both(duty_30s=1, within_30s=1),
    ),
    Seen(
        "a miss of 30 s counts 30 s after the question, not at the reply",
        [wrote("10:00:40"), replied("10:03")],
        ("duty_30s", "within_30s"),
        "5m",
        "10:03",
        "10:05:59.999",
        both(duty_30s=1),
    ),
    Seen(
        "an open round counts for 30 s a millisecond after they are over, in their minute",
        [wrote("10:00:29.999", to="a1")],
        ("duty_30s", "within_30s"),
        "5m",
        "10:01:00",
        "10:04:59.999",
        both(duty_30s=1),
    ),
    Seen(
        "for 300 s",
        [wrote("10:00", to="a1")],
        ("duty_300s",),
        "5m",
        "10:05:00.001",
        "10:09:59.999",
        both(duty_300s=1),
    ),
    Seen(
        "a reply after more than N leaves the miss where it was",
        [wrote("10:00", to="a1"), replied("10:07")],
        ("duty_300s", "within_300s"),
        "5m",
        "10:07",
        "10:09:59.999",
        both(duty_300s=1),
    ),
    Seen(
        "exactly N is a hit at the reply",
        [wrote("10:00", to="a1"), replied("10:05")],
        ("duty_300s", "within_300s"),
        "5m",
        "10:05",
        "10:09:59.999",
        both(duty_300s=1, within_300s=1),
    ),
    Seen(
        "a missed round counts N after the question, too",
        [wrote("23:59:45", to="a1")],
        ("duty_30s",),
        "1h",
        "+1 00:00",
        "+1 00:59:59.999",
        both(duty_30s=1),
    ),
    Seen(
        "in the minute of the limit, though it is known at midnight",
        [wrote("23:59:45", to="a1")],
        ("duty_300s",),
        "5m",
        "+1 00:04",
        "+1 00:08:59.999",
        both(duty_300s=1),
    ),
    Seen(
        "a consultation counts at its first question, replied too",
        [wrote("10:00", to="a1"), wrote("10:02", to="a1"), replied("10:03")],
        ("consulted", "replied"),
        "5m",
        "10:03",
        "10:04:59.999",
        both(consulted=1, replied=1),
    ),
]


@pytest.mark.parametrize("seen", WINDOWS, ids=lambda seen: seen.name)
def test_windows(seen: Seen) -> None:
    rules = {"duty_window": ["00:00", "24:00"]}
    first, last = ms(seen.since), ms(seen.until)
    partition = Partition(rules_of(rules))
    for event in seen.events:
        partition.apply(event)
        partition.refresh(event.at)
    found = partition.boards["s1"]
    for now in (first - 1, first, last, last + 1):
        if now < found.now:
            continue
        partition.refresh(now)
        expected = seen.then if first <= now <= last else {}
        assert numbers(found, seen.window, *seen.numbers) == expected


def test_the_agents_clock_counts_in_the_agents_row() -> None:
    events = [wrote("10:00"), transferred("10:02", None, "a1"), replied("10:02:20")]
    found = boards(*events, now="10:03")
    assert numbers(found, "5m", *DUTY, *HITS) == {
        "shop": {"duty_30s": 1, "duty_60s": 1, "duty_180s": 1, "duty_300s": 1}
        | {"within_180s": 1, "within_300s": 1},
        "a1": dict.fromkeys((*DUTY, *HITS), 1),
    }


def test_a_window_has_all_limits_and_the_histogram() -> None:
    found = boards(wrote("10:00", to="a1"), replied("10:02"), now="10:03")
    assert numbers(found, "5m") == {
        owner: {
            "answered": 1,
            "response_ms_sum": 120_000,
            BUCKETS[9]: 1,
            "duty_30s": 1,
            "duty_60s": 1,
            "duty_180s": 1,
            "duty_300s": 1,
            "within_180s": 1,
            "within_300s": 1,
            "consulted": 1,
            "replied": 1,
        }
        for owner in ("shop", "a1")
    }
    assert numbers(found, "1h") == numbers(found, "5m")


def test_asked_outside_duty_is_in_no_rate() -> None:
    found = boards(wrote("07:00", to="a1"), replied("07:01"), now="07:02")
    assert numbers(found, "5m", *DUTY, *HITS) == {}
    assert numbers(found, "5m", *ANSWERED) == both(answered=1, response_ms_sum=60_000)


def test_a_reply_that_comes_late_moves_the_numbers() -> None:
    """The reply of 10:01 is read after that of 10:02."""
    found = boards(
        wrote("10:00", to="a1"),
        replied("10:02"),
        replied("10:01", "a2"),
        now="10:02",
    )
    assert numbers(found, "5m", *ANSWERED) == {
        "shop": {"answered": 1, "response_ms_sum": 60_000},
        "a2": {"answered": 1, "response_ms_sum": 60_000},
    }


def test_excluded_buyers_are_taken_out_and_put_back() -> None:
    events = [wrote("10:00", to="a1"), replied("10:01"), wrote("10:01:30", to="a1")]
    room = [wrote("10:00", to="a1", buyer="b2")]
    full = boards(*events, *room, now="10:02")
    out = boards(*events, *room, marked("10:01:40", "ad"), now="10:02")
    alone = boards(*room, now="10:02")
    again = boards(
        *events, *room, marked("10:01:40", "ad"), marked("10:01:50", "genuine"), now="10:02"
    )
    for window in ("5m", "1h"):
        assert numbers(out, window) == numbers(alone, window)
        assert numbers(again, window) == numbers(full, window)
    assert out.waiting() == alone.waiting() == [Waiting("a1", 1, ms("10:00"))]
    assert again.waiting() == full.waiting() == [Waiting("a1", 2, ms("10:00"))]
    assert out.active_conversations() == {"": 1, "a1": 1}
    assert full.active_conversations() == {"": 2, "a1": 2}
    assert numbers(out, "today", "excluded.ad", "rounds") == {
        "shop": {"excluded.ad": 1, "rounds": 1},
        "a1": {"rounds": 1},
    }
    assert numbers(again, "today") == numbers(full, "today")


def test_the_third_buyer_makes_a_campaign_of_the_first_two() -> None:
    long = "全场清仓推广快来看看吧朋友们"  # with one keyword
    two = [wrote("10:00", long, buyer=buyer, to="a1") for buyer in ("b1", "b2")]
    assert len(boards(*two, now="10:01").open_waits()) == 2
    found = boards(*two, wrote("10:01", long, buyer="b3", to="a1"), now="10:01")
    assert found.open_waits() == []
    assert numbers(found, "today") == {"shop": {"excluded.ad": 3}}


def test_what_is_over_is_not_shown_while_boards_are_counted_in_slices() -> None:
    old = [wrote("10:00", buyer=f"b{n}", to="a1") for n in range(3)]
    new = [wrote("12:01", buyer=f"c{n}", to="a1") for n in range(3)]
    partition = Partition(rules_of(None))
    for event in old:
        partition.apply(event)
    partition.refresh(ms("10:05"))
    found = partition.boards["s1"]
    assert (len(found.open_waits()), found.active_conversations()) == (3, {"": 3, "a1": 3})
    for event in new:
        partition.apply(event)
    while not partition.refresh(ms("12:01"), 1):
        assert {wait.since for wait in found.open_waits()} <= {ms("12:01")}
        assert found.active_conversations().get("a1", 0) == len(found.open_waits())
    full = boards(*old, *new, now="12:01")
    assert found.waiting() == full.waiting()
    assert found.active_conversations() == full.active_conversations() == {"": 3, "a1": 3}
    for now in ("14:02", "14:03"):
        partition.refresh(ms(now))
    assert found.open_waits() == found.active_assignees() == []
    if isinstance(found, LiveBoards):
        assert (found.waits, found.active) == ({}, {})  # let go within a minute


def test_no_shop_keeps_the_others_waiting() -> None:
    """Where more changes than can be counted, every shop has its turn."""
    partition = Partition(rules_of(None))
    shops = ("s1", "s2", "s3")

    def busy(minute: int) -> None:
        for shop_id in shops:
            for number in range(3):
                event = wrote(f"10:{minute:02}", buyer=f"b{number}", to="a1")
                partition.apply(msgspec.structs.replace(event, shop_id=shop_id))

    seen: Counter[str] = Counter()
    for minute in range(6):
        busy(minute)
        assert partition.uncounted == 9  # what was counted has changed again
        assert not partition.refresh(ms(f"10:{minute:02}"), 2)
        seen.update(s for s in shops if partition.boards[s].uncounted < 3)
    assert dict(seen) == dict.fromkeys(shops, 2)


def test_one_shop_is_brought_up_to_date_alone() -> None:
    partition = Partition(rules_of(None))
    for shop_id in ("s1", "s2"):
        event = wrote("10:00", to="a1")
        partition.apply(msgspec.structs.replace(event, shop_id=shop_id))
    assert partition.refresh_shop("s2", ms("10:01"), 10)
    found = {shop_id: boards.uncounted for shop_id, boards in partition.boards.items()}
    assert found == {"s1": 1, "s2": 0}
    assert [w.waiting for w in partition.boards["s2"].waiting()] == [1]
    assert not partition.refresh_shop("s1", ms("10:01"), 1)  # there may be more
    with pytest.raises(KeyError):
        partition.refresh_shop("s3", ms("10:01"), 10)


# ---- today --------------------------------------------------------------------------------------


WAKING = [
    ("a recall", wrote("10:00:20", content="recall")),
    ("what is too late", wrote("09:57:59.999", to="a2")),
]


@pytest.mark.parametrize("event", [w[1] for w in WAKING], ids=[w[0] for w in WAKING])
@pytest.mark.parametrize("is_overdue", [False, True], ids=["before", "overdue"])
def test_what_changes_nothing_takes_no_deadline_from_a_row_at_rest(
    event: EventBase, *, is_overdue: bool
) -> None:
    partition = Partition(rules_of())
    partition.apply(wrote("10:00", to="a1"))
    partition.refresh(ms("10:00"))
    for _ in "twice":
        list(partition.dump())
    found, rows = partition.boards["s1"], partition.shops["s1"].notes.rows
    if is_overdue:
        partition.refresh(ms("10:00:30.001"), 0)
    assert rows.is_idle("b1")
    outcome = partition.apply(event)
    assert outcome is Outcome.LATE or not rows.is_idle("b1")
    partition.refresh(ms("10:00:30.001"))
    assert numbers(found, "5m", *DUTY) == both(duty_30s=1)
    partition.refresh(ms("10:01:00.001"))
    assert numbers(found, "5m", *DUTY) == both(duty_30s=1, duty_60s=1)


def test_today_is_the_shops_day() -> None:
    events = [wrote("23:59", to="a1"), replied("23:59:30"), paid("23:59:40", amount=5)]
    names = ("rounds", "sales_minor")
    assert numbers(boards(*events, now="23:59:59.999"), "today", *names) == both(
        rounds=1, sales_minor=5
    )
    assert numbers(boards(*events, now="+1 00:00"), "today", *names) == {}
    utc = {"timezone": "UTC"}
    found = boards(*events, now="+1 00:00", rules=utc)
    assert numbers(found, "today", *names) == both(rounds=1, sales_minor=5)


def test_yesterday_stays_on_the_boards_until_it_closes() -> None:
    partition = Partition(rules_of())
    for event in (wrote("10:00", to="a1"), replied("10:01")):
        partition.apply(event)
    partition.refresh(ms("+1 10:00"))
    assert [card.answered for card in partition.scorecards("s1", date(0))] == [1, 1]
    assert partition.scorecards("s1") == []
    partition.apply(created("+5 10:00"))
    partition.refresh(ms("+5 10:00"))
    assert [card.ordered_final for card in partition.scorecards("s1", date(0))] == [0, 0]
    before = printed(partition.scorecards("s1", date(0)))
    partition.apply(clock("+9 00:00"))
    partition.refresh(ms("+9 00:00"))
    assert printed(partition.scorecards("s1", date(0))) == before


def test_a_day_rolls_over_by_the_clock_alone() -> None:
    found = boards(wrote("10:00", to="a1"), now="10:01")
    assert numbers(found, "today", "rounds", "missed") == both(rounds=1)
    found.refresh(ms("+1 00:00"))
    (card, _) = found.days[date(0).toordinal()].scorecards("s1")
    assert (card.rounds, card.missed, card.abandoned) == (1, 1, 1)


def test_a_clock_that_steps_back_stands_still() -> None:
    found = boards(wrote("10:00", to="a1"), now="10:05:00.001")
    assert numbers(found, "5m", "duty_300s") == both(duty_300s=1)
    found.refresh(ms("10:01"))
    assert found.now == ms("10:05:00.001")
    assert numbers(found, "5m", "duty_300s") == both(duty_300s=1)


# ---- open waits ---------------------------------------------------------------------------------


class Wait(NamedTuple):
    name: str
    events: list[EventBase]
    now: str
    then: list[tuple[str | None, int, str]]


WAITS = [
    Wait("nobody", [replied("10:00")], "10:01", []),
    Wait("since the first message", [wrote("10:00", to="a1"), wrote("10:01", to="a1")], "10:02",
         [("a1", 1, "10:00")]),
    Wait("the queue", [wrote("10:00")], "10:02", [(None, 1, "10:00")]),
    Wait("until a reply of anybody", [
        wrote("10:00", to="a1"), replied("10:01", "a2")], "10:02", []),
    Wait("not until an auto reply or a bot", [
        wrote("10:00", to="a1"), replied("10:01", auto=True), bot("10:01", assist=True)],
        "10:02", [("a1", 1, "10:00")]),
    Wait("a closer does not wait", [
        replied("10:00"), wrote("10:01", "好的", to="a1")], "10:02", []),
    Wait("a closer in a wait changes the assignee only", [
        replied("09:00"), wrote("10:00", to="a1"), wrote("10:01", "好的", to="a2")],
        "10:02", [("a2", 1, "10:00")]),
    Wait("by the assignee's clock", [wrote("10:00", to="a1"), transferred("10:01", "a1", "a2")],
         "10:02", [("a2", 1, "10:01")]),
    Wait("a transfer before the question moves no clock", [
        transferred("09:59", None, "a1"), wrote("10:00", to="a1")], "10:02", [("a1", 1, "10:00")]),
    Wait("transferred back the newest counts", [
        wrote("10:00", to="a1"), transferred("10:01", "a1", "a2"),
        transferred("10:02", "a2", "a1")], "10:03", [("a1", 1, "10:02")]),
    Wait("back in the queue", [wrote("10:00", to="a1"), wrote("10:01")], "10:02",
         [(None, 1, "10:00")]),
    Wait("over midnight, unlike the round", [wrote("23:30", to="a1")], "+1 01:00",
         [("a1", 1, "23:30")]),
    Wait("for two hours", [wrote("10:00", to="a1")], "12:00", [("a1", 1, "10:00")]),
    Wait("not longer", [wrote("10:00", to="a1")], "12:00:00.001", []),
    Wait("a message after two hours goes on with the wait", [
        wrote("10:00", to="a1"), wrote("12:00", to="a1")], "12:00:00.001", []),
    Wait("a later one starts a new wait", [
        wrote("10:00", to="a1"), wrote("12:00:00.001", to="a1")], "12:01",
        [("a1", 1, "12:00:00.001")]),
    Wait("by the shop's clock also where the agent's is younger", [
        wrote("10:00", to="a1"), transferred("11:59", "a1", "a2")], "12:00:00.001", []),
    Wait("a wait of yesterday goes on by its own start", [
        wrote("23:00", to="a1"), wrote("+1 00:30", to="a2")], "+1 00:59", [("a2", 1, "23:00")]),
    Wait("and by the clock of the transfer of yesterday", [
        wrote("23:30", to="a1"), transferred("23:40", "a1", "a2"), wrote("+1 00:10", to="a2")],
        "+1 00:12", [("a2", 1, "23:40")]),
    Wait("a transfer of a wait that is over moves no clock", [
        wrote("10:00", to="a1"), transferred("10:01", "a1", "a2"), replied("10:02", "a2"),
        wrote("10:03", to="a2")], "10:04", [("a2", 1, "10:03")]),
    Wait("several buyers", [
        wrote("10:01", to="a1"), wrote("10:00", to="a1", buyer="b2"), wrote("10:02", buyer="b3"),
        wrote("10:03", to="a2", buyer="b4")], "10:05",
        [(None, 1, "10:02"), ("a1", 2, "10:00"), ("a2", 1, "10:03")]),
    Wait("without buyers of a day left out", [
        wrote("10:00", to="a1"), marked("10:01", "internal")], "10:05", []),
    Wait("the day is that of the wait's start", [
        wrote("23:30", to="a1"), wrote("+1 00:10", to="a1"), marked("+1 00:11", "ad")],
        "+1 00:12", [("a1", 1, "23:30")]),
]  # fmt: skip


@pytest.mark.parametrize("case", WAITS, ids=lambda case: case.name)
def test_open_waits(case: Wait) -> None:
    found = boards(*case.events, now=case.now)
    expected = [Waiting(agent, n, ms(since)) for agent, n, since in case.then]
    assert found.waiting() == expected
    assert len(found.open_waits()) == sum(wait.waiting for wait in expected)


def test_the_shop_sees_its_own_clock() -> None:
    found = boards(wrote("10:00", to="a1"), transferred("10:01", "a1", "a2"), now="10:02")
    (wait,) = found.open_waits()
    assert (wait.assignee, wait.since, wait.agent_since) == ("a2", ms("10:00"), ms("10:01"))


ACTIVE = [
    ("for ten minutes after a message", [wrote("10:00", to="a1")], "10:10", {"": 1, "a1": 1}),
    ("not longer", [wrote("10:00", to="a1")], "10:10:00.001", {}),
    ("any message counts", [wrote("10:00", to="a1"), bot("10:05")], "10:15", {"": 1, "a1": 1}),
    ("a transfer is none, but moves it", [
        wrote("10:00", to="a1"), transferred("10:05", "a1", "a2")], "10:10", {"": 1, "a2": 1}),
    ("a recall is none", [
        wrote("10:00", to="a1"), wrote("10:05", content="recall")], "10:10:00.001", {}),
    ("the queue is the shop's", [wrote("10:00")], "10:01", {"": 1}),
    ("a reply assigns nobody", [replied("10:00")], "10:01", {"": 1}),
    ("buyers of a day left out are not", [wrote("10:00"), marked("10:00", "ad")], "10:01", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "events", "now", "then"), ACTIVE, ids=[c[0] for c in ACTIVE])
def test_active_conversations(
    name: str, events: list[EventBase], now: str, then: dict[str, int]
) -> None:
    assert boards(*events, now=now).active_conversations() == then


# ---- the histogram ------------------------------------------------------------------------------


def responses(found: LiveBoards) -> tuple[dict[int, int], int]:
    return {i: n for i, n in enumerate(found.response_counts) if n}, found.response_ms_sum


QUESTION, ANSWER = wrote("10:00", to="a1"), replied("10:02")
HISTOGRAMS = [
    ("a reply counts by the shop's wait", [
        wrote("10:00"), transferred("10:01", None, "a1"), ANSWER], ({9: 1}, 120_000)),
    ("once", [QUESTION, ANSWER, ANSWER, wrote("10:03", "好的"), replied("10:04")],
     ({9: 1}, 120_000)),
    ("it is never taken back", [QUESTION, ANSWER, marked("10:03", "ad")], ({9: 1}, 120_000)),
    ("nor counted again", [
        QUESTION, ANSWER, marked("10:03", "ad"), marked("10:04", "genuine")], ({9: 1}, 120_000)),
    ("of a day left out it does not count", [
        marked("09:00", "ad"), QUESTION, ANSWER], ({}, 0)),
    ("until it is genuine", [
        marked("09:00", "ad"), QUESTION, ANSWER, marked("10:03", "genuine")], ({9: 1}, 120_000)),
    ("a reply that overtakes counts too", [
        QUESTION, ANSWER, replied("10:01", "a2")], ({6: 1, 9: 1}, 180_000)),
    ("two buyers", [
        QUESTION, ANSWER, wrote("10:00", buyer="b2"), replied("10:00", buyer="b2")],
        ({0: 1, 9: 1}, 120_000)),
    ("more than the largest bound", [
        QUESTION, replied("10:30:00.001")], ({14: 1}, 1_800_001)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "events", "then"), HISTOGRAMS, ids=[c[0] for c in HISTOGRAMS])
def test_the_histogram_counts_a_reply_once(
    name: str, events: list[EventBase], then: tuple[dict[int, int], int]
) -> None:
    assert responses(boards(*events, now="12:00")) == then


def test_a_restored_worker_counts_new_replies_only() -> None:
    partition = Partition(rules_of())
    for event in (QUESTION, ANSWER, wrote("10:03", to="a1")):
        partition.apply(event)
    restored = Partition.load(rules_of(), partition.dump())
    restored.refresh(ms("10:04"))
    assert responses(restored.boards["s1"]) == ({}, 0)
    restored.apply(replied("10:05"))
    restored.refresh(ms("10:05"))
    assert responses(restored.boards["s1"]) == ({9: 1}, 120_000)
