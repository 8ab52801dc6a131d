"""The compose file: valid for Compose and its schema, closed to the outside, and complete.

No engine has ever started it here (docs/deploy.md says so): what can be checked without one is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatpulse import __version__
from tests.deploy.stack import (
    COMPOSE,
    DEPLOY,
    SECRETS,
    SERVICES,
    STACK,
    mounts,
    on_this_machine,
    plugin,
    read,
)
from tests.obs.versions import tool

TEXT = COMPOSE.read_text(encoding="utf-8")
EXCEPTIONS: dict[str, str] = STACK["x-exceptions"]
LONG_RUNNING = sorted(SERVICES.keys() - {"topics"})
PATHS = re.compile(r"/(?:etc|run/secrets)/[\w./-]+")

# --- the two validators ---------------------------------------------------------------------------


def compose(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [plugin(), "--project-directory", str(DEPLOY), "-f", str(file), *arguments],
        env=os.environ | SECRETS,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def schema(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", str(file)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("profile", [(), ("--profile", "demo")], ids=["plain", "demo"])
def test_compose_accepts_it(profile: tuple[str, ...]) -> None:
    done = compose(COMPOSE, *profile, "config", "--quiet")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_simulator_runs_only_when_asked_for() -> None:
    plain = compose(COMPOSE, "config", "--services").stdout.split()
    demo = compose(COMPOSE, "--profile", "demo", "config", "--services").stdout.split()
    assert set(demo) - set(plain) == {"simulator"}
    assert set(demo) == SERVICES.keys()


def test_the_schema_accepts_it() -> None:
    done = schema(COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr


FAULTS = {
    "a misspelt key": ("interval: 15s", "intervall: 15s"),
    "a network nobody defines": ("networks: [monitoring, robots]", "networks: [nowhere]"),
    "a volume nobody defines": ("- grafana-data:/var", "- grafana-dat:/var"),
    "a service nobody defines": ("prometheus: {condition: ser", "promotheus: {condition: ser"),
    "a secret nobody defines": ("secrets: [grafana_", "secrets: [graphana_"),
    "a condition there is not": ("service_completed_successfully", "service_complete"),
    "no unit that Compose knows": ("timeout: 5s", "timeout: 5 seconds"),
    "a port that is none": ("127.0.0.1:8080:8080", "127.0.0.1:8080:x"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_seeded_fault_is_refused_by_one_of_them(fault: str, tmp_path: Path) -> None:
    before, after = FAULTS[fault]
    assert before in TEXT
    file = tmp_path / "compose.yml"
    file.write_text(TEXT.replace(before, after, 1), encoding="utf-8")
    assert compose(file, "--profile", "demo", "config", "--quiet").returncode or (
        schema(file).returncode
    )


# --- our own rules --------------------------------------------------------------------------------


def problems(stack: dict[str, Any]) -> set[str]:
    """Return what a service lacks, as `service.rule`."""
    found = set()
    for name, service in stack["services"].items():
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        health = service.get("healthcheck", {})
        ports = service.get("ports", [])
        rules = {
            "read_only": service.get("read_only") is True,
            "healthcheck": health.get("test", [None])[0] == "CMD" and not health.get("disable"),
            "user": str(service.get("user", "0")).split(":")[0] not in {"0", "root"},
            "cap_drop": service.get("cap_drop") == ["ALL"] and not service.get("cap_add"),
            "no_new_privileges": "no-new-privileges:true" in service.get("security_opt", []),
            "privileged": not service.get("privileged"),
            "limits": limits.keys() == {"cpus", "memory", "pids"},
            "loopback": all(re.match(r"127\.0\.0\.1:\d+:\d+$", str(port)) for port in ports),
            "tag": re.search(r":v?\d+\.\d+\.\d+$", service["image"].partition("@")[0]),
            "logging": "max-size" in service.get("logging", {}).get("options", {}),
            "restart": service.get("restart") == ("no" if name == "topics" else "unless-stopped"),
            "host": not {"network_mode", "pid", "ipc"} & service.keys(),
            "init": service.get("init") is True,
        }
        found |= {f"{name}.{rule}" for rule, kept in rules.items() if not kept}
    return found


def test_what_a_service_lacks_has_its_reason() -> None:
    assert problems(STACK) == EXCEPTIONS.keys()
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())


LAPSES = {
    "worker.loopback": ('ports: ["127.0.0.1:8080:8080"]', 'ports: ["8080:8080"]'),
    "grafana.loopback": ("127.0.0.1:3000:3000", "0.0.0.0:3000:3000"),
    "prometheus.tag": ("prom/prometheus:v3.14.0", "prom/prometheus:latest"),
    "grafana.user": ('user: "472:0"', 'user: "0:0"'),
    "alertmanager.limits": ('limits: {cpus: "0.5", memory: 256M, pids: 128}', "limits: {}"),
    "notify.cap_drop": ("# `robots` is", "cap_add: [NET_ADMIN]\n    # `robots` is"),
    "worker.healthcheck": (
        "    healthcheck:\n      test: [CMD, py",
        "    x-was:\n      test: [py",
    ),
}


@pytest.mark.parametrize("lapse", LAPSES)
def test_a_lapse_is_seen(lapse: str) -> None:
    before, after = LAPSES[lapse]
    assert before in TEXT
    assert problems(read(TEXT.replace(before, after, 1))) - EXCEPTIONS.keys() == {lapse}


def test_every_mounted_file_is_there_and_read_only() -> None:
    for service in SERVICES:
        for target, source, writable in mounts(service):
            assert source.exists(), f"{service}: {source}"
            assert not writable, f"{service}: {target}"


def test_every_configured_path_is_mounted() -> None:
    for name, service in SERVICES.items():
        said = [*service.get("command", []), *service.get("environment", {}).values()]
        for path in PATHS.findall("\n".join(map(str, said))):
            place = on_this_machine(name, path)
            assert place is not None, f"{name}: {path}"
            assert place.exists(), f"{name}: {path}"


def test_files_of_files_are_mounted() -> None:
    """Check what Prometheus, the relay and Grafana find in their own configuration."""
    prometheus = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))
    for path in prometheus["rule_files"]:
        found = on_this_machine("prometheus", f"/etc/prometheus/{path}")
        assert found is not None, path
        assert found.exists(), path
    for service, file in {
        "prometheus": "prometheus/prometheus.yml",
        "alertmanager": "alertmanager/alertmanager.yml",
        "notify": "compose/notify.toml",
        "grafana": "grafana/provisioning/dashboards/chatpulse.yml",
    }.items():
        paths = PATHS.findall((DEPLOY / file).read_text(encoding="utf-8"))
        assert paths
        for path in paths:
            found = on_this_machine(service, path)
            assert found is not None, path
            assert found.exists(), path


def test_the_relay_is_shown_the_token_that_it_asks_for() -> None:
    asked = SERVICES["notify"]["environment"]["CHATPULSE_NOTIFY_TOKEN_FILE"]
    for caller, jobs, url in (
        ("prometheus", "scrape_configs", "notify:9094"),
        ("alertmanager", "receivers", "http://notify:9094/alertmanager"),
    ):
        found = yaml.safe_load((DEPLOY / caller / f"{caller}.yml").read_text("utf-8"))[jobs]
        shown = [job for one in found for job in one.get("webhook_configs", [one])]
        for job in (job for job in shown if url in str(job)):
            told = job.get("http_config", job)["authorization"]["credentials_file"]
            assert on_this_machine(caller, told) == on_this_machine("notify", asked)


def talks() -> set[tuple[str, str, str]]:
    """Return who talks to whom on which port, as the configuration files say."""
    found = set()
    for caller, file in {
        "prometheus": "prometheus/prometheus.yml",
        "alertmanager": "alertmanager/alertmanager.yml",
        "grafana": "grafana/provisioning/datasources/chatpulse.yml",
        "worker": "compose.yml",
    }.items():
        text = (DEPLOY / file).read_text(encoding="utf-8")
        for host, port in re.findall(r"\b([a-z]+):(\d{4,5})\b", text):
            if host in SERVICES and host != caller:
                found.add((caller, host, port))
    return found


def test_who_talks_to_whom_shares_a_network() -> None:
    assert {(caller, host) for caller, host, _ in talks()} >= {
        ("prometheus", "worker"),
        ("prometheus", "notify"),
        ("prometheus", "alertmanager"),
        ("alertmanager", "notify"),
        ("grafana", "prometheus"),
        ("grafana", "alertmanager"),
        ("worker", "kafka"),
    }
    for caller, host, _ in talks():
        assert set(SERVICES[caller]["networks"]) & set(SERVICES[host]["networks"]), (caller, host)


def test_ports_are_those_that_are_listened_on() -> None:
    worker = SERVICES["worker"]["environment"]
    notify = SERVICES["notify"]["environment"]
    ports = {host: port for _, host, port in talks() if host not in {"kafka"}}
    assert ports["worker"] == worker["CHATPULSE_WEB_PORT"]
    assert ports["notify"] == notify["CHATPULSE_NOTIFY_WEB_PORT"]
    assert f":{ports['worker']}/-/healthy" in str(SERVICES["worker"]["healthcheck"])
    assert f":{ports['notify']}/-/healthy" in str(SERVICES["notify"]["healthcheck"])
    kafka = SERVICES["kafka"]["environment"]
    assert f"INTERNAL://{worker['CHATPULSE_BROKERS']}" in kafka["KAFKA_ADVERTISED_LISTENERS"]


def test_only_the_relay_and_what_has_a_port_have_a_way_out() -> None:
    inside = {name for name, one in STACK["networks"].items() if one.get("internal")}
    for name, service in SERVICES.items():
        outside = set(service["networks"]) - inside
        expected = {"robots"} if name == "notify" else {"edge"} if service.get("ports") else set()
        assert outside == expected, name
    assert STACK["networks"].keys() == {n for one in SERVICES.values() for n in one["networks"]}


def test_our_image_has_our_version() -> None:
    ours = {one["image"] for one in SERVICES.values() if one["image"].startswith("chatpulse")}
    assert ours == {f"chatpulse:{__version__}"}


def test_no_secret_is_written_into_the_file() -> None:
    for name, service in SERVICES.items():
        for key in service.get("environment", {}):
            if re.search("PASSWORD|SECRET|TOKEN", key) and not key.startswith(
                "GF_SECURITY_DISABLE"
            ):
                assert key.endswith("_FILE"), f"{name}: {key}"


def test_example_secrets_lead_nowhere() -> None:
    for path in (DEPLOY / "secrets.example/notify").glob("*_url"):
        assert re.match(r"https://[a-z.]+\.invalid/", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("service", "program"), [
    ("prometheus", "prometheus"), ("alertmanager", "prometheus-alertmanager"),
])  # fmt: skip
@pytest.mark.parametrize("version", ["system", "newest"])
def test_its_flags_are_known(service: str, program: str, version: str) -> None:
    done = subprocess.run(
        [tool(program, version), "--help"], capture_output=True, text=True, timeout=30, check=False
    )
    known = set(re.findall(r"--([a-z][\w.-]+)", done.stdout + done.stderr))
    used = {flag.removeprefix("--").split("=")[0] for flag in SERVICES[service]["command"]}
    assert used <= known
