"""The worker on an Apache Kafka that wants a password and shows a certificate."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka.cluster import Cluster, free_port
from tests.tools import need
from tests.worker.lab import Lab, until, workers

pytestmark = pytest.mark.kafka

JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_chatpulse="s3cret" ;'


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Give the certificate to trust and the address of a SASL_SSL listener."""
    folder = tmp_path_factory.mktemp("secured")
    certificate, key = folder / "ca.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = [need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run(
        [*make, *subject, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    keystore = folder / "keystore.pem"
    keystore.write_text(key.read_text() + certificate.read_text(), encoding="utf-8")
    cluster = Cluster(folder / "cluster")
    node, port = cluster.nodes[0], free_port()
    plain, secure = f"PLAINTEXT://{node.address}", f"SECURE://127.0.0.1:{port}"
    cluster.extra = {
        "listeners": f"{plain},{secure},CONTROLLER://127.0.0.1:{node.controller_port}",
        "advertised.listeners": f"{plain},{secure}",
        "listener.security.protocol.map": ",".join(
            ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT", "SECURE:SASL_SSL"]
        ),
        "listener.name.secure.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.secure.plain.sasl.jaas.config": JAAS,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
    }
    try:
        cluster.create()
        cluster.start()
        yield certificate, f"127.0.0.1:{port}"
    finally:
        cluster.stop()


@pytest.fixture
def lab(secured: tuple[Path, str], tmp_path: Path) -> Lab:
    password = tmp_path / "password"
    password.write_text("s3cret\n", encoding="utf-8")
    configuration = tmp_path / "chatpulse.toml"
    configuration.write_text(
        f"""
        startup_timeout = "3s"
        [security]
        protocol = "SASL_SSL"
        username = "chatpulse"
        password_file = "{password}"
        ca = "{secured[0]}"
        """,
        encoding="utf-8",
    )
    return Lab(secured[1], tmp_path)


def test_a_worker_comes_in_with_password_and_certificate(lab: Lab) -> None:
    done = lab.command("topics", "--create")
    assert done.returncode == 0, done.stderr
    with workers(lab) as start:
        worker = start("a")
        until(lambda: worker.ready, "the worker is ready")
        until(lambda: lab_checkpoints(worker.get("/metrics")[1]), "it writes checkpoints")
        assert worker.stop() == 0
        assert "s3cret" not in worker.output()


def lab_checkpoints(metrics: bytes) -> bool:
    return b"chatpulse_checkpoint_write_seconds_count 4.0" in metrics


def test_a_wrong_password_is_told_in_one_line(lab: Lab) -> None:
    (lab.folder / "password").write_text("wrong", encoding="utf-8")
    done = lab.command("worker")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"chatpulse: brokers {lab.address} cannot be")
    assert "wrong" not in done.stderr


def test_a_certificate_nobody_trusts_is_told_in_one_line(lab: Lab) -> None:
    configuration = lab.folder / "chatpulse.toml"
    lines = [line for line in configuration.read_text().splitlines() if "ca =" not in line]
    configuration.write_text("\n".join(lines), encoding="utf-8")
    done = lab.command("worker")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"chatpulse: brokers {lab.address} cannot be")
