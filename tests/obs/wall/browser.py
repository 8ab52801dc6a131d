"""Chromium, driven by playwright-core from npm in a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"


class BrowserError(AssertionError):
    """What the browser could not do."""


class Browser:
    """One page at a time; see browser.mjs for the commands."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, command: str, **options: Any) -> Any:
        """Carry out a command and return its result."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BrowserError(f"the browser ended, status {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise BrowserError(f"{command} {options}: {answer['error']}")
        return answer["result"]

    def text(self, selector: str) -> str:
        """Return the text of the first element."""
        script = f"document.querySelector({json.dumps(selector)}).textContent"
        return str(self("evaluate", script=script))

    def number(self, name: str, part: str = ".value") -> str:
        """Return what one of the eight big numbers shows."""
        return self.text(f"#number-{name} {part}")

    def level(self, name: str) -> str:
        """Return the level of one of the eight big numbers."""
        script = f"document.getElementById('number-{name}').dataset.level"
        return str(self("evaluate", script=script))

    def wait(self, script: str, seconds: float = 30) -> None:
        """Wait until the expression is true on the page."""
        self("wait", script=script, seconds=seconds)


@contextmanager
def browser(node: str, chromium: str) -> Iterator[Browser]:
    """Run a browser for the duration of the block."""
    process = subprocess.Popen(
        [node, str(Path(__file__).with_name("browser.mjs")), chromium, str(WEB)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Browser(process)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
