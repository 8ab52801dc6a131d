"""Bytes per idle conversation, in memory and in a checkpoint: a partition in its own process."""

from typing import Any

from bench.processes import measure, python


def run(conversations: int) -> Any:
    """Fill a partition with buyers, most of whom come once or twice; no broker takes part.

    Another one has half of them: the difference is what one more conversation takes, without what
    the process needs for those in use.
    """
    half, found = (
        measure(python("bench.peers.idle"), {"conversations": count})
        for count in (conversations // 2, conversations)
    )
    taken = [one["memory_bytes"] * one["conversations"] for one in (half, found)]
    found["one_more_bytes"] = (taken[1] - taken[0]) / (
        found["conversations"] - half["conversations"]
    )
    print(
        f"  {found['conversations']:,} idle conversations: {found['memory_bytes']:.0f} bytes each "
        f"in memory (one more: {found['one_more_bytes']:.0f}), {found['checkpoint_bytes']:.0f} in "
        "a checkpoint"
    )
    return found
