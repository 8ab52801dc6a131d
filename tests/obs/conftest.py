"""What needs Prometheus, Alertmanager, Chromium or npm runs in `make test-obs`, not `make test`."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
QUICK = {"test_configuration.py", "test_messages.py"}
"""Take seconds, and where a program is missing skip only what needs it."""
FIRST = ("test_rendering.py", "test_wall.py", "test_end_to_end.py", "test_image.py")
"""Take a minute or two for few tests, mostly to wait: begun first, so that the rest fills in."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder; put those first that take longest."""
    for item in items:
        if HERE in item.path.parents and item.path.name not in QUICK:
            item.add_marker(pytest.mark.obs)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    name = item.path.name
    return FIRST.index(name) if name in FIRST else len(FIRST)
