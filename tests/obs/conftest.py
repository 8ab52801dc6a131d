"""What needs Prometheus, Alertmanager, Chromium or npm runs in `make test-obs`, not `make test`."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
QUICK = {"test_configuration.py", "test_messages.py"}
"""Take seconds, and where a program is missing skip only what needs it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if HERE in item.path.parents and item.path.name not in QUICK:
            item.add_marker(pytest.mark.obs)
