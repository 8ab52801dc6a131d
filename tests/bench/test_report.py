"""What is told of a run: of which it is, what failed in it, and whether CI may go on."""

import argparse
import json
from pathlib import Path

import pytest

from bench import __main__ as main
from bench import check as regression
from bench import report, results
from bench.broker import Broker, Brokers
from bench.throughput import TUNED, WORKER

OLD, NEW = "2026-03-01T10:00:00+00:00", "2026-03-02T10:00:00+00:00"
IDLE = {
    "events": 30,
    "conversations": 10,
    "memory_bytes": 600,
    "one_more_bytes": 500,
    "checkpoint_bytes": 100,
    "load_rows_per_s": 5,
}


def entry(begun: str, **more: object) -> dict[str, object]:
    machine = {"cpu": "a CPU", "cores": 2, "memory_gb": 8, "system": "Linux", "python": "3.12.0"}
    return {
        "format": results.FORMAT,
        "command": "python -m bench",
        "begun": begun,
        "commit": "abc1234" if begun == NEW else "0ld0ld0",
        "broker": "a broker",
        "engine": "native",
        "machine": machine,
        "seconds": 90.0,
        **more,
    }


def test_a_page_of_one_run_says_how_long_it_took() -> None:
    text = report.page(
        {"memory": entry(NEW, result=IDLE), "latency": entry(NEW, failed="gone\nx\n  at last\n")}
    )
    assert "All of it is one run, of 3 min. The worker folds with\nthe compiled engine" in text
    assert "| idle conversation in memory | <= 700 bytes | 600 bytes | met |" in text
    assert "- **latency**: gone … at last\n" in text
    assert "From produce to" not in text


def test_a_page_of_several_runs_says_so() -> None:
    growth = {"events": 5, "runs": {}, "failed": {"buyers=10000": "no result"}}
    text = report.page({"memory": entry(OLD, result=IDLE), "growth": entry(NEW, result=growth)})
    older = f"**Not all is of this run**; older: memory (0ld0ld0, {OLD})"
    assert f"commit abc1234, {NEW}. {older}" in text
    assert "- **growth, buyers=10000**: no result\n" in text


def test_a_growth_that_was_not_durable_has_no_rate_on_the_page() -> None:
    run = {"conversations": 10, "checkpoint_bytes": 1000, "core_s_per_100k": 1.5, "rate_last": 96.4}
    runs = {"buyers=10": [{**run, "rate": 13.0}, {**run, "rate": None}]}
    growth = {"events": 5, "runs": runs, "failed": {}}
    text = report.page({"growth": entry(NEW, result=growth)})
    assert "| 10 conversations | not durable | 96 | 1.50 | 100 |" in text


def test_results_of_another_format_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, version in (("new", results.FORMAT), ("old", results.FORMAT - 1), ("oldest", None)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"format": version}), encoding="utf-8")
    assert results.read(tmp_path) == {"new": {"format": results.FORMAT}}
    assert capsys.readouterr().out.count("left out") == 2


def test_a_part_that_fails_is_kept_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object) -> dict[str, object]:
        raise TimeoutError("no broker")

    def goes(*_: object) -> dict[str, object]:
        return {"failed": {"one case": "no result"}}

    monkeypatch.setattr(main, "BENCHES", {"memory": breaks, "growth": goes})
    run = results.Run(tmp_path, "", "", NEW, "", "python", {})
    kind, options = Brokers(is_real=False), argparse.Namespace()
    assert main._part(run, "memory", kind, options) == ["memory: no broker"]
    assert main._part(run, "growth", kind, options) == ["growth: one case: no result"]
    kept = results.read(tmp_path)
    assert (kept["memory"]["failed"], kept["growth"]["result"]) == ("no broker", goes())
    assert "TimeoutError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("engine", "worker", "in_ci", "said"),
    [
        ("native", {"core_s_per_100k": 10.0, "rate": 5.0}, True, None),
        ("native", {"core_s_per_100k": 1000.0, "rate": 5.0}, True, "slow in the compiled engine"),
        ("native", {"core_s_per_100k": 10.0, "rate": None}, True, "not durable"),
        ("python", {"core_s_per_100k": 10.0, "rate": 5.0}, False, None),
        ("python", {"core_s_per_100k": 10.0, "rate": 5.0}, True, "not installed"),
    ],
)
def test_the_check_of_ci_wants_the_compiled_engine_and_says_which_it_had(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    engine: str,
    worker: dict[str, float | None],
    *,
    in_ci: bool,
    said: str | None,
) -> None:
    medians = {WORKER: worker, TUNED: {"core_s_per_100k": 5.0, "rate": 50.0}}
    monkeypatch.setattr(regression.engine, "default", lambda: engine)
    monkeypatch.setattr(regression, "in_ci", lambda: in_ci)
    found = {"failed": {}, "medians": medians}
    monkeypatch.setattr(regression.throughput, "run", lambda *_: found)
    broker = Broker("nowhere", 4, is_real=False)
    if said is not None:
        with pytest.raises(SystemExit, match=said):
            regression.run(broker)
        return
    regression.run(broker)
    name = {"native": "the compiled engine", "python": "plain Python"}[engine]
    assert f"the worker does in {name} 0.500" in capsys.readouterr().out


def test_a_load_that_was_not_kept_says_whose_part_of_it_was_whose() -> None:
    figures = {"rate": 90.0, "p50_ms": 1.0, "p99_ms": 2.0, "max_ms": 3.0, "broker_p99_ms": 4.0}
    one = {**figures, "unsent_ms": 30.0, "stall_ms": {"max": 5.0}, "behind_at_end": 6}
    late = {**one, "kept": False, "overdue_ms": 700.0}
    on_time = {**one, "kept": True, "overdue_ms": 40.0}
    text = report.page({"latency": entry(NEW, result={"loads": {"10%": late, "50%": on_time}})})
    assert "| 10% (90/s), **not kept** | 1 | 2 | 3 | 4 | 700 (30) | 5 | 6 |" in text
    assert "| 50% (90/s) | 1 | 2 | 3 | 4 | 40 (30) | 5 | 6 |" in text
    assert "*Not kept*" in text


def test_the_engines_alone_stand_beside_each_other() -> None:
    one = {"rate": 50_000.4, "packed_per_s": 400_000.0, "again_us": {"10": 5.2, "1000": 60.0}}
    found = {"events": 10, "engines": {"native": one, "python": {**one, "rate": 7.0}}}
    text = report.page({"engine": entry(NEW, result=found)})
    assert "| again with 10 events, µs | again with 1000 events, µs |" in text
    assert "| the compiled engine | 50,000 | 400,000 | 5 | 60 |" in text
    assert "| plain Python | 7 | 400,000 | 5 | 60 |" in text
