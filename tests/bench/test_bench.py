"""The bench measures what it says: one data set, the same job, goals judged the right way round."""

import json
from pathlib import Path

import pytest

from bench import goals, plot
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


def test_the_plot_marks_our_worker() -> None:
    run = {"rate": 5.0}
    svg = plot.bars(
        {"medians": {WORKER: run, "x < y": run}, "runs": {WORKER: [run], "x < y": [run]}}
    )
    assert svg.count("<rect") == 3
    assert svg.count(plot.OURS) == 1
    assert "x &lt; y" in svg
