"""A real Apache Kafka for the tests of this folder, started once in each of their processes."""

import os
from collections.abc import Iterator

import pytest

from tests.kafka.cluster import Cluster, kafka_cluster
from tests.kafka.secured import Secured, secured_kafka
from tests.tools import need

GIVEN = "CHATPULSE_TEST_BROKERS"


def need_our_own() -> None:
    """Skip a test that stops, freezes or configures brokers when those of others were given."""
    if os.environ.get(GIVEN):
        pytest.skip(f"the brokers of {GIVEN} are not ours to stop, to freeze or to configure")
    for tool in ("java", "mvn"):
        need(tool)


@pytest.fixture(scope="session")
def kafka_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of one node of our own, for tests that kill or freeze it."""
    need_our_own()
    with kafka_cluster(tmp_path_factory.mktemp("kafka") / "cluster") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """The bootstrap servers: those in CHATPULSE_TEST_BROKERS, else a node started for the tests."""
    brokers = os.environ.get(GIVEN)
    if brokers:
        return brokers
    cluster: Cluster = request.getfixturevalue("kafka_node")
    return cluster.address


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A node of our own that asks for passwords, certificates and rights."""
    need_our_own()
    users = ["runs", "creates", *(f"lacks{number}" for number in range(1, 10))]
    with secured_kafka(tmp_path_factory.mktemp("secured") / "kafka", users) as running:
        yield running
