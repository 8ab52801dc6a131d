"""The planted bugs still fit the source; whether they are caught says `tests.faults.planted`."""

import pytest

from tests.faults.planted import BUGS, ROOT, Bug, misfits


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_fits_the_source(bug: Bug) -> None:
    assert misfits(bug, ROOT / "src") == []
