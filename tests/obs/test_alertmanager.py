"""Who is told of what: routes by amtool, groups and inhibition by a real Alertmanager."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.obs.shell import output
from tests.obs.versions import VERSIONS, tool
from tools.observability.alerts import alerts
from tools.observability.rules import severities
from tools.observability.thresholds import ROOT, load

FOLDER = ROOT / "deploy" / "alertmanager"

ROUTES = [
    ("scope=agent severity=warning", "floor"),
    ("scope=agent severity=critical", "floor-critical"),
    ("scope=shop severity=warning", "floor"),
    ("scope=shop severity=critical", "floor-critical"),
    ("scope=shop severity=info", "nobody"),
    ("scope=processor severity=warning", "operators"),
    ("scope=processor severity=critical", "operators-critical"),
    ("severity=critical", "operators"),
    ("scope=elsewhere severity=warning", "operators"),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("labels", "receiver"), ROUTES)
def test_a_route(labels: str, receiver: str, version: str) -> None:
    for name in ("alertmanager", "local"):
        config = f"--config.file={FOLDER}/{name}.yml"
        command = [tool("amtool", version), "config", "routes", "test", config]
        output(*command, f"--verify.receivers={receiver}", *labels.split())


def test_every_alert_has_a_route_of_its_own() -> None:
    """None falls through to the route for what nobody thought of."""
    routed = {labels for labels, _ in ROUTES}
    thresholds = load()
    for alert in alerts(thresholds):
        for severity in severities(alert, thresholds):
            assert f"scope={alert.scope} severity={severity}" in routed


class Alertmanager:
    """One that runs, with the committed configuration for one machine."""

    def __init__(self, address: str) -> None:
        self.address = address

    def fire(self, *alerts: str) -> None:
        """Post alerts, each written as `Name severity scope label=value ...`, until they count.

        Alertmanager takes them before it sorts them into groups.
        """
        posted = [labels(alert) for alert in alerts]
        self._ask("/api/v2/alerts", [{"labels": one} for one in posted])
        end = time.monotonic() + 10
        while not all(one in self._grouped() for one in posted):
            assert time.monotonic() < end, "Alertmanager has not grouped them"
            time.sleep(0.02)

    def _grouped(self) -> list[dict[str, str]]:
        groups = self._ask("/api/v2/alerts/groups")
        return [alert["labels"] for group in groups for alert in group["alerts"]]

    def inhibited(self, *alerts: str) -> list[bool]:
        """Tell which of the alerts are inhibited."""
        found = self._ask("/api/v2/alerts")
        states = {
            json.dumps(one["labels"], sort_keys=True): bool(one["status"]["inhibitedBy"])
            for one in found
        }
        return [states[json.dumps(labels(alert), sort_keys=True)] for alert in alerts]

    def groups(self) -> list[tuple[str, dict[str, str], int]]:
        """Return each group's receiver, its labels and how many alerts it has."""
        return [
            (group["receiver"]["name"], group["labels"], len(group["alerts"]))
            for group in self._ask("/api/v2/alerts/groups")
        ]

    def _ask(self, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://{self.address}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None


def labels(alert: str) -> dict[str, str]:
    name, severity, scope, *rest = alert.split()
    return {
        "alertname": f"Chatpulse{name}",
        "severity": severity,
        "scope": scope,
        **dict(pair.split("=") for pair in rest),
    }


@pytest.fixture(params=VERSIONS)
def alertmanager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Alertmanager]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = tmp_path / "alertmanager.yml"
    text = (FOLDER / "local.yml").read_text(encoding="utf-8")
    config.write_text(text.replace("127.0.0.1:9094", "127.0.0.1:9"), encoding="utf-8")
    process = subprocess.Popen(
        [
            tool("prometheus-alertmanager", request.param),
            f"--config.file={config}",
            f"--storage.path={tmp_path / 'storage'}",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_ready(process, address)
        yield Alertmanager(address)
    finally:
        process.kill()
        process.wait()


def _until_ready(process: "subprocess.Popen[bytes]", address: str) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://{address}/-/ready", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, "Alertmanager did not start"
            assert time.monotonic() < end, "Alertmanager is not ready"
            time.sleep(0.05)
        else:
            return


SLOW = "SlowResponder warning agent shop=s agent=a window=5m"
SLOWER = "SlowResponder critical agent shop=s agent=a window=5m"
WAITING = "BuyerWaiting critical agent shop=s agent=b"
ELSEWHERE = "SlowResponder warning agent shop=t agent=a window=5m"
QUEUED = "BuyersQueued warning shop shop=s"
LAG = "ConsumerLag warning processor topic=chat.messages"


def test_inhibition(alertmanager: Alertmanager) -> None:
    alertmanager.fire(SLOW, WAITING, ELSEWHERE, QUEUED, LAG)
    everything = (SLOW, WAITING, ELSEWHERE, QUEUED, LAG)
    assert alertmanager.inhibited(*everything) == [False] * 5

    alertmanager.fire(SLOWER)  # what is critical silences the warning of the same agent
    assert alertmanager.inhibited(SLOW, SLOWER, WAITING) == [True, False, False]

    slow_shop = "ShopSlow warning shop shop=s window=5m"
    another = "SlowResponder warning agent shop=s agent=c window=5m"
    alertmanager.fire(slow_shop, another)  # a slow shop silences the warnings of its agents
    assert alertmanager.inhibited(another, ELSEWHERE, WAITING, QUEUED) == [True, *[False] * 3]

    slower_shop = "ShopSlow critical shop shop=s window=5m"
    alertmanager.fire(slower_shop)  # a critical one all of them, and its own warning
    assert alertmanager.inhibited(slow_shop, WAITING, SLOWER, another) == [True] * 4
    assert alertmanager.inhibited(slower_shop, ELSEWHERE, QUEUED) == [False] * 3

    warned = "EventsStalled warning processor topic=chat.messages"
    alertmanager.fire(warned)  # a warning about the events silences nobody
    assert alertmanager.inhibited(ELSEWHERE, QUEUED, warned) == [False] * 3

    stalled = "EventsStalled critical processor topic=chat.messages"
    orders = "OrdersStalled warning processor topic=shop.orders"
    alertmanager.fire(stalled, orders)  # without fresh events neither agents nor shops are blamed
    assert alertmanager.inhibited(ELSEWHERE, QUEUED, slower_shop, warned) == [True] * 4
    assert alertmanager.inhibited(stalled, orders, LAG) == [False] * 3

    no_data, down = "NoData critical processor", "WorkerDown critical processor instance=w:8080"
    alertmanager.fire(no_data, down)  # nor are stalled events, when there is no data at all
    assert alertmanager.inhibited(stalled, orders, ELSEWHERE) == [True] * 3
    assert alertmanager.inhibited(no_data, down, LAG) == [False] * 3


def test_a_critical_topic_does_not_silence_another_one(alertmanager: Alertmanager) -> None:
    critical = "ConsumerLag critical processor topic=shop.orders"
    alertmanager.fire(LAG, critical)
    assert alertmanager.inhibited(LAG, critical) == [False, False]


def test_no_data_silences_agents_and_shops_alone(alertmanager: Alertmanager) -> None:
    alertmanager.fire("NoData critical processor", SLOW, WAITING, QUEUED, LAG)
    assert alertmanager.inhibited(SLOW, WAITING, QUEUED, LAG) == [True, True, True, False]


def test_one_message_for_each_shop(alertmanager: Alertmanager) -> None:
    alertmanager.fire(SLOW, QUEUED, ELSEWHERE, WAITING, SLOWER, LAG)
    alertmanager.fire("AdShareHigh info shop shop=s")
    assert sorted(alertmanager.groups(), key=str) == [
        ("floor", {"shop": "s"}, 2),
        ("floor", {"shop": "t"}, 1),
        ("floor-critical", {"shop": "s"}, 2),
        ("nobody", {"alertname": "ChatpulseAdShareHigh"}, 1),
        ("operators", {"alertname": "ChatpulseConsumerLag"}, 1),
    ]
