"""Whatever is posted to a relay in a process of its own: an answer in JSON that is no crash."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.fuzz.inputs import fuzzed, seeds
from tests.worker.lab import until

CONFIGURATION = """
web_port = 0
queue_limit = 5
retry_first = "1h"
[receivers.nobody]
vendor = "slack"
url_file = "{url}"
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a relay whose robot cannot be reached; at the end it must be well."""
    folder = tmp_path_factory.mktemp("relay")
    (folder / "url").write_text("http://127.0.0.1:9/robot\n", encoding="utf-8")
    (folder / "c.toml").write_text(CONFIGURATION.format(url=folder / "url"), encoding="utf-8")
    log = folder / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "chatpulse", "notify", "--config", str(folder / "c.toml")],
            stderr=errors,
        )
    try:
        until(lambda: _listening(log), "the relay listens")
        url = _listening(log)
        assert url is not None
        yield url
        assert requests.get(f"{url}/-/ready", timeout=10).text == "ok\n"
        assert "Traceback" not in log.read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()


def _listening(log: Path) -> str | None:
    found = re.search(r"listening on (http://\S+)\n", log.read_text(encoding="utf-8"))
    return found[1] if found else None


@fuzzed(*seeds("webhook"), words=("alertname", "severity", "summary", "firing", "resolved"))
def test_relay(url: str, raw: bytes) -> None:
    answer = requests.post(f"{url}/alertmanager", data=raw, timeout=10)
    assert answer.status_code in {200, 400, 503}, answer.text
    assert len(answer.content) < 400
    assert set(answer.json()) in ({"queued", "repeated"}, {"error"})
