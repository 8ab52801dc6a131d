"""An embedded broker for all tests of the worker; every test has topics of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatpulse.demo.broker import embedded_broker, ensure_topics
from tests.worker.lab import ROLES, Lab


@pytest.fixture(scope="session")
def embedded() -> Iterator[str]:
    with embedded_broker() as address:
        yield address


@pytest.fixture
def lab(embedded: str, tmp_path: Path) -> Lab:
    made = Lab(embedded, tmp_path, module="tests.worker.patient")
    ensure_topics(embedded, [made.topic(role) for role in ROLES])
    return made
