"""The command itself: a real Alertmanager before it, robots behind it, signals to it."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from tests.notify.process import alertmanager, relay_process
from tests.notify.robots import SECRET, configuration, fake_robots
from tests.notify.webhooks import alert, webhook
from tests.tools import need

ROUTES = """
route:
  receiver: chat
  group_by: [shop]
  group_wait: 200ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: chat
    webhook_configs:
      - url: URL/alertmanager
        send_resolved: true
        http_config:
          authorization: {credentials: t0p-secret-0123456789}
"""


def raised(agent: str, *, ends: timedelta | None = None) -> dict[str, Any]:
    now = datetime.now(UTC)
    found = {
        "labels": {
            "alertname": "ChatpulseAgentSlow",
            "severity": "critical",
            "shop": "旗舰店",
            "agent": agent,
            "buyer": "buyer_77120",
        },
        "annotations": {
            "summary": f"{agent} answers buyer_77120 slowly",
            "summary_zh": f"{agent} 平均响应 130 秒",
            "dashboard_url": "https://wall.example/d/agent?var-shop=1",
        },
        "startsAt": (now - timedelta(minutes=1)).isoformat(),
    }
    return found | ({"endsAt": (now + ends).isoformat()} if ends is not None else {})


def test_a_real_alertmanager_tells_all_four_vendors(tmp_path: Path) -> None:
    program = need("prometheus-alertmanager")
    (tmp_path / "token").write_text("t0p-secret-0123456789", encoding="utf-8")

    async def push(session: aiohttp.ClientSession, url: str, *alerts: dict[str, Any]) -> None:
        async with session.post(f"{url}/api/v2/alerts", json=list(alerts)) as answer:
            assert answer.status == 200, await answer.text()

    async def scenario() -> None:
        async with (
            fake_robots() as robots,
            aiohttp.ClientSession() as session,
            relay_process(configuration(tmp_path, robots, f'token_file = "{tmp_path}/token"')) as (
                client,
                process,
                log,
            ),
        ):
            routes = ROUTES.replace("URL", client.url)
            async with (
                alertmanager(program, routes, tmp_path / "a") as first,
                alertmanager(program, routes, tmp_path / "b") as second,
            ):
                client.token = "t0p-secret-0123456789"
                slow = [raised("小美"), raised("agent_02")]
                await push(session, first, *slow)
                await asyncio.gather(*(robot.wait(1, 20) for robot in robots.values()))
                await push(session, second, *slow)  # the other one of a pair says the same
                await asyncio.wait_for(client.until("repeated_total", "wecom"), 20)
                gone = [{**one, "endsAt": datetime.now(UTC).isoformat()} for one in slow]
                await push(session, first, *gone)
                await asyncio.gather(*(robot.wait(2, 20) for robot in robots.values()))
            for vendor, robot in robots.items():
                begin, end = (json.dumps(body, ensure_ascii=False) for body in robot.taken)
                assert "🔴 告警 2 条 · 旗舰店" in begin, vendor
                assert "小美 平均响应 130 秒" in begin, vendor
                assert "https://wall.example/d/agent" in begin, vendor
                assert "✅ 已恢复 2 条 · 旗舰店" in end, vendor
                assert "buyer_77120" not in begin + end, vendor
                assert robot.complaints == [], vendor
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0
            lines = await log
            assert not [word for word in (SECRET, "t0ken", "t0p-secret", "77120") if word in lines]

    asyncio.run(scenario())


def test_a_killed_relay_goes_on_where_it_was(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots("feishu") as robots:
            robot = robots["feishu"]
            robot.plan.extend([500] * 999)
            file = configuration(tmp_path, robots, f'state_file = "{tmp_path}/state.json"')
            async with relay_process(file) as (client, process, _):
                assert (await client.post(webhook(alert())))[0] == 200
                await robot.wait_seen(1)
                process.kill()
                await process.wait()
            robot.plan.clear()
            async with relay_process(file) as (client, process, _):
                await robot.wait(1, 20)
                assert (await client.post(webhook(alert())))[1] == {"queued": 0, "repeated": 1}
                process.send_signal(signal.SIGINT)
                assert await asyncio.wait_for(process.wait(), 20) == 0
            assert len(robot.taken) == 1

    asyncio.run(scenario())
