"""Settings that hold for all tests."""

import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from tests.sharing import Sharing
from tests.tools import in_ci

PURE = {"contract", "conversations", "scoreboard", "telemetry"}
"""Folders of the tests that coverage is measured by."""

# No deadline: machines that run tests are shared. CI draws the same examples every time, so that
# it is red for a reason in the change; everybody else's runs keep looking for new ones.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if in_ci() else "local")

# A shell that starts the tests in the background makes them ignore Ctrl-C, and so do all programs
# they start: those that a test interrupts would never end.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure how their own tests cover the pure packages: to trace the others is slow."""
    is_measured = item.path.relative_to(Path(__file__).parent).parts[0] in PURE
    running = None if is_measured else Coverage.current()
    if running is None:
        return (yield)
    running.stop()
    try:
        return (yield)
    finally:
        running.start()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing | None:
    """Share tests out as `tests.sharing` says where whole modules were asked for."""
    return Sharing(config, log) if config.getvalue("dist") == "loadscope" else None
