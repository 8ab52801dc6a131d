"""Types: dashboard files against `@grafana/schema`, by TypeScript's own compiler."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any, Final

from .workspace import workspace

_SETTINGS: Final = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "skipLibCheck": True,
        "module": "esnext",
        "moduleResolution": "bundler",
        "target": "es2022",
        "lib": ["es2022", "dom"],
        "types": [],
    },
    "include": ["*.ts", "../schema.ts"],
}


def type_errors(dashboards: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return what the compiler says about each dashboard, by its name; empty if nothing."""
    folder = workspace() / "types"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "tsconfig.json").write_text(json.dumps(_SETTINGS), encoding="utf-8")
    for name, dashboard in dashboards.items():
        text = json.dumps(dashboard, ensure_ascii=False)
        (folder / f"{name}.ts").write_text(
            "import type { Dashboard } from '../schema';\n"
            f"export default {text} satisfies Dashboard;\n",
            encoding="utf-8",
        )
    done = subprocess.run(
        ["../node_modules/.bin/tsc", "-p", "tsconfig.json", "--pretty", "false"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found: dict[str, list[str]] = {name: [] for name in dashboards}
    for line in done.stdout.splitlines():
        if not line.startswith(" "):  # the rest explains the line before
            place, _, message = line.partition(": ")
            found[place.partition(".ts(")[0]].append(message)
    if done.returncode and not any(found.values()):
        raise RuntimeError(f"tsc: {done.stdout}{done.stderr}")
    return found
