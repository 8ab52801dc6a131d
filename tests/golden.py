"""Golden files: what a test expects, kept in a file that people review.

`make golden` runs the tests whose name contains `golden` with CHATPULSE_GOLDEN=rewrite, which
makes them write what they found instead of comparing it. The diff is the review.
"""

import difflib
import os
from pathlib import Path


def assert_golden(path: Path, actual: str) -> None:
    """Compare `actual` with the file at `path`, or write it there when rewriting is on."""
    if os.environ.get("CHATPULSE_GOLDEN") == "rewrite":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(actual, encoding="utf-8", newline="\n")
        return
    expected = path.read_bytes().decode() if path.exists() else ""
    if actual == expected:
        return
    lines = difflib.unified_diff(
        expected.splitlines(), actual.splitlines(), f"{path.name} (file)", "found", lineterm=""
    )
    raise AssertionError("\n".join(["golden file differs (make golden):", *lines]))
