"""The packages of web/, installed once as the lock file says."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

from tests.tools import need

WEB = Path(__file__).parents[2] / "web"


def install() -> Path:
    """Return web/ with its packages in place; skip the test where npm is missing."""
    npm = need("npm")
    need("node")
    lock, done = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    with lock.open(encoding="utf-8") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # two test processes at once must not install
        if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
            subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=WEB,
                check=True,
                timeout=120,
            )
    return WEB
