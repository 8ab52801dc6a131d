"""The oldest and the newest Prometheus that Debian offers.

The oldest is the system's (bookworm: 2.42), the newest comes from Debian testing, unpacked by
tools/debian_tools.sh: its version moves, and is printed rather than expected.
"""

from pathlib import Path

import pytest

from tests.tools import in_ci, need
from tools.observability.thresholds import ROOT

VERSIONS = ("system", "newest")
NEWEST = ROOT / ".cache" / "tools" / "forky" / "usr" / "bin"


def tool(name: str, version: str = "system") -> str:
    """Return the path of a tool; without it skip the test, or fail it in CI."""
    if version == "system":
        return need(name)
    path: Path = NEWEST / name
    if path.exists():
        return str(path)
    reason = f"{path.relative_to(ROOT)} is missing (tools/debian_tools.sh)"
    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
