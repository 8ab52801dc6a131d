"""Programs that some tests need beside Python: found, skipped over, or missed loudly in CI."""

import os
import shutil

import pytest

REMEDIES = {
    "cargo": "Rust 1.85 or newer, by rustup or the system's packages",
    "chromium": "apt-get install chromium fonts-noto-cjk",
    "java": "apt-get install openjdk-17-jre-headless",
    "mvn": "apt-get install maven",
    "node": "apt-get install nodejs npm",
    "npm": "apt-get install npm",
    "prometheus": "apt-get install prometheus",
    "prometheus-alertmanager": "apt-get install prometheus-alertmanager",
    "promtool": "apt-get install prometheus",
}
"""What to do about a missing program, on Debian."""


def in_ci() -> bool:
    """Tell whether a missing program is a failure (CI) or a reason to skip (a laptop)."""
    return any(os.environ.get(name, "") in {"1", "true"} for name in ("CI", "CHATPULSE_CI"))


def need(tool: str) -> str:
    """Return the path of `tool`; without it skip the test, or fail it in CI."""
    path = shutil.which(tool)
    if path is not None:
        return path
    reason = f"{tool} is not installed"
    if tool in REMEDIES:
        reason += f" ({REMEDIES[tool]})"
    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
