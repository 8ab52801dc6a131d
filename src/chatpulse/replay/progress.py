"""A progress bar on stderr, on a terminal only: bytes read, of the files as they lie on disk."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .feed import Tick
from .files import Source


@contextmanager
def progress(
    sources: Sequence[Source], read_bytes: Callable[[], int] | None = None
) -> Iterator[Tick]:
    """Show how far the sources are whenever the yielded function is called.

    `read_bytes` tells it if others read the files.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    sizes = [source.size for source in sources]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    bar = Progress(
        TextColumn("reading"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=total)
        read = read_bytes or (lambda: sum(source.read_bytes for source in sources))
        yield lambda: bar.update(task, completed=read())
