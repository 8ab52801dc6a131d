"""The for-loop: events into the engine, scorecards out of it, in memory that does not grow."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ..contract.topics import TYPE_NAMES
from ..conversations.conversation import Conversation
from ..conversations.policy import Rules
from ..conversations.tally import Tally
from ..scoreboard.notes import Outcome
from ..scoreboard.partition import Partition
from ..scoreboard.scorecard import Scorecard
from .feed import Fed
from .left_out import LeftOut
from .share import Share


def run(
    events: Iterable[Fed],
    rules: Rules,
    left_out: LeftOut,
    keep: Callable[[Scorecard], None],
    *,
    share: Share | None = None,
    on_tally: Callable[[str, str, Conversation, Tally], None] | None = None,
) -> int:
    """Fold all events and hand every scorecard to `keep`, each once; return how many were folded.

    Of other shops than the `share`'s only the time is noted: the days that are still open at the
    end are computed as of the newest event of all. `on_tally` sees what every conversation
    contributes to the scorecards.
    """
    mine = Share() if share is None else share
    partition = Partition(rules, live=False, on_tally=on_tally)
    apply, applied = partition.apply, Outcome.APPLIED
    newest = count = 0
    with _undisturbed():
        for event, name, number in events:
            if event.at > newest:  # noqa: PLR1730  # a call per event would cost more
                newest = event.at
            if not mine[event.shop_id]:
                continue
            count += 1
            outcome = apply(event)
            if outcome is not applied:
                at = datetime.fromtimestamp(event.at / 1000, UTC).isoformat(timespec="seconds")
                left_out.add(
                    name, number, outcome.name.lower(), f"{TYPE_NAMES[type(event)]} of {at}"
                )
            if partition.closed:
                _hand_over(partition, keep)
        if count:
            partition.finish(newest)
            _hand_over(partition, keep)
    return count


def _hand_over(partition: Partition, keep: Callable[[Scorecard], None]) -> None:
    cards, partition.closed = partition.closed, []
    for card in cards:
        keep(card)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep Python's cycle collector out of the loop.

    Neither events nor rows form reference cycles, so counting references frees them at once; the
    collector would find nothing, but walk over all rows again and again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
