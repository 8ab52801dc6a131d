"""The oracle agrees with every hand-computed case."""

from __future__ import annotations

import pytest

from tests.conformance_cases import Case, cases, check, decided
from tests.oracle import scorecards

NOW_WALL_MS = 1_760_000_000_000


@pytest.mark.parametrize("case", cases() + decided(), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    if case.refused:
        with pytest.raises(ValueError, match=r"wrong value|unknown key"):
            scorecards(case.lines, case.rules, now_wall_ms=NOW_WALL_MS)
        return
    found = scorecards(case.lines, case.rules, now_wall_ms=NOW_WALL_MS)
    assert check(case.expect, found) == []
