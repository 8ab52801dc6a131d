"""Bytes per idle conversation, in memory and in a checkpoint: a partition in its own process."""

from typing import Any

from bench.processes import measure, python


def run(conversations: int) -> Any:
    """Fill a partition with buyers, most of whom come once or twice; no broker takes part."""
    found = measure(python("bench.peers.idle"), {"conversations": conversations})
    print(
        f"  {found['conversations']:,} idle conversations: {found['memory_bytes']:.0f} bytes each "
        f"in memory, {found['checkpoint_bytes']:.0f} in a checkpoint"
    )
    return found
