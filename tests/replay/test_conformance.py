"""The hand-computed timelines of tests/conformance, through the command as a user calls it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatpulse.cli import chatpulse
from tests.conformance_cases import Case, cases, check
from tests.replay.events import ndjson


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_conformance(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(ndjson(case.lines))
    arguments = ["replay", str(path), "--format", "json"]
    if case.rules is not None:
        rules = tmp_path / "rules.json"
        rules.write_text(json.dumps(case.rules), encoding="utf-8")
        arguments += ["--rules", str(rules)]
    done = CliRunner().invoke(chatpulse, arguments)
    if case.refused:
        assert done.exit_code == 2
        assert done.stdout == ""
        assert done.stderr.startswith(f"chatpulse: rules {tmp_path / 'rules.json'}: ")
        assert done.stderr.count("\n") == 1
    else:
        assert done.exit_code == 0, done.exception
        cards = [json.loads(line) for line in done.stdout.splitlines()]
        assert check(case.expect, cards) == []
