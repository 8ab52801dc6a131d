"""An Apache Kafka that asks who is there, by passwords and certificates, and what they may do.

One node with a listener for every way in; the plain one is the administrator's and the tests' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from confluent_kafka.cimpl import NewTopic

from tests.certificates import Authority, Signed
from tests.kafka.cluster import Cluster, free_port
from tests.worker.lab import PARTITIONS, ROLES, Lab, until

PASSWORD, WRONG_PASSWORD = "s3cret-of-the-room", "wr0ng-of-the-room"
SECRETS = (PASSWORD, WRONG_PASSWORD)

LISTENERS = {
    "passwords": "SASL_SSL",
    "clear": "SASL_PLAINTEXT",
    "certificates": "SSL",
    "expired": "SSL",
    "elsewhere": "SSL",
}

TLS = {"protocol": "SSL", "ca": "ca"}
BY_PASSWORD = {"protocol": "SASL_SSL", "ca": "ca", "password_file": "password"}
BY_CERTIFICATE = {**TLS, "cert": "client.cert", "key": "client.key"}

WAYS = {
    "plain": ("passwords", BY_PASSWORD | {"username": "plain"}),
    "scram256": (
        "passwords",
        BY_PASSWORD | {"username": "scram256", "sasl_mechanism": "SCRAM-SHA-256"},
    ),
    "scram512": (
        "passwords",
        BY_PASSWORD | {"username": "scram512", "sasl_mechanism": "SCRAM-SHA-512"},
    ),
    "certified": ("certificates", BY_CERTIFICATE),
}
"""How each user comes in: the listener and the settings of `security`."""

MODULE = "org.apache.kafka.common.security"


class Right(NamedTuple):
    """A right on the topic of a role, or on the group."""

    role: str
    operation: str


NEEDED = (
    Right("messages", "READ"),
    Right("orders", "READ"),
    Right("checkpoints", "READ"),
    Right("checkpoints", "WRITE"),
    Right("checkpoints", "DELETE"),
    Right("daily", "WRITE"),
    Right("dead_letters", "WRITE"),
    Right("group", "READ"),
)
"""All that docs/operations.md says a worker needs, and no more."""


@dataclass
class Secured:
    """The node, its listeners, and the files that a client may bring along."""

    cluster: Cluster
    ports: dict[str, int]
    files: dict[str, Path]

    def __post_init__(self) -> None:
        self.admin = AdminClient({"bootstrap.servers": self.cluster.address, "log_level": 0})

    def address(self, listener: str) -> str:
        """Return where a listener listens; `administrator` is the plain one."""
        if listener == "administrator":
            return self.cluster.address
        return f"127.0.0.1:{self.ports[listener]}"

    def way(self, listener: str, security: dict[str, str]) -> dict[str, str]:
        """Return the environment of a worker that comes in there; values may name `files`."""
        named = {key: str(self.files.get(value, value)) for key, value in security.items()}
        return {
            "CHATPULSE_BROKERS": self.address(listener),
            **{f"CHATPULSE_SECURITY__{key.upper()}": value for key, value in named.items()},
        }

    def lab(self, folder: Path) -> Lab:
        """Return a lab whose topics exist; it reads and writes them as the administrator."""
        lab = Lab(self.cluster.address, folder)
        kept = {"cleanup.policy": "delete", "retention.ms": "-1"}
        topics = [
            NewTopic(
                lab.topic(role),
                PARTITIONS,
                1,
                config={"cleanup.policy": "compact"} if role == "daily" else kept,
            )
            for role in ROLES
        ]
        for made in self.admin.create_topics(topics).values():
            made.result(30)
        return lab

    def give(self, user: str, lab: Lab, rights: Iterable[Right]) -> None:
        """Give rights; return when the broker goes by them."""
        bindings = [AclBinding(*_binding(user, lab, right)) for right in rights]
        for given in self.admin.create_acls(bindings).values():
            given.result(30)
        until(lambda: self._held(user).issuperset(bindings), f"{user} has its rights")

    def take(self, user: str, lab: Lab, rights: Iterable[Right]) -> None:
        """Take rights away; return when the broker goes by that."""
        filters = [AclBindingFilter(*_binding(user, lab, right)) for right in rights]
        deleted = self.admin.delete_acls(filters).values()
        gone = {binding for future in deleted for binding in future.result(30)}
        assert len(gone) == len(filters)
        until(lambda: self._held(user).isdisjoint(gone), f"{user} has lost its rights")

    def _held(self, user: str) -> set[AclBinding]:
        mine = AclBindingFilter(
            ResourceType.ANY, None, ResourcePatternType.ANY, f"User:{user}", None,
            AclOperation.ANY, AclPermissionType.ANY,
        )  # fmt: skip
        return set(self.admin.describe_acls(mine).result(30))


def _binding(
    user: str, lab: Lab, right: Right
) -> tuple[ResourceType, str, ResourcePatternType, str, str, AclOperation, AclPermissionType]:
    group = right.role == "group"
    return (
        ResourceType.GROUP if group else ResourceType.TOPIC,
        lab.name if group else lab.topic(right.role),
        ResourcePatternType.LITERAL,
        f"User:{user}",
        "*",
        AclOperation[right.operation],
        AclPermissionType.ALLOW,
    )


@contextmanager
def secured_kafka(folder: Path, users: Iterable[str]) -> Iterator[Secured]:
    """Start the node; `users` may come in by PLAIN besides those of `WAYS`."""
    folder.mkdir()
    authority, stranger = Authority(folder), Authority(folder, "stranger")
    own = authority.sign("own", "127.0.0.1")
    expired = authority.sign("expired", "127.0.0.1", expired=True)
    elsewhere = authority.sign("elsewhere", "kafka.example")
    client = authority.sign("client", "certified.example", common_name="certified")
    foreign = stranger.sign("foreign", "certified.example", common_name="certified")
    files = {
        "ca": authority.file, "stranger": stranger.file,
        "client.cert": client.cert, "client.key": client.key,
        "foreign.cert": foreign.cert, "foreign.key": foreign.key,
        "password": folder / "password", "wrong": folder / "wrong",
    }  # fmt: skip
    files["password"].write_text(f"{PASSWORD}\n", encoding="utf-8")
    files["wrong"].write_text(f"{WRONG_PASSWORD}\n", encoding="utf-8")

    cluster = Cluster(folder / "cluster")
    ports = {name: free_port() for name in LISTENERS}
    shown = dict.fromkeys(LISTENERS, own) | {"expired": expired, "elsewhere": elsewhere}
    cluster.extra = _settings(cluster, ports, shown, authority, ["plain", *users])
    try:
        cluster.create()
        cluster.start()
        secured = Secured(cluster, ports, files)
        _enrol(secured.admin)
        yield secured
    finally:
        cluster.stop()


def _settings(
    cluster: Cluster,
    ports: dict[str, int],
    shown: dict[str, Signed],
    authority: Authority,
    users: list[str],
) -> dict[str, str]:
    [node] = cluster.nodes
    clients = [f"PLAINTEXT://{node.address}"]
    clients += [f"{name.upper()}://127.0.0.1:{port}" for name, port in ports.items()]
    protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}
    protocols |= {name.upper(): protocol for name, protocol in LISTENERS.items()}
    accounts = " ".join(f'user_{user}="{PASSWORD}"' for user in users)
    settings = {
        "listeners": ",".join([*clients, f"CONTROLLER://127.0.0.1:{node.controller_port}"]),
        "advertised.listeners": ",".join(clients),
        "listener.security.protocol.map": ",".join(f"{k}:{v}" for k, v in protocols.items()),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",  # who comes in by the plain listener
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]+),.*$/$1/,DEFAULT",
        "listener.name.certificates.ssl.client.auth": "required",
        "listener.name.certificates.ssl.truststore.type": "PEM",
        "listener.name.certificates.ssl.truststore.location": str(authority.file),
    }
    for name, protocol in LISTENERS.items():
        of = f"listener.name.{name}"
        if protocol.endswith("SSL"):
            keystore = shown[name].key.with_suffix(f".{name}.keystore")
            keystore.write_bytes(shown[name].key.read_bytes() + shown[name].cert.read_bytes())
            settings[f"{of}.ssl.keystore.type"] = "PEM"
            settings[f"{of}.ssl.keystore.location"] = str(keystore)
        if protocol.startswith("SASL"):
            mechanisms = ["SCRAM-SHA-256"]
            if name == "passwords":
                mechanisms += ["SCRAM-SHA-512", "PLAIN"]
                plain = f"{MODULE}.plain.PlainLoginModule required {accounts} ;"
                settings[f"{of}.plain.sasl.jaas.config"] = plain
            settings[f"{of}.sasl.enabled.mechanisms"] = ",".join(mechanisms)
            for mechanism in mechanisms[: 1 if name == "clear" else 2]:
                scram = f"{MODULE}.scram.ScramLoginModule required ;"
                settings[f"{of}.{mechanism.lower()}.sasl.jaas.config"] = scram
    return settings


def _enrol(admin: AdminClient) -> None:
    """Give the users of SCRAM their passwords."""
    credentials = {
        "scram256": ScramMechanism.SCRAM_SHA_256,
        "scram512": ScramMechanism.SCRAM_SHA_512,
    }
    upserts = [
        UserScramCredentialUpsertion(user, ScramCredentialInfo(mechanism, 4096), PASSWORD.encode())
        for user, mechanism in credentials.items()
    ]
    for enrolled in admin.alter_user_scram_credentials(upserts).values():
        enrolled.result(30)
