"""What a scrape sees of a small shop, number by number."""

from __future__ import annotations

import subprocess

import pytest
from prometheus_client import generate_latest

from chatpulse.contract.events import Created, Event, Marked, Message, Paid, Refunded, Transfer
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.telemetry.catalogue import METRICS
from chatpulse.telemetry.samples import AGENT, SHOP
from tests.telemetry.oracle import Fixed, families, tables
from tests.tools import need

T = 1_740_967_200_000  # 2025-03-03 10:00 in Asia/Shanghai
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


class Desk:
    """Builds events of shop `s` and reads the samples that they make."""

    def __init__(self) -> None:
        self.partition = Partition(Rules())
        self._count = 0

    def wrote(self, at: int, buyer: str, agent: str | None, text: str = "这个怎么卖") -> None:
        self._apply(Message(sender="buyer", text=text, agent_id=agent, **self._base(at, buyer)))

    def replied(self, at: int, buyer: str, agent: str) -> None:
        self._apply(Message(sender="agent", text="在的", agent_id=agent, **self._base(at, buyer)))

    def transferred(self, at: int, buyer: str, to: str) -> None:
        self._apply(Transfer(to_agent_id=to, **self._base(at, buyer)))

    def bought(self, at: int, buyer: str, amount: int) -> None:
        for kind in (Created, Paid):
            order = {"order_id": f"o-{buyer}", "amount_minor": amount}
            self._apply(kind(**order, **self._base(at, buyer)))

    def refunded(self, at: int, buyer: str, amount: int) -> None:
        base = self._base(at, buyer)
        self._apply(Refunded(order_id=f"o-{buyer}", amount_minor=amount, **base))

    def marked(self, at: int, buyer: str) -> None:
        self._apply(Marked(verdict="ad", by="boss", **self._base(at, buyer)))

    def scrape(self, now: int) -> dict[str, float]:
        """Return the value of every sample, by its text without the shop's label."""
        self.partition.refresh(now)
        found = {}
        for family in families(tables([self.partition])):
            for sample in family.samples:
                labels = {k: v for k, v in sample.labels.items() if k != "shop"}
                text = ",".join(f"{k}={v}" for k, v in labels.items())
                found[f"{sample.name.removeprefix('chatpulse_')}{{{text}}}"] = sample.value
        return found

    def _base(self, at: int, buyer: str) -> dict[str, object]:
        self._count += 1
        return {"event_id": f"e{self._count}", "shop_id": "s", "buyer_id": buyer, "at": at}

    def _apply(self, event: Event) -> None:
        self.partition.apply(event)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_waiting_buyer_is_the_assignees_by_the_assignees_clock(desk: Desk) -> None:
    desk.wrote(T, "b1", None)
    desk.wrote(T + SECOND, "b2", "a1")
    desk.transferred(T + 20 * SECOND, "b1", "a2")
    desk.wrote(T + 30 * SECOND, "b3", None)
    seen = desk.scrape(T + MINUTE)
    assert seen["shop_waiting_buyers{}"] == 3
    assert seen["shop_queued_buyers{}"] == 1
    assert seen["shop_oldest_wait_start_timestamp_seconds{}"] == T / 1000
    assert seen["agent_waiting_buyers{agent=a1}"] == 1
    assert seen["agent_oldest_wait_start_timestamp_seconds{agent=a1}"] == T / 1000 + 1
    assert seen["agent_oldest_wait_start_timestamp_seconds{agent=a2}"] == T / 1000 + 20
    assert seen["shop_active_conversations{}"] == 3
    assert seen["agent_active_conversations{agent=a2}"] == 1


def test_nobody_waits_after_two_hours_and_no_series_of_an_agent_stays(desk: Desk) -> None:
    desk.wrote(T, "b1", "a1")
    seen = desk.scrape(T + 2 * HOUR)
    assert seen["shop_waiting_buyers{}"] == 1
    seen = desk.scrape(T + 2 * HOUR + 1)
    assert seen["shop_waiting_buyers{}"] == 0
    assert "shop_oldest_wait_start_timestamp_seconds{}" not in seen
    assert any(name.startswith("agent_") for name in seen)  # the consultation of today
    seen = desk.scrape(T + 24 * HOUR)
    assert not any(name.startswith("agent_") for name in seen)


def test_windows_slide_by_the_minute_of_the_reply(desk: Desk) -> None:
    desk.wrote(T, "b1", "a1")
    desk.replied(T + 45 * SECOND, "b1", "a1")
    for now, count in (
        (T + 45 * SECOND, 1),
        (T + 4 * MINUTE + 59 * SECOND, 1),
        (T + 5 * MINUTE, 0),
    ):
        seen = desk.scrape(now)
        assert seen["shop_window_responses{window=5m}"] == count
        assert ("agent_window_responses{agent=a1,window=5m}" in seen) == bool(count)
    assert seen["agent_window_responses{agent=a1,window=1h}"] == 1
    assert seen["agent_window_response_seconds{agent=a1,window=1h}"] == 45
    assert seen["agent_response_mean_seconds{agent=a1,window=1h}"] == 45
    assert seen["agent_response_p90_seconds{agent=a1,window=1h}"] == 43.5  # 30 s + 0.9 x 15 s
    assert seen["shop_within_ratio{window=1h,limit=30}"] == 0
    assert seen["shop_within_ratio{window=1h,limit=60}"] == 1
    assert seen["shop_reply_ratio{window=today}"] == 1
    assert "shop_window_responses{window=1h}" in desk.scrape(T + 60 * MINUTE)
    assert desk.scrape(T + 60 * MINUTE)["shop_window_responses{window=1h}"] == 0
    assert desk.scrape(T + 60 * MINUTE)["shop_window_responses{window=today}"] == 1


