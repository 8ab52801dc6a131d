"""A thread that ends the process when the framework hangs instead of failing.

aiokafka parks fatal coordinator errors until somebody calls `getmany()`, which Faust never does:
the worker would sit there without partitions, for ever. Here they are consumed, so that it joins
again; a task that is dead, or a stop that takes too long, ends the process, and whoever supervises
it starts it anew. Nothing is lost by that: the state is in the checkpoints.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from aiokafka.errors import GroupAuthorizationFailedError

from ..logs import Lid
from .denials import Denials
from .reasons import told

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
EXIT_STATUS: Final = 70
"""Exit status when the process had to end itself (EX_SOFTWARE)."""


class Watchdog:
    """Looks after a Faust app from outside of its event loop."""

    def __init__(
        self,
        app: Any,
        *,
        denials: Denials | None = None,
        leave: Callable[[str], None] | None = None,
    ) -> None:
        """`denials`: who is told when the group refuses this worker for want of a right."""
        self._app = app
        self._denials = denials or Denials()
        self._lid = Lid()
        self._leave = leave or hard_exit
        self._deadline: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop_within(self, seconds: float) -> None:
        """From now on the process is stopping; end it if it is still there after `seconds`."""
        self._deadline = time.monotonic() + seconds

    def over(self) -> None:
        """Stop watching."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            if self._deadline is not None:
                if time.monotonic() > self._deadline:
                    self._leave("the stop took too long")
                    return
            elif (reason := self.look()) is not None:
                self._leave(reason)
                return

    def look(self) -> str | None:
        """Consume parked errors; return what is dead, None if nothing is."""
        thread = getattr(self._app._consumer, "_thread", None)
        consumer = getattr(thread, "_consumer", None)
        coordinator = getattr(consumer, "_coordinator", None)
        if thread is None or consumer is None or coordinator is None:
            return None
        if getattr(coordinator, "_pending_exception", None) is not None:
            thread.thread_loop.call_soon_threadsafe(self._consume, coordinator)
        tasks = {
            "coordination": getattr(coordinator, "_coordination_task", None),
            "fetch": getattr(getattr(consumer, "_fetcher", None), "_fetch_task", None),
        }
        for name, task in tasks.items():
            if task is not None and task.done():
                return f"the consumer's {name} task has ended: {task!r}"
        return None

    def _consume(self, coordinator: Any) -> None:
        try:
            coordinator.check_errors()
        except GroupAuthorizationFailedError as error:
            self._denials.note(error, "Read")
        except Exception as error:  # noqa: BLE001  # whatever was parked: it is logged, and joining begins anew
            if self._lid.lifts(text := told(error)):
                log.warning("the group's coordinator reported: %s; joining again", text)
        heartbeat = getattr(coordinator, "_heartbeat_task", None)
        if heartbeat is not None and heartbeat.done():
            coordinator.request_rejoin()  # else its error would be shown, and never beat again


def hard_exit(reason: str) -> None:
    """End the process at once with one clear line."""
    print(f"chatpulse: {reason}; ended, start it again", file=sys.stderr, flush=True)
    os._exit(EXIT_STATUS)
