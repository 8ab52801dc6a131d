"""A replay in several processes: each reads all files and folds its share of the shops.

The command itself only collects: it merges what the processes found and prints as if it were one.
Whatever ends it ends them: they are ended with it, and end by themselves if it is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from heapq import merge
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.resource_tracker import ensure_running
from operator import itemgetter
from typing import Any, Final

from ..failure import CANNOT_GO_ON, Failure
from .files import Source
from .job import Folded, Job, failures, fold
from .left_out import LeftOut
from .progress import progress
from .share import Share
from .sheets import CardKey

LOOK_SECONDS: Final = 0.2
"""How often the progress bar moves."""
CHUNK: Final = 500
"""Scorecards sent at once."""

_context = multiprocessing.get_context("spawn")


def fold_in_processes(
    job: Job, sources: Sequence[Source], stack: ExitStack, processes: int
) -> Folded:
    """Fold a job in so many processes, which are ended with the `stack`."""
    read = _context.RawArray("Q", processes)
    shares = [Share(index, processes) for index in range(processes)]
    pipes = [stack.enter_context(_process(job, share, read)) for share in shares]
    count, left_out = 0, LeftOut.of(job.files)
    with progress(sources, lambda: min(read)) as tick:
        waiting = list(pipes)
        while waiting:
            tick()
            for pipe in wait(waiting, LOOK_SECONDS):
                assert isinstance(pipe, Connection)  # noqa: S101  # wait() returns what it was given
                folded, left_out_there = _receive(pipe)
                count += folded
                left_out.merge(left_out_there)
                waiting.remove(pipe)
    return Folded(count, left_out, merge(*map(_cards, pipes), key=itemgetter(0)))


@contextmanager
def _process(job: Job, share: Share, read: Any) -> Iterator[Connection]:
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=_work, args=(job, share.index, share.of, theirs, read))
    process.daemon = True
    with _without_interrupts():
        process.start()
    theirs.close()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()
        ours.close()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let processes that are started not see Ctrl-C, which all of a terminal get: we end them."""
    ensure_running()  # else the first start would do it, and unblock what is blocked here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _receive(pipe: Connection) -> Any:
    try:
        found = pipe.recv()
    except EOFError:
        text = "a process of the replay was ended; with fewer --processes it takes less memory"
        raise Failure(text, status=CANNOT_GO_ON) from None
    if isinstance(found, Failure):
        raise found
    return found


def _cards(pipe: Connection) -> Iterator[tuple[CardKey, bytes]]:
    while chunk := _receive(pipe):
        yield from chunk


# ---- in the other process ---------------------------------------------------------------------


def _work(job: Job, index: int, of: int, pipe: Connection, read: Any) -> None:
    threading.Thread(target=_end_with_the_command, daemon=True).start()
    try:
        with ExitStack() as stack, failures():
            sources = [stack.enter_context(closing(Source(name))) for name in job.files]

            def tick() -> None:
                read[index] = sum(source.read_bytes for source in sources)

            count, left_out, cards = fold(job, sources, stack, tick, Share(index, of))
            pipe.send((count, left_out))
            while chunk := list(islice(cards, CHUNK)):
                pipe.send(chunk)
            pipe.send([])
    except Failure as failure:
        pipe.send(failure)


def _end_with_the_command() -> None:
    command = multiprocessing.parent_process()
    assert command is not None  # noqa: S101  # this runs in a child
    command.join()
    os._exit(CANNOT_GO_ON)
