"""From the webhook to robots that check what they get, and fail as vendors do."""

from __future__ import annotations

import asyncio
import json
import shutil
import stat
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chatpulse.notify import robot as robot_module
from chatpulse.notify.limiter import Limit
from chatpulse.notify.state import StateError
from tests.notify.lab import Client, relay
from tests.notify.robots import PATHS, SECRET, FakeRobot, configuration, fake_robots
from tests.notify.webhooks import alert, webhook
from tests.tools import need

FIRING = webhook(alert())
RESOLVED = webhook(alert(firing=False))


def told(robot: FakeRobot) -> list[str]:
    return [json.dumps(body, ensure_ascii=False) for body in robot.taken]


def test_all_vendors_hear_of_an_alert_and_of_its_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            fake_robots() as robots,
            relay(configuration(tmp_path, robots)) as (client, _),
        ):
            assert await client.post(FIRING) == (200, {"queued": 4, "repeated": 0})
            await asyncio.gather(*(robot.wait(1) for robot in robots.values()))
            assert await client.post(RESOLVED) == (200, {"queued": 4, "repeated": 0})
            await asyncio.gather(*(robot.wait(2) for robot in robots.values()))
            for robot in robots.values():
                assert robot.complaints == []
                assert ["🟠" in text for text in told(robot)] == [True, False]
                assert ["✅" in text for text in told(robot)] == [False, True]
            for name in PATHS:
                await client.until("posted_total", name, "resolved")
                assert (await client.samples())["posted_total", name, "alert"] == 1

    asyncio.run(scenario())


FAILURES: list[tuple[int | str, str]] = [
    (429, "throttled"),
    ("throttle", "throttled"),
    (500, "server"),
    (503, "server"),
    ("code", "vendor_code"),
    ("hang", "timeout"),
    ("drop", "network"),
]


@pytest.mark.parametrize("vendor", PATHS)
def test_what_fails_is_tried_again_and_delivered_once(
    vendor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robot_module, "THROTTLED_MS", 50)

    async def scenario() -> None:
        async with fake_robots(vendor) as robots:
            robot = robots[vendor]
            file = configuration(tmp_path, robots, 'request_timeout = "300ms"')
            robot.plan.extend(how for how, _ in FAILURES)
            async with relay(file) as (client, _):
                await client.post(FIRING)
                await robot.wait(1)
                samples = await client.samples()
        assert (len(robot.seen), len(robot.taken)) == (len(FAILURES) + 1, 1)
        assert robot.complaints == []
        for reason in {reason for _, reason in FAILURES}:
            expected = sum(reason == other for _, other in FAILURES)
            assert samples["retried_total", vendor, reason] == expected

    # Slack has one post a second as its limit, and no codes of its own: it is spared those waits.
    monkeypatch.setattr(robot_module, "limits_of", lambda receiver: (Limit(100, 1000),))
    asyncio.run(scenario())


