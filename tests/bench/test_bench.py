"""The bench measures what it says: one data set, the same job, goals judged the right way round."""

import json
from pathlib import Path

import pytest

from bench import goals, plot
from bench.growth import SIZES
from bench.minimal import Job, check, oracle
from bench.throughput import TUNED, WORKER
from bench.workload import Workload, lines
from chatpulse.contract.codec import Rejected, decode

SMALL = Workload(3000, buyers=50)


def test_equal_workloads_are_equal_bytes() -> None:
    assert list(lines(SMALL)) == list(lines(Workload(3000, buyers=50)))
    assert list(lines(SMALL)) != list(lines(Workload(3000, buyers=50, seed=1)))


def test_every_line_is_an_event_in_order_of_time() -> None:
    events = [decode(line.encode(), now_ms=SMALL.start_at * 2) for line in lines(SMALL)]
    assert not [event for event in events if isinstance(event, Rejected)]
    times = [event.at for event in events]
    assert times == sorted(times)
    orders = sum(type(event).__name__ in {"Created", "Paid"} for event in events)
    assert orders / len(events) == pytest.approx(0.15, abs=0.03)


def test_an_opening_asks_and_answers_once_in_every_conversation() -> None:
    workload = Workload(10, buyers=20, visits=5)
    opened = [json.loads(line) for line in lines(workload)][: workload.opening]
    assert [e["sender"] for e in opened] == ["buyer", "agent"] * 20
    assert len({e["buyer_id"] for e in opened}) == 20


def test_the_job_agrees_with_the_oracle(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_text("".join(lines(SMALL)), encoding="utf-8")
    job = Job()
    job.fold(path.read_bytes().splitlines())
    assert job.cells
    assert check(job.cells) == oracle(path)


def test_goals_are_met_or_missed() -> None:
    medians = {
        WORKER: {"rate": 60.0},
        TUNED: {"rate": 100.0},
        "bytewax, recovery": {"rate": 30.0},
    }
    memory = {"memory_bytes": 701, "checkpoint_bytes": 200}
    judged = goals.judged({"throughput": {"medians": medians}, "memory": memory})
    assert judged == [
        ("events/s to bytewax, recovery", ">= 3", "2.00", "**missed**"),
        (f"events/s to {TUNED}", ">= 0.6", "0.60", "met"),
        ("idle conversation in memory", "<= 700 bytes", "701 bytes", "**missed**"),
        ("in a checkpoint", "<= 200 bytes", "200 bytes", "met"),
    ]


GROWN = {"rate": 50.0, "rate_last": 90.0}
NOT_DURABLE = {"rate": None, "rate_last": 100.0}


def test_what_was_not_durable_has_missed_its_goal() -> None:
    runs = {"buyers=10000": [GROWN], "buyers=1000000": [GROWN, NOT_DURABLE]}
    what = "events/s with 1,000,000 conversations to 10,000"
    assert goals.judged({"growth": {"runs": runs}}) == [
        (f"{what}, first to last event", ">= 0.8", "1.06", "met"),
        (f"{what}, and durable", ">= 0.8", "not durable", "**missed**"),
    ]
    medians = {WORKER: NOT_DURABLE, TUNED: GROWN}
    assert goals.judged({"throughput": {"medians": medians}}) == [
        (f"events/s to {TUNED}", ">= 0.6", "not durable", "**missed**")
    ]


@pytest.mark.parametrize(
    ("half", "row"),
    [
        ({"kept": True, "p99_ms": 250.0}, ("250 ms", "met")),
        ({"kept": True, "p99_ms": 251.0}, ("251 ms", "**missed**")),
        (
            {"kept": False, "p99_ms": 20.0, "overdue_ms": 1204.0},
            ("producer 1,204 ms late", "**not measured**"),
        ),
    ],
)
def test_a_latency_is_judged_only_at_the_load_it_was_to_have(
    half: dict[str, object], row: tuple[str, str]
) -> None:
    judged = goals.judged({"latency": {"loads": {"50%": half}}})
    assert judged == [("produce to gauge, p99, at half capacity", "<= 250 ms", *row)]


def test_the_goal_for_growth_is_measured_by_default() -> None:
    assert {"buyers=10000", "buyers=1000000"} <= set(SIZES)


def test_who_was_not_durable_has_no_bar() -> None:
    gone, run = {"rate": None}, {"rate": 5.0}
    medians, runs = {WORKER: gone, TUNED: run}, {WORKER: [run, gone], TUNED: [run]}
    svg = plot.bars({"medians": medians, "runs": runs})
    assert TUNED in svg
    assert WORKER not in svg


def test_the_plot_marks_our_worker() -> None:
    run = {"rate": 5.0}
    svg = plot.bars(
        {"medians": {WORKER: run, "x < y": run}, "runs": {WORKER: [run], "x < y": [run]}}
    )
    assert svg.count("<rect") == 3
    assert svg.count(plot.OURS) == 1
    assert "x &lt; y" in svg
