"""What a measured process measures of itself, and how it tells: one line on standard output.

Imported by every peer, so nothing but the standard library.
"""

import json
import os
import resource
import sys
import threading
import time
from typing import Any, Final

RESULT: Final = "RESULT "
COLD: Final = 0.2
"""The first part of a run, which `warm` figures leave out."""


class Meter:
    """Times of the first event, the end of the cold part, the last event, and of all durable.

    If it never was durable, the figures that go until then are null: `durable_s`, `rate`,
    `rate_warm`. `core_s_per_100k` goes until it was durable or given up.
    """

    def __init__(self, events: int) -> None:
        self._events = events
        self._cold_events = int(events * COLD)
        self._first = self._cold = self._last = self._end = (0, 0.0, 0.0)
        self._is_durable = False

    def begin(self) -> None:
        """Note that the first event is there; again and again does no harm."""
        if not self._first[1]:
            self._first = self._now(0)

    def reached(self, count: int) -> None:
        """Note that so many events have been processed in all."""
        if count >= self._cold_events and not self._cold[1]:
            self._cold = self._now(count)
        if count >= self._events and not self._last[1]:
            self._last = self._now(count)

    @property
    def is_done(self) -> bool:
        """Whether it is known if everything is durable."""
        return bool(self._end[1])

    def done(self, *, durable: bool) -> None:
        """Note that everything is durable, or will not be; the first word counts."""
        if not self.is_done:
            self._end = self._now(self._events)
            self._is_durable = durable

    def end(self, check: str, **more: Any) -> None:
        """Print the result; everything is durable now, unless `done` was told before."""
        self.done(durable=True)
        print(RESULT + json.dumps(self.result(check) | more), file=sys.__stdout__, flush=True)

    def result(self, check: str) -> dict[str, Any]:
        """Return the figures, and what the process came to."""
        first, cold, last, end = self._first, self._cold, self._last, self._end
        durable: dict[str, float | None] = {"durable_s": None, "rate": None, "rate_warm": None}
        if self._is_durable:
            durable = {
                "durable_s": end[1] - first[1],
                "rate": self._events / (end[1] - first[1]),
                "rate_warm": (self._events - cold[0]) / (end[1] - cold[1]),
            }
        return {
            "events": self._events,
            "last_s": last[1] - first[1],
            **durable,
            "rate_last": self._events / (last[1] - first[1]),
            "rate_cold": cold[0] / (cold[1] - first[1]),
            "core_s_per_100k": (end[2] - first[2]) / self._events * 1e5,
            "rss_mb": peak_mb(),
            "check": check,
        }

    @staticmethod
    def _now(count: int) -> tuple[int, float, float]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return count, time.monotonic(), used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """Return the most memory that this process has had; getrusage would tell the parent's, too."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def specification() -> dict[str, Any]:
    """Return what the bench wants of this process, and end with the bench."""
    parent = os.getppid()

    def follow() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(9)

    threading.Thread(target=follow, daemon=True).start()
    wanted: dict[str, Any] = json.loads(sys.argv[1])
    return wanted


def tune_gc() -> None:
    """Keep Python's cycle collector from walking over all rows again and again."""
    import gc

    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