@pytest.mark.parametrize("vendor", PATHS)
def test_an_answer_may_come_in_pieces(vendor: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots(vendor) as robots:
            robots[vendor].plan.append("chunks")
            async with relay(configuration(tmp_path, robots)) as (client, _):
                await client.post(FIRING)
                await client.until("posted_total", vendor, "alert")
        assert len(robots[vendor].seen) == 1

    asyncio.run(scenario())


def test_the_waits_between_retries_grow_and_obey_retry_after(tmp_path: Path) -> None:
    async def scenario() -> list[float]:
        async with fake_robots("wecom") as robots:
            robot = robots["wecom"]
            robot.plan.extend([500, 500, 500, 429])
            robot.retry_after = None
            async with relay(configuration(tmp_path, robots)) as (client, _):
                await client.post(FIRING)
                await robot.wait_seen(3)
                robot.retry_after = "1"
                await robot.wait(1)
            return robot.seen

    seen = asyncio.run(scenario())
    waits = [after - before for before, after in pairwise(seen)]
    assert waits[0] >= 0.010
    assert waits[1] >= 0.020
    assert waits[3] >= 1.0


def test_what_a_vendor_refuses_is_given_up_and_told_again_when_it_comes_again(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with fake_robots("slack") as robots:
            robot = robots["slack"]
            robot.plan.append(404)
            async with relay(configuration(tmp_path, robots)) as (client, _):
                await client.post(FIRING)
                await robot.wait_seen(1)
                await client.until("failed_total", "slack", "refused")
                assert await client.post(FIRING) == (200, {"queued": 1, "repeated": 0})
                await robot.wait(1)
        assert len(robot.seen) == 2

    asyncio.run(scenario())


def test_what_cannot_be_delivered_in_time_is_given_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots("wecom") as robots:
            robot = robots["wecom"]
            robot.plan.extend([500] * 30)
            file = configuration(tmp_path, robots, 'retry_for = "300ms"')
            async with relay(file) as (client, _):
                await client.post(FIRING)
                await client.until("failed_total", "wecom", "too_old")
                samples = await client.samples()
                assert samples["queue_length", "wecom"] == 0
                assert ("oldest_timestamp_seconds", "wecom") not in samples
                robot.plan.clear()
                await client.post(FIRING)
                await robot.wait(1)

    asyncio.run(scenario())


def test_what_the_rate_limit_holds_back_comes_as_one_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robot_module, "limits_of", lambda receiver: (Limit(3, 1500),))

    async def scenario() -> None:
        async with fake_robots("dingtalk") as robots:
            robot = robots["dingtalk"]
            async with relay(configuration(tmp_path, robots)) as (client, _):
                for i in range(8):
                    await client.post(webhook(alert(f"A{i}"), key=f"g{i}"))
                await robot.wait(3)
                await client.post(webhook(alert("A7", firing=False), key="g7"))
                samples = await client.samples()
                assert samples["queue_length", "dingtalk"] == 6
                assert samples["oldest_timestamp_seconds", "dingtalk"] > 1.7e9
                await robot.wait(4)
                await client.until("posted_total", "dingtalk", "digest")
                assert (await client.samples())["rate_limited_total", "dingtalk"] == 6
        *singles, digest = told(robot)
        assert not [text for text in singles if "汇总" in text]
        assert "汇总：限流期间积压的 6 条通知：告警 4 条，已恢复 1 条" in digest
        assert robot.seen[3] - robot.seen[0] >= 1.5
        assert robot.complaints == []

    asyncio.run(scenario())


def test_dingtalk_gets_20_messages_a_minute_and_no_more(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots("dingtalk") as robots:
            robot = robots["dingtalk"]
            file = configuration(tmp_path, robots, 'stop_timeout = "200ms"')
            async with relay(file) as (client, _):
                for i in range(25):
                    await client.post(webhook(alert(f"A{i}"), key=f"g{i}"))
                await robot.wait(20)
                await client.until("rate_limited_total", "dingtalk")
                assert (await client.samples())["queue_length", "dingtalk"] == 5
        assert (len(robot.seen), robot.complaints) == (20, [])

    asyncio.run(scenario())


def test_a_webhook_that_comes_again_is_not_posted_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            fake_robots("wecom") as robots,
            relay(configuration(tmp_path, robots, 'repeat_window = "700ms"')) as (client, _),
        ):
            await client.post(FIRING)
            for _ in range(3):
                assert await client.post(FIRING) == (200, {"queued": 0, "repeated": 1})
            await robots["wecom"].wait(1)
            assert (await client.samples())["repeated_total", "wecom"] == 3
            await asyncio.sleep(0.7)  # the window itself
            assert await client.post(FIRING) == (200, {"queued": 1, "repeated": 0})
            await robots["wecom"].wait(2)

    asyncio.run(scenario())


def escalating(tmp_path: Path, robots: dict[str, FakeRobot], extra: str = "") -> Path:
    file = configuration(tmp_path, robots, extra)
    text = file.read_text(encoding="utf-8")
    step = 'escalate_to = "slack"\nescalate_after = "400ms"\n'
    file.write_text(text.replace("[receivers.slack]", f"{step}[receivers.slack]"), encoding="utf-8")
    return file


def test_what_stays_unresolved_goes_to_the_second_receiver(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots("wecom", "slack") as robots:
            async with relay(escalating(tmp_path, robots)) as (client, _):
                assert await client.post(FIRING) == (200, {"queued": 1, "repeated": 0})
                await client.post(webhook(alert("Short"), key="short"))
                assert (await client.samples())["watched_groups",] == 2
                await client.post(webhook(alert("Short", firing=False), key="short"))
                await robots["slack"].wait(1)
                await client.post(RESOLVED)
                await client.until("posted_total", "slack", "resolved")
                samples = await client.samples()
                assert samples["watched_groups",] == 0
                assert samples["escalated_total", "wecom"] == 1
                assert samples["posted_total", "slack", "escalation"] == 1
            first, second = told(robots["slack"])
            assert "升级：0 秒未恢复" in first
            assert "✅" in second
            assert len(robots["wecom"].taken) == 4

    asyncio.run(scenario())


def test_a_restart_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    extra = f'state_file = "{state}"\nstop_timeout = "100ms"'

    async def scenario() -> None:
        async with fake_robots("wecom", "slack") as robots:
            file = escalating(tmp_path, robots, extra)
            wecom, slack = robots.values()
            async with relay(file) as (client, _):
                await client.post(webhook(alert("Told"), key="told"))
                await wecom.wait(1)
                wecom.plan.extend([500] * 999)
                await client.post(FIRING)
                await client.post(webhook(alert("Third"), key="third"))
                await wecom.wait_seen(2)
            assert len(wecom.taken) == 1
            assert stat.S_IMODE(state.stat().st_mode) == 0o600
            wecom.plan.clear()
            async with relay(file) as (client, _):
                await wecom.wait(2)
                for body in (FIRING, webhook(alert("Told"), key="told")):
                    assert await client.post(body) == (200, {"queued": 0, "repeated": 1})
                await slack.wait(1)
            assert "汇总：限流期间积压的 2 条通知" in told(wecom)[1]
            assert len(wecom.taken) == 2

    asyncio.run(scenario())
    assert not list(tmp_path.glob(".state*"))


def test_a_state_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots("wecom") as robots:
            file = configuration(tmp_path, robots, f'state_file = "{tmp_path}/no/state.json"')
            async with relay(file):
                pass

    with pytest.raises(StateError, match="No such file"):
        asyncio.run(scenario())


def test_the_metrics_are_as_prometheus_wants_them(tmp_path: Path) -> None:
    promtool = need("promtool")

    async def scenario() -> str:
        async with fake_robots() as robots, relay(configuration(tmp_path, robots)) as (client, _):
            await client.post(FIRING)
            return (await client.get("/metrics"))[1]

    text = asyncio.run(scenario())
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("text", ["{", '{"version": 2}', '{"queues": 1}'])
def test_a_state_that_cannot_be_read_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(text, encoding="utf-8")

    async def scenario() -> None:
        async with fake_robots("wecom") as robots:
            file = configuration(tmp_path, robots, f'state_file = "{tmp_path}/state.json"')
            async with relay(file):
                pass

    with pytest.raises(StateError, match="move it away"):
        asyncio.run(scenario())


def test_a_stop_delivers_what_waits_and_takes_nothing_more(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots("wecom") as robots:
            robot = robots["wecom"]
            robot.plan.extend(["hang"])
            file = configuration(tmp_path, robots, 'request_timeout = "500ms"')
            async with relay(file) as (client, service):
                await client.post(FIRING)
                await robot.wait_seen(0)
                service.stop()
                await client.until_unready()
                assert await client.get("/-/ready") == (503, "stopping\n")
                assert await client.get("/-/healthy") == (200, "ok\n")
                assert (await client.post(RESOLVED))[0] == 503
            assert len(robot.taken) == 1

    asyncio.run(scenario())


def test_a_full_queue_asks_alertmanager_to_come_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots("wecom") as robots:
            robots["wecom"].plan.extend([500] * 99)
            extra = (
                'queue_limit = 1\nretry_first = "10s"\nretry_longest = "10s"\nstop_timeout = "10ms"'
            )
            file = configuration(tmp_path, robots)
            kept = file.read_text(encoding="utf-8").split("\n", 3)
            file.write_text("\n".join(["web_port = 0", extra, kept[3]]), encoding="utf-8")
            async with relay(file) as (client, _):
                await client.post(FIRING)
                status, answer = await client.post(webhook(alert("B"), key="b"))
                assert (status, answer) == (503, {"error": "1 messages wait for wecom"})
                assert (await client.samples())["webhooks_total", "busy"] == 1

    asyncio.run(scenario())


BUYERS = {"buyer": "buyer_77120", "buyer_nick": "爱吃辣的猫", "message": "怎么还不发货"}


def test_no_buyer_and_no_secret_is_shown_anywhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    leak = " ".join(BUYERS.values())

    async def scenario() -> str:
        async with fake_robots() as robots:
            for robot in robots.values():
                robot.plan.extend([500, "drop"])
            file = configuration(tmp_path, robots, f'state_file = "{tmp_path}/state.json"')
            async with relay(file) as (client, _):
                body = webhook(
                    alert(labels=BUYERS, summary=leak, summary_zh=leak, description_zh=leak),
                    key=f'{{}}:{{buyer="{leak}"}}',
                )
                await client.post(body)
                await asyncio.gather(*(robot.wait(1) for robot in robots.values()))
                shown = (await client.get("/metrics"))[1]
            shown += "".join(text for robot in robots.values() for text in told(robot))
        return shown + (tmp_path / "state.json").read_text(encoding="utf-8")

    shown = asyncio.run(scenario()) + caplog.text
    assert "小美" in shown
    assert [value for value in (*BUYERS.values(), SECRET, "t0ken") if value in shown] == []


async def _web(client: Client, tmp_path: Path) -> dict[str, Any]:
    return {
        "an unknown receiver": await client.post(FIRING, "nobody"),
        "no webhook": await client.post(b"hello"),
        "too large": (await client.post(b"x" * 5_000_000))[0],
        "a GET": (await client.get("/alertmanager"))[0],
        "another path": (await client.get("/"))[0],
        "healthy": await client.get("/-/healthy"),
        "ready": await client.get("/-/ready"),
    }


def test_what_the_web_server_answers(tmp_path: Path) -> None:
    async def scenario() -> dict[str, Any]:
        async with (
            fake_robots("wecom", "slack") as robots,
            relay(configuration(tmp_path, robots)) as (client, _),
        ):
            found = await _web(client, tmp_path)
            assert await client.post(FIRING, "slack") == (200, {"queued": 1, "repeated": 0})
            await robots["slack"].wait(1)
            assert robots["wecom"].seen == []
            return found

    found = asyncio.run(scenario())
    status, answer = found.pop("no webhook")
    assert status == 400
    assert answer["error"].startswith("no webhook of Alertmanager")
    assert found == {
        "an unknown receiver": (
            404,
            {"error": "there is no receiver 'nobody'; there are slack, wecom"},
        ),
        "too large": 413,
        "a GET": 405,
        "another path": 404,
        "healthy": (200, "ok\n"),
        "ready": (200, "ok\n"),
    }


def test_a_secret_may_come_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fake_robots("feishu") as robots:
            async with relay(configuration(tmp_path, robots)) as (client, _):
                (tmp_path / "secret").rename(tmp_path / "away")
                await client.post(FIRING)
                await client.until("retried_total", "feishu", "secret")
                (tmp_path / "away").rename(tmp_path / "secret")
                await robots["feishu"].wait(1)
            assert robots["feishu"].complaints == []

    asyncio.run(scenario())


def test_alerts_go_on_when_the_disk_does_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "state" / "state.json"
    state.parent.mkdir()

    async def scenario() -> None:
        async with fake_robots("wecom") as robots:
            file = configuration(tmp_path, robots, f'state_file = "{state}"')
            async with relay(file) as (client, _):
                shutil.rmtree(state.parent)
                assert (await client.post(FIRING))[0] == 200
                await robots["wecom"].wait(1)

    asyncio.run(scenario())
    assert f"state_file {state}: No such file" in caplog.text


def test_what_waits_for_a_receiver_that_is_gone_is_counted_as_lost(tmp_path: Path) -> None:
    extra = f'state_file = "{tmp_path}/state.json"\nstop_timeout = "10ms"'

    async def scenario() -> None:
        async with fake_robots("wecom", "slack") as robots:
            robots["wecom"].plan.extend([500] * 99)
            async with relay(configuration(tmp_path, robots, extra)) as (client, _):
                await client.post(FIRING, "wecom")
            del robots["wecom"]
            async with relay(configuration(tmp_path, robots, extra)) as (client, _):
                assert (await client.samples())["failed_total", "wecom", "unknown_receiver"] == 1

    asyncio.run(scenario())
