"""Grammar: every expression of the dashboards, parsed by promtool as if it were a rule."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .panel_lint import expressions


def grammar_errors(
    dashboards: Mapping[str, dict[str, Any]], promtool: str = "promtool"
) -> dict[str, list[str]]:
    """Return the titles of panels whose expressions promtool refuses, by dashboard."""
    asked = [(name, t, e) for name, d in dashboards.items() for t, e in expressions(d)]
    rules = [{"record": f"q{n}", "expr": expr} for n, (_, _, expr) in enumerate(asked)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yml"
        groups = {"groups": [{"name": "dashboards", "rules": rules}]}
        file.write_text(json.dumps(groups), encoding="utf-8")  # JSON is YAML
        done = subprocess.run(
            [promtool, "check", "rules", "--lint=none", str(file)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    found: dict[str, list[str]] = {name: [] for name in dashboards}
    said = done.stderr + done.stdout
    for number in sorted({int(n) for n in re.findall(r'"q(\d+)"', said)}):
        name, title, expr = asked[number]
        found[name].append(f"{title}: promtool cannot parse {expr}")
    if done.returncode and not any(found.values()):
        raise RuntimeError(said)
    return found
