"""Up to which instant days may close: every input has been read to its end, or past that instant.

"To its end" must be asked after the event that would close a day was read: an end that was learnt
before says nothing about what had been produced by then. So every look at the ends is noted with
the newest instant read before it, and counts once the positions have reached it.
"""

from __future__ import annotations

from collections.abc import Mapping


class Horizon:
    """The close limit of one partition; `positions` is the partition's own, live."""

    def __init__(self, positions: Mapping[str, int]) -> None:
        self._positions = positions
        self._read_to = dict.fromkeys(positions, 0)
        self._looks: dict[str, tuple[int, int]] = {}  # topic -> end, newest instant when asked
        self.newest = 0
        """The newest instant read from any input."""

    def read(self, topic: str, at: int) -> None:
        """Take note of an event of `topic`."""
        self._read_to[topic] = max(self._read_to[topic], at)
        self.newest = max(self.newest, at)

    def look(self, ends: Mapping[str, int], newest: int) -> None:
        """Take note of ends that were asked for when `newest` had been read."""
        for topic, end in ends.items():
            self._reach(topic)
            self._looks.setdefault(topic, (end, newest))
            self._reach(topic)

    @property
    def limit(self) -> int:
        """The instant up to which every input is known to be complete."""
        for topic in list(self._looks):
            self._reach(topic)
        return min(self._read_to.values())

    def _reach(self, topic: str) -> None:
        look = self._looks.get(topic)
        if look is not None and self._positions[topic] >= look[0]:
            del self._looks[topic]
            self._read_to[topic] = max(self._read_to[topic], look[1])
