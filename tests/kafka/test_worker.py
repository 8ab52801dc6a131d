"""The worker on a real Apache Kafka: what the embedded broker cannot show."""

from pathlib import Path

import pytest

from tests.worker.exactness import join_sleep_die, room
from tests.worker.lab import Lab

pytestmark = pytest.mark.kafka


@pytest.fixture
def lab(kafka: str, tmp_path: Path) -> Lab:
    made = Lab(kafka, tmp_path)
    done = made.command("topics", "--create")
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.timeout(240)
def test_workers_that_join_sleep_and_die_count_exactly_what_replay_counts(lab: Lab) -> None:
    join_sleep_die(lab, room(seed=12, events=12_000))
