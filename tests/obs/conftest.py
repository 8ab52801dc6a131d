"""What needs Prometheus, Alertmanager, Chromium or npm runs in `make test-obs`, not `make test`."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
QUICK = {"test_configuration.py", "test_messages.py"}
"""Take seconds, and where a program is missing skip only what needs it."""
FIRST = ("scene", "wall", "chain", "image")
"""Groups of tests that mostly wait for programs they share: begun first, the rest fills in."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder; put those first that take longest."""
    for item in items:
        if HERE in item.path.parents and item.path.name not in QUICK:
            item.add_marker(pytest.mark.obs)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    name = group.args[0] if group else None
    return FIRST.index(name) if name in FIRST else len(FIRST)