def test_an_overdue_round_counts_in_the_minute_in_which_the_limit_passed(desk: Desk) -> None:
    desk.wrote(T, "b1", "a1")
    at_limit = desk.scrape(T + 60 * SECOND)
    assert at_limit["shop_window_duty_rounds{window=5m,limit=60}"] == 0
    after = desk.scrape(T + 60 * SECOND + 1)
    assert after["shop_window_duty_rounds{window=5m,limit=60}"] == 1
    assert after["shop_window_rounds_within{window=5m,limit=60}"] == 0
    assert after["shop_window_duty_rounds{window=5m,limit=180}"] == 0
    assert desk.scrape(T + 6 * MINUTE)["shop_window_duty_rounds{window=5m,limit=60}"] == 0


def test_sales_refunds_conversion_and_assists_of_today(desk: Desk) -> None:
    desk.wrote(T, "b1", "a1")
    desk.replied(T + SECOND, "b1", "a1")
    desk.replied(T + 2 * SECOND, "b1", "a2")
    desk.bought(T + MINUTE, "b1", 12_345)
    desk.refunded(T + 2 * MINUTE, "b1", 345)
    desk.wrote(T, "b2", "a2")
    seen = desk.scrape(T + 3 * MINUTE)
    assert seen["shop_sales_minor{}"] == seen["agent_sales_minor{agent=a2}"] == 12_345
    assert seen["agent_sales_minor{agent=a1}"] == 0
    assert seen["agent_refunds_minor{agent=a2}"] == 345
    assert seen["shop_paying_buyers{}"] == 1
    assert seen["shop_unit_price_minor{}"] == 12_345
    assert seen["agent_assists{agent=a1,kind=order}"] == 1
    assert seen["shop_paid_orders{credit=closed}"] == 1
    assert seen["shop_inquiries{span=final}"] == 2
    assert seen["shop_conversion_ratio{span=same_day}"] == 0.5


def test_an_excluded_buyer_is_taken_out_of_everything_but_the_count(desk: Desk) -> None:
    desk.wrote(T, "b1", "a1")
    assert desk.scrape(T + SECOND)["agent_waiting_buyers{agent=a1}"] == 1
    desk.marked(T + 2 * SECOND, "b1")
    seen = desk.scrape(T + 3 * SECOND)
    assert seen["shop_waiting_buyers{}"] == seen["shop_active_conversations{}"] == 0
    assert seen["shop_excluded_buyers{reason=ad}"] == 1
    assert not any(name.startswith("agent_") for name in seen)


def test_the_histogram_counts_a_reply_once_and_never_takes_it_back(desk: Desk) -> None:
    desk.wrote(T, "b1", "a1")
    desk.replied(T + 7 * SECOND, "b1", "a1")
    name = "shop_response_duration_seconds"
    for now in (T + 8 * SECOND, T + 9 * SECOND):
        seen = desk.scrape(now)
        assert seen[f"{name}_bucket{{le=5.0}}"] == 0
        assert seen[f"{name}_bucket{{le=10.0}}"] == 1
        assert seen[f"{name}_bucket{{le=+Inf}}"] == seen[f"{name}_count{{}}"] == 1
        assert seen[f"{name}_sum{{}}"] == 7
    desk.marked(T + 10 * SECOND, "b1")
    assert desk.scrape(T + 11 * SECOND)[f"{name}_count{{}}"] == 1


def test_every_series_is_of_the_catalogue_once_with_its_labels() -> None:
    for columns, owner in ((AGENT, ("shop", "agent")), (SHOP, ("shop",))):
        for metric, name, labels in columns:
            assert METRICS[metric.name] is metric
            assert name.removeprefix(metric.name) in {"", "_bucket", "_count", "_sum"}
            assert {*owner, *labels} - {"le"} == set(metric.labels)
        assert len({(name, *labels.items()) for _, name, labels in columns}) == len(columns)
    exported = {column.metric.name for column in (*AGENT, *SHOP)}
    levels = ("chatpulse_agent_", "chatpulse_shop_")
    assert exported == {name for name in METRICS if name.startswith(levels)}


def test_tables_have_a_value_for_every_column(desk: Desk) -> None:
    desk.wrote(T, "b1", "a1")
    desk.partition.refresh(T + SECOND)
    (shop,) = tables([desk.partition])
    assert len(shop.shop) == len(SHOP)
    assert [len(values) for values in shop.agents.values()] == [len(AGENT)]


def test_promtool_is_content(desk: Desk) -> None:
    test_sales_refunds_conversion_and_assists_of_today(desk)
    promtool = need("promtool")
    text = generate_latest(Fixed(families(tables([desk.partition]))))
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
