"""Checkpoints of older versions are read; one of a newer version is refused (test_loader.py).

`golden/checkpoint-N.json` is a checkpoint of format N as it lay in its topic, the input that
follows it, and the scorecards at the end. When the form changes, raise `checkpoint.FORMAT`, keep
reading the old ones, and run `python -m tests.worker.test_upgrade`, which adds the file of the new
format, with the compiled engine: its rows are compact. A file that is there is never written again:
it is what users have.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from chatpulse.contract.codec import Rejected, decode
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker import checkpoint
from chatpulse.worker.checkpoint import Manifest, Stored
from tests.oracle.timelines import RULES, random_lines

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("checkpoint-*.json"))
POLICY = Rules.parse(json.dumps(RULES), toml=False)
NOW_MS = 1_764_000_000_000
EVENTS, READ = 400, 300


def fold(partition: Partition, lines: list[bytes]) -> None:
    for line in lines:
        event = decode(line, now_ms=NOW_MS)
        if not isinstance(event, Rejected):
            partition.apply(event)


def scorecards(partition: Partition) -> list[dict[str, Any]]:
    """Return all scorecards, those of closed days included."""
    cards = [card for days in partition.archive.values() for day in days.values() for card in day]
    partition.closed = []
    partition.finish(NOW_MS)
    found: list[dict[str, Any]] = [to_builtins(card) for card in cards + partition.closed]
    return sorted(found, key=lambda card: (card["shop_id"], card["agent_id"], card["day"]))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_golden_checkpoints_are_read_and_gone_on_from(file: Path) -> None:
    golden = json.loads(file.read_text(encoding="utf-8"))
    stored = [
        Stored(offset, base64.b64decode(key), base64.b64decode(value))
        for offset, (key, value) in enumerate(golden["records"])
    ]
    found = checkpoint.scan(stored)
    assert found.best is not None
    assert (found.damaged, found.newer_format) == (0, None)
    assert found.best.manifest.positions == {"chat.messages": READ, "shop.orders": 0}
    assert found.best.manifest.rules == POLICY.fingerprint
    partition = Partition.load(POLICY, found.best.records)
    fold(partition, [line.encode() for line in golden["lines"]])
    assert scorecards(partition) == golden["scorecards"]


def test_the_present_format_has_a_golden_checkpoint() -> None:
    assert GOLDEN / f"checkpoint-{checkpoint.FORMAT}.json" in FILES


def write() -> None:
    """Add the golden checkpoint of the present format, from lines of a month."""
    file = GOLDEN / f"checkpoint-{checkpoint.FORMAT}.json"
    assert not file.exists(), f"{file} is what users have"
    lines = list(random_lines(4, EVENTS, shops=2, buyers=30, days=30, far=0.0, garbage=0.0))
    partition = Partition(POLICY, compiled=True)
    fold(partition, lines[:READ])
    records = list(partition.dump())
    chunks = list(checkpoint.chunks(records, size=4_000))
    made = bytes(range(16))
    manifest = Manifest(
        format=checkpoint.FORMAT,
        positions={"chat.messages": READ, "shop.orders": 0},
        chunks=len(chunks),
        digest=checkpoint.digest(chunks),
        records=len(records),
        rules=POLICY.fingerprint,
        written_at=NOW_MS,
        writer="golden",
    )
    stored = [(checkpoint.key(made, n), chunk) for n, chunk in enumerate(chunks)]
    stored.append((checkpoint.key(made, checkpoint.MANIFEST_INDEX), checkpoint.seal(manifest)))
    fold(partition, lines[READ:])
    golden = {
        "records": [[base64.b64encode(part).decode() for part in one] for one in stored],
        "lines": [line.decode() for line in lines[READ:]],
        "scorecards": scorecards(partition),
    }
    file.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
