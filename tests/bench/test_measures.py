"""What a run's figures are: none where nothing was durable, another load where it was not kept."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench import engine, fold, growth, workload
from bench.crowd import Schedule, Window
from bench.meter import Meter
from bench.peers import worker
from bench.processes import FailedError
from bench.throughput import PLAIN_WORKER, TUNED, WORKER, _chosen
from bench.turns import in_turns, median, medians
from chatpulse.worker import app


def test_a_meter_has_no_rate_for_what_was_never_durable() -> None:
    def metered(*, durable: bool) -> dict[str, object]:
        meter = Meter(10)
        meter.begin()
        meter.reached(2)
        meter.reached(10)
        meter.done(durable=durable)
        meter.done(durable=not durable)  # what is said later does not count
        return meter.result("")

    durable, given_up = metered(durable=True), metered(durable=False)
    missing = {name for name, value in given_up.items() if value is None}
    assert missing == {"durable_s", "rate", "rate_warm"}
    assert not [name for name, value in durable.items() if value is None]
    assert given_up.keys() == durable.keys()


@pytest.mark.parametrize("written", [True, False])
def test_the_last_checkpoint_of_a_stop_says_whether_all_is_durable(
    monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    class Checkpointer:
        def __init__(self) -> None:
            self._stopping = asyncio.Event()

        async def last(self, seconds: float) -> bool:
            return written

    async def stops() -> None:
        checkpointer: Any = app.Checkpointer()
        await checkpointer.last(2.0)  # partitions were taken away: not the end
        assert not probe.meter.is_done
        checkpointer._stopping.set()
        await checkpointer.last(2.0)
        assert probe.meter.is_done

    monkeypatch.setattr(app, "Stage", app.Stage)
    monkeypatch.setattr(app, "Checkpointer", Checkpointer)
    probe = worker.Probe({"events": 10})
    worker._watch(probe)
    probe.meter.begin()
    probe.meter.reached(2)
    probe.meter.reached(10)
    asyncio.run(stops())
    assert (probe.meter.result("")["rate"] is not None) == written


def test_a_median_of_runs_that_were_not_all_durable_is_none() -> None:
    runs = [{"rate": 1.0, "n": 5}, {"rate": None, "n": 7}, {"rate": 3.0, "n": 9}]
    assert medians(runs) == {"rate": None, "n": 7}
    assert median(runs[::2], "rate") == 2.0


def test_who_fails_is_told_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter([{"rate": 1.0}, {"rate": None}, {"rate": 2.0}])

    def fails() -> dict[str, object]:
        raise FailedError("no result")

    runs, failed = in_turns({"bad": fails, "good": lambda: next(answers)}, 3)
    assert runs == {"good": [{"rate": 1.0}, {"rate": None}, {"rate": 2.0}]}
    assert failed == {"bad": "no result"}
    assert "not durable" in capsys.readouterr().out


def test_who_is_measured_once_has_its_turn_in_the_first_round() -> None:
    order: list[str] = []

    def measured(name: str) -> dict[str, object]:
        order.append(name)
        return {"rate": 1.0}

    measures = {name: partial(measured, name) for name in ("often", "once")}
    runs, failed = in_turns(measures, 3, ["once"])
    assert order == ["often", "once", "often", "often"]
    assert {name: len(found) for name, found in runs.items()} == {"often": 3, "once": 1}
    assert not failed


RATE = 6400.0
TURNS_PER_SECOND = 64


def looked(unsent_at: dict[int, int]) -> Schedule:
    """Keep a schedule for 15 seconds, of which the last 10 count, with records unsent at turns."""
    schedule = Schedule(RATE, Window(begins=100.0, opens=105.0, closes=115.0))
    for turn in range(15 * TURNS_PER_SECOND + 1):
        now = 100.0 + turn / TURNS_PER_SECOND
        schedule.count += schedule.look(now, unsent_at.get(turn, 0))
    return schedule


@pytest.mark.parametrize(
    ("unsent_at", "overdue", "kept", "rate"),
    [
        pytest.param({}, 100, True, 6400, id="only what a turn brings"),
        pytest.param({960: 1180}, 1280, True, 6282, id="a fiftieth of the window at its end"),
        pytest.param({960: 1181}, 1281, False, 6281.9, id="more than a fiftieth"),
        pytest.param({500: 9000}, 9100, False, 6400, id="made up for, but late in the middle"),
        pytest.param({319: 9000}, 100, True, 6400, id="late before the window"),
        pytest.param({320: 1180}, 1280, True, 6518, id="late when it opens"),
    ],
)
def test_a_rate_is_kept_if_nothing_was_ever_late(
    unsent_at: dict[int, int], overdue: int, *, kept: bool, rate: float
) -> None:
    schedule = looked(unsent_at)
    assert schedule.count == 15 * RATE
    assert (schedule.most_overdue, schedule.kept) == (overdue, kept)
    assert schedule.measured_rate == pytest.approx(rate)


def test_a_word_that_is_a_name_means_that_one_only() -> None:
    names = [WORKER, PLAIN_WORKER, TUNED, "bare aiokafka"]
    assert _chosen(names, []) == _chosen(names, ["buyers=10000"]) == names
    assert _chosen(names, [WORKER]) == [WORKER]
    assert _chosen(names, ["worker", "bare aiokafka"]) == [WORKER, PLAIN_WORKER, "bare aiokafka"]


def test_what_was_not_even_sent_is_told_apart_from_what_the_broker_had_not_taken() -> None:
    schedule = Schedule(RATE, Window(begins=100.0, opens=105.0, closes=115.0))
    schedule.count = 38_000
    assert schedule.look(106.0, 500) == 400
    assert (schedule.most_overdue, schedule.unsent) == (900, 400)
    schedule.count = 38_400
    assert schedule.look(106.0, 300) == 0
    assert (schedule.most_overdue, schedule.unsent) == (900, 400)


def test_agents_are_compared_on_fewer_events_than_conversations() -> None:
    few, many = (growth._workload(size, 2_000_000) for size in ("agents=100", "buyers=1000000"))
    assert (few.events, few.agents, few.buyers) == (500_000, 100, 10_000)
    assert (many.events, many.agents, many.buyers) == (2_000_000, 400, 1_000_000)


def test_both_engines_do_the_same_work_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workload, "FOLDER", tmp_path)
    found = fold.run(2000, 300)["engines"]
    assert engine.PLAIN in found
    assert found.keys() == {engine.default(), engine.PLAIN}
    for name, one in found.items():
        assert one["engine"] == name
        assert one["rows"] == 300
        assert min(one["rate"], one["packed_per_s"], *one["again_us"].values()) > 0
        assert [*one["again_us"]] == [str(depth) for depth in fold.DEPTHS]
    assert len({one["check"] for one in found.values()}) == 1
    assert "plain Python: " in capsys.readouterr().out


def test_engines_that_differ_are_no_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(_: object, __: object, **environment: str) -> dict[str, object]:
        name = environment[engine.VARIABLE]
        figures = {"rate": 1.0, "packed_per_s": 1.0, "again_us": {}, "check": name}
        return {"engine": name, **figures}

    monkeypatch.setattr(workload, "FOLDER", tmp_path)
    monkeypatch.setattr(fold, "measure", measured)
    monkeypatch.setattr(fold, "default", lambda: engine.COMPILED)
    with pytest.raises(FailedError, match="scorecards of the two engines differ"):
        fold.run(100, 30)
