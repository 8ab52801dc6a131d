"""A real Apache Kafka on this machine: one to three KRaft nodes that a test may kill and freeze.

The jars come from Maven, once, into a cache; nothing else is installed. All addresses are on
loopback, all files in the folder that the caller gives.
"""

import base64
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.tools import need

POM = Path(__file__).with_name("pom.xml")
READY_SECONDS = 60.0
STOP_SECONDS = 30.0
JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def cache() -> Path:
    """Return the folder for the jars that the POM names: kept between runs, and checkouts."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    return Path(base) / "chatpulse-kafka" / wanted


def jars() -> Path:
    """Return the folder with Kafka's jars, fetching them on the first call."""
    folder = cache()
    libs = folder / "libs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once must not fetch into the same folder
        if not libs.exists():
            fresh = folder / "libs.fetching"
            shutil.rmtree(fresh, ignore_errors=True)
            goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
            command = [need("mvn"), "-q", "-B", "-f", str(POM), *goal]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
            if done.returncode or not list(fresh.glob("kafka_2.13-*.jar")):
                raise RuntimeError(f"Maven could not fetch Kafka:\n{done.stdout}{done.stderr}")
            fresh.rename(libs)
    return libs


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Node:
    """One process that is both broker and controller."""

    number: int
    folder: Path
    port: int
    controller_port: int
    outside_port: int = 0
    """Where it listens for clients that come through a proxy; see `Cluster.advertised`."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where clients reach it."""
        return f"127.0.0.1:{self.port}"

    @property
    def properties(self) -> Path:
        """Its configuration file."""
        return self.folder / "node.properties"

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / "node.log"

    def format(self, cluster_id: str) -> None:
        """Prepare its empty storage."""
        command = _java("kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c")
        done = subprocess.run(
            [*command, str(self.properties)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"cannot format node {self.number}:\n{done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start the process; `Cluster.wait` waits until it serves."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                _java("kafka.Kafka", str(self.properties)),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                start_new_session=True,
            )

    def terminate(self) -> None:
        """Stop it in an orderly way (SIGTERM), by force if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.thaw()
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)


@dataclass
class Cluster:
    """Some nodes; use `kafka_cluster` to start and stop them."""

    folder: Path
    size: int = 1
    extra: Mapping[str, str | int] = field(default_factory=dict)
    advertised: Mapping[int, int] = field(default_factory=dict)
    """Per node the port of a proxy: clients that come through it are sent back to it."""
    nodes: list[Node] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = [
            Node(number, self.folder / f"node{number}", free_port(), free_port(), free_port())
            for number in range(1, self.size + 1)
        ]

    @property
    def address(self) -> str:
        """The bootstrap servers."""
        return ",".join(node.address for node in self.nodes)

    @property
    def outside_address(self) -> str:
        """The bootstrap servers for clients that come through the proxies."""
        return ",".join(f"127.0.0.1:{port}" for port in self.advertised.values())

    def create(self) -> None:
        """Write the configuration of all nodes and format their storage."""
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        for node in self.nodes:
            node.folder.mkdir(parents=True)
            lines = [f"{key}={value}\n" for key, value in self._settings(node).items()]
            node.properties.write_text("".join(lines))
            node.format(cluster_id)

    def start(self) -> None:
        """Start all nodes and wait for them."""
        for node in self.nodes:
            node.start()
        self.wait()

    def wait(self, seconds: float = READY_SECONDS) -> None:
        """Wait until the admin client lists all brokers (an open port is not enough)."""
        deadline = time.monotonic() + seconds
        admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        while time.monotonic() < deadline:
            for node in self.nodes:
                if node.process is None or node.process.poll() is not None:
                    tail = node.log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"Kafka node {node.number} is not running:\n{tail}")
            try:
                if len(admin.list_topics(timeout=1).brokers) == self.size:
                    return
            except KafkaException:
                continue  # list_topics itself waited: this is no busy loop
        raise TimeoutError(f"Kafka did not come up within {seconds} s; see {self.folder}")

    def stop(self) -> None:
        """Stop all nodes, the frozen ones too."""
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.thaw()
                node.process.terminate()
        for node in self.nodes:
            node.terminate()

    def _settings(self, node: Node) -> dict[str, str | int]:
        replicas, in_sync = min(3, self.size), 2 if self.size >= 3 else 1
        client, controller = node.address, f"127.0.0.1:{node.controller_port}"
        voters = [f"{peer.number}@127.0.0.1:{peer.controller_port}" for peer in self.nodes]
        return {
            "process.roles": "broker,controller",
            "node.id": node.number,
            "controller.quorum.voters": ",".join(voters),
            "listeners": f"PLAINTEXT://{client},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{client}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(node.folder / "log"),
            "num.partitions": 4,
            "auto.create.topics.enable": "false",
            "default.replication.factor": replicas,
            "min.insync.replicas": in_sync,
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.num.partitions": 4,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": in_sync,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": in_sync,
            "group.initial.rebalance.delay.ms": 0,
            # A killed broker's session ends after 3 s instead of 9, so restarts are quick.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "log.cleaner.backoff.ms": 1000,
            "log.retention.check.interval.ms": 5000,
            "num.network.threads": 2,
            "num.io.threads": 4,
            **self._outside(node),
            **self.extra,
        }

    def _outside(self, node: Node) -> dict[str, str | int]:
        if node.number not in self.advertised:
            return {}
        client, controller = node.address, f"127.0.0.1:{node.controller_port}"
        inside, outside = f"PLAINTEXT://{client}", f"OUTSIDE://127.0.0.1:{node.outside_port}"
        names = ("PLAINTEXT", "CONTROLLER", "OUTSIDE")
        return {
            "listeners": f"{inside},{outside},CONTROLLER://{controller}",
            "advertised.listeners": (
                f"{inside},OUTSIDE://127.0.0.1:{self.advertised[node.number]}"
            ),
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in names),
        }


@contextmanager
def kafka_cluster(
    folder: Path, *, size: int = 1, extra: Mapping[str, str | int] | None = None
) -> Iterator[Cluster]:
    """Start a fresh cluster with its files in `folder`; stop it at the end."""
    cluster = Cluster(folder, size, extra or {})
    with ExitStack() as stack:
        stack.callback(cluster.stop)
        cluster.create()
        cluster.start()
        yield cluster


def _java(*arguments: str) -> list[str]:
    return [need("java"), *JVM, "-cp", f"{jars()}/*", *arguments]
