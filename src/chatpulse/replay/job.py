"""What a replay is asked for, and the folding of all shops or of a share of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from ..conversations.policy import Rules
from ..failure import CANNOT_GO_ON, Failure
from ..scoreboard.scorecard import Scorecard
from .feed import Tick, feed, sorted_feed
from .files import Source, UnreadableError
from .left_out import LeftOut
from .run import run
from .share import Share
from .sheets import SHEETS, CardKey
from .spool import Spool, SpoolError


@dataclass(frozen=True)
class Wanted:
    """The shops, agents and days to be printed; empty: all."""

    shops: Sequence[str] = ()
    agents: Sequence[str] = ()
    days: Sequence[str] = ()

    def __contains__(self, card: Scorecard) -> bool:
        return (
            (not self.shops or card.shop_id in self.shops)
            and (not self.agents or card.agent_id in self.agents)
            and (not self.days or card.day in self.days)
        )


@dataclass(frozen=True)
class Job:
    """One replay."""

    files: tuple[str, ...]
    rules: Rules
    sheet_name: str
    sort: bool
    wanted: Wanted


class Folded(NamedTuple):
    """How many events there were, what of them was left out, and the scorecards in order."""

    read: int
    left_out: LeftOut
    cards: Iterator[tuple[CardKey, bytes]]


def fold(job: Job, sources: Sequence[Source], stack: ExitStack, tick: Tick, share: Share) -> Folded:
    """Fold the sources of a job; what is kept on disk meanwhile is closed with the `stack`.

    Every share reads everything, because the order of one shop's events may depend on another's,
    and because decoding is the least part of the work. Lines that are no events are the first's.
    """
    left_out = LeftOut.of(job.files)
    rejected = left_out if share.index == 0 else LeftOut()
    cards = stack.enter_context(Spool[CardKey](CardKey))
    key_of, encode = SHEETS[job.sheet_name].key, msgspec.json.Encoder().encode

    def keep(card: Scorecard) -> None:
        if card in job.wanted:
            cards.add(key_of(card), encode(card))

    if job.sort:
        lines = stack.enter_context(Spool[int](int))
        events = sorted_feed(sources, rejected, tick, lines, share)
    else:
        events = feed(sources, rejected, tick)
    count = run(events, job.rules, left_out, keep, share=share)
    return Folded(count, left_out, cards.drain())


@contextmanager
def failures() -> Iterator[None]:
    """Let what stops a replay be the command's failure."""
    try:
        yield
    except UnreadableError as error:
        raise Failure(str(error)) from None
    except SpoolError as error:
        raise Failure(str(error), status=CANNOT_GO_ON) from None
