"""What the web server shows: the stage's partitions and the processor's counters, as of now."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from ..telemetry.agent_labels import AgentLabels
from .broker import Tp
from .counters import Counters
from .group import Group
from .owned import Owned
from .stage import Stage


class Sources:
    """Empty until `attach`: the web server listens before the worker has joined its group."""

    def __init__(
        self,
        counters: Counters,
        *,
        now_ms: Callable[[], int],
        agent_labels: AgentLabels | None = None,
    ) -> None:
        """`agent_labels`: what metrics and wall call agents; None for their ids."""
        self.counters = counters
        self.now_ms = now_ms
        self.agent_labels = agent_labels
        self._stage: Stage | None = None
        self._group: Group | None = None

    def attach(self, stage: Stage, group: Group) -> None:
        """Show this stage and this group from now on."""
        self._stage, self._group = stage, group

    @property
    def owned(self) -> dict[int, Owned]:
        """The partitions that are this worker's now."""
        return self._stage.owned if self._stage else {}

    async def keep_up(self, seconds: float, shop_id: str | None = None) -> None:
        """Bring the boards up to now, of all shops or of one, for at most `seconds`.

        Between slices, of which every partition has its share, the input has its turn.
        """
        deadline = time.monotonic() + seconds
        pending = deque(part.engine for part in self.owned.values())
        while pending and time.monotonic() <= deadline:
            engine = pending.popleft()
            if shop_id is None:
                is_done = engine.refresh(self.now_ms(), engine.slice)
            else:
                is_here = shop_id in engine.boards
                is_done = not is_here or engine.refresh_shop(shop_id, self.now_ms(), engine.slice)
            if not is_done:
                pending.append(engine)
                await self.way()

    async def way(self) -> None:
        """Make way for the input, between slices of what can wait."""
        if self._stage is not None:
            await self._stage.way()

    @property
    def unready(self) -> str | None:
        """Say why not everything is served yet; None when it is."""
        if self._stage is None or self._group is None:
            return "starting"
        return self._group.denied or self._stage.unready

    @property
    def unhealthy(self) -> str | None:
        """Say what is wrong with the process itself; None when nothing is."""
        return self._stage.stuck if self._stage else None

    def owner(self, tp: Tp) -> str | None:
        """Return the URL of the worker that owns `tp`, if it can be reached from here."""
        return self._group.owner(tp) if self._group else None
