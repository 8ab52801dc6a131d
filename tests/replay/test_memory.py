"""Memory does not grow with the length of the file, only with what is alive in it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatpulse.contract.ids import DAY, MINUTE
from tests.replay.events import NOON, line

A_DAYS_BUYERS = 100
SHORT, LONG = 25, 250
"""Days; both are longer than the longest memory of a conversation, 21 days."""

MEASURE = """
import resource, sys
from chatpulse.cli import chatpulse
chatpulse(["replay", *sys.argv[1:], "--format", "json"], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def days(count: int) -> Iterator[bytes]:
    """Every day new buyers who ask, are answered, and buy now and then."""
    for day in range(count):
        for number in range(A_DAYS_BUYERS):
            buyer, at = f"b{day}-{number}", NOON + day * DAY + number * MINUTE
            yield line(f"q{buyer}", at, buyer_id=buyer)
            yield line(f"r{buyer}", at + 30_000, buyer_id=buyer, sender="agent")
            if number % 10 == 0:
                order = {"buyer_id": buyer, "order_id": f"o{buyer}", "amount_minor": 100}
                yield line(f"c{buyer}", at + MINUTE, type="created", **order)
                yield line(f"p{buyer}", at + MINUTE, type="paid", **order)


def peak_kilobytes(path: Path, *options: str) -> int:
    command = [sys.executable, "-c", MEASURE, str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    cards = [json.loads(card) for card in done.stdout.splitlines()]
    assert sum(card["orders_paid"] for card in cards if card["agent_id"]) > 0
    return int(done.stderr)


@pytest.mark.parametrize("options", [[], ["--sort"]], ids=["as it is", "sorted"])
def test_ten_times_the_days_take_no_more_memory(
    tmp_path: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    peaks = {}
    for count in (SHORT, LONG):
        path = tmp_path / f"{count}.ndjson"
        with path.open("wb") as file:
            file.writelines(one + b"\n" for one in days(count))
        peaks[count] = peak_kilobytes(path, *options)
    # The sort keeps up to 64 MB of lines (estimated) before it goes to disk: the short file is
    # all in memory, so only the bound can be shown for it.
    allowed = 130_000 if options else 12_000
    assert peaks[LONG] - peaks[SHORT] < allowed, peaks
