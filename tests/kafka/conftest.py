"""A real Apache Kafka for the tests of this folder, started once for all of them."""

import os
from collections.abc import Iterator

import pytest

from tests.kafka.cluster import Cluster, kafka_cluster
from tests.tools import need


@pytest.fixture(scope="session")
def kafka_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of one node of our own, for tests that kill or freeze it."""
    for tool in ("java", "mvn"):
        need(tool)
    with kafka_cluster(tmp_path_factory.mktemp("kafka") / "cluster") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """The bootstrap servers: those in CHATPULSE_TEST_BROKERS, else a node started for the tests."""
    brokers = os.environ.get("CHATPULSE_TEST_BROKERS")
    if brokers:
        return brokers
    cluster: Cluster = request.getfixturevalue("kafka_node")
    return cluster.address
