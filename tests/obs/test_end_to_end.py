"""From a slow agent to four chat robots and back, through everything that will do it in earnest.

Events of a simulated agent go into Kafka, a real worker counts them, a real Prometheus scrapes it
and evaluates the shipped rules, a real Alertmanager routes, groups and inhibits as shipped,
`chatpulse notify` posts, and robots check what they get as their vendors document it. Only waits
are shortened (tools/observability/fast.py).
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from chatpulse.demo.broker import embedded_broker, ensure_topics
from tests.deploy.stack import SERVICES
from tests.notify.process import alertmanager, free_port, relay_process
from tests.notify.robots import FakeRobot, configuration, fake_robots
from tests.obs.versions import VERSIONS, tool
from tests.worker.lab import ROLES, Lab, feed, until, workers
from tools.observability import fast
from tools.observability.prometheus import Hosts

SHOP, QUICK = "shop-01", "xiaomei"
SLOW_ZH = re.compile("lingling-[a-z]+：平均响应 150 秒")
BUYER, TEXT = "buyer-nobody-may-see", "还有货吗-nobody-may-see"
LIMIT_SECONDS = 60


class Room:
    """Agents and buyers, at the moments the test wants."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.count = 0
        """Buyers so far."""

    def happen(self, *rounds: tuple[str, float, float | None]) -> None:
        """Let each agent be asked so many seconds ago, and answer after so many; None: not yet."""
        now, said = time.time(), []
        for agent, ago, wait in rounds:
            self.count += 1
            buyer = f"{BUYER}-{self.count}"
            said.append(_message(agent, buyer, "buyer", now - ago))
            if wait is not None:
                said.append(_message(agent, buyer, "agent", now - ago + wait))
        self._feed(said)

    def answer(self, agent: str, number: int) -> None:
        """Let the agent answer the buyer of this number now."""
        self._feed([_message(agent, f"{BUYER}-{number}", "agent", time.time())])

    def _feed(self, said: list[dict[str, Any]]) -> None:
        said.sort(key=lambda event: int(event["at"]))
        feed(self._lab, [json.dumps(event).encode() for event in said])


def _message(agent: str, buyer: str, sender: str, at: float) -> dict[str, Any]:
    return {
        "type": "message", "event_id": f"{buyer}-{sender}", "shop_id": SHOP,
        "at": int(at * 1000), "buyer_id": buyer, "sender": sender, "agent_id": agent, "text": TEXT,
    }  # fmt: skip


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    """Run a worker on the embedded broker; give the room it listens to, and its address."""
    with embedded_broker() as address:
        lab = Lab(address, tmp_path_factory.mktemp("worker"))
        ensure_topics(address, [lab.topic(role) for role in ROLES])
        with workers(lab) as start:
            running = start("w1")
            until(lambda: running.ready, "the worker is ready")
            yield Room(lab), running.url.removeprefix("http://")


@asynccontextmanager
async def prometheus(program: str, folder: Path, port: int) -> AsyncIterator[str]:
    """Run a real Prometheus on the configuration in the folder; give its URL once it is ready."""
    process = await asyncio.create_subprocess_exec(
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while not await _answers(f"{url}/-/ready"):
            assert process.returncode is None
            await asyncio.sleep(0.1)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def _answers(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def alerts(url: str) -> dict[str, dict[str, Any]]:
    """Return Alertmanager's active alerts by name and severity."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v2/alerts") as answer:
        found = await answer.json()
    return {f"{one['labels']['alertname']} {one['labels']['severity']}": one for one in found}


def told(robot: FakeRobot) -> list[str]:
    return [json.dumps(body, ensure_ascii=False) for body in robot.taken]


async def hear(robot: FakeRobot, what: str, holds: Callable[[str], bool]) -> None:
    """Return when the newest post of the robot is as it should be."""
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not (robot.taken and holds(told(robot)[-1])):
                count = len(robot.taken)
                await robot.wait(count + 1, LIMIT_SECONDS)
    except TimeoutError:
        raise AssertionError(f"{robot.vendor}: {what}; {told(robot)} {robot.complaints}") from None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_slow_agent_is_told_to_all_robots_and_so_is_the_end(
    version: str, worker: tuple[Room, str], tmp_path: Path
) -> None:
    room, address = worker
    programs = [tool(name, version) for name in ("prometheus", "prometheus-alertmanager")]
    asyncio.run(scenario(room, address, programs, tmp_path, version))


async def scenario(
    room: Room, address: str, programs: list[str], folder: Path, version: str
) -> None:
    hosts = Hosts(address, "", f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")
    async with (
        fake_robots() as robots,
        relay_process(configuration(folder / "relay", robots)) as (relay, _, log),
    ):
        hosts = hosts._replace(notify=relay.url.removeprefix("http://"))
        routes = fast.files(hosts)["alertmanager.yml"]
        async with alertmanager(programs[1], routes, folder / "alertmanager") as manager:
            hosts = hosts._replace(alertmanager=manager.removeprefix("http://"))
            fast.write(folder, hosts)
            port = int(hosts.prometheus.partition(":")[2])
            async with prometheus(programs[0], folder, port) as monitor:
                await chain(room, robots, manager, f"lingling-{version}")
                if version == "newest":
                    await check_health(prometheus=monitor, alertmanager=manager)
    assert BUYER not in await log


async def chain(room: Room, robots: dict[str, FakeRobot], manager: str, slow: str) -> None:
    begun = time.monotonic()
    number = room.count + 1
    rounds = [(slow, 200, None), *[(slow, 190, 150)] * 3, *[(QUICK, 30, 2)] * 3]
    await asyncio.to_thread(room.happen, *rounds)
    for robot in robots.values():
        await hear(robot, "was not told", lambda text: bool(SLOW_ZH.search(text)))
    await check_alerts(manager, slow)

    await asyncio.to_thread(room.answer, slow, number)
    await asyncio.to_thread(room.happen, *[(slow, 2, 1)] * 40)
    for robot in robots.values():
        await hear(robot, "was not told of the end", lambda text: "✅" in text)
    assert time.monotonic() - begun < LIMIT_SECONDS

    for robot in robots.values():
        assert robot.complaints == []
        posts = "".join(told(robot))
        assert "nobody-may-see" not in posts
        assert QUICK not in posts


async def check_alerts(manager: str, slow: str) -> None:
    """See that nobody else is blamed, and that a warning hides behind its critical alert."""
    active = await alerts(manager)
    assert active.keys() >= {"ChatpulseSlowResponder critical", "ChatpulseBuyerWaiting critical"}
    for alert in active.values():
        assert alert["labels"].get("agent") == slow, alert
        critical = alert["labels"]["severity"] == "critical"
        receivers = [receiver["name"] for receiver in alert["receivers"]]
        assert receivers == ["floor-critical" if critical else "floor"]
        assert critical or alert["status"]["inhibitedBy"], alert


async def check_health(**urls: str) -> None:
    """Run the health checks of deploy/compose.yml, on what is there and on what is not."""
    for service, there in urls.items():
        _, program, *arguments = SERVICES[service]["healthcheck"]["test"]
        for url, fine in ((there, True), (f"http://127.0.0.1:{free_port()}", False)):
            ours = (re.sub(r"http://[\d.:]+", url, part) for part in arguments)
            command = [tool(program, "newest"), *ours]
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, timeout=20, check=False
            )
            assert (done.returncode == 0) == fine, done.stdout + done.stderr
