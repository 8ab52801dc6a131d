"""A worker's scorecards are replay's, whatever happens to the workers."""

import pytest

from tests.worker.exactness import join_sleep_die, room
from tests.worker.lab import Lab


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_workers_that_join_sleep_and_die_count_exactly_what_replay_counts(lab: Lab) -> None:
    join_sleep_die(lab, room(seed=11, events=8_000))
