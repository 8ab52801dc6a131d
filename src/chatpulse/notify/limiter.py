"""How often a robot may post: never more than the vendor allows in any span of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class Limit(NamedTuple):
    """At most `posts` in any `span_ms`."""

    posts: int
    span_ms: int


class Limiter:
    """Remembers the newest posts of one robot.

    A window that slides, not a bucket of tokens: a bucket lets up to twice its size through in one
    span, and for that DingTalk silences a robot for ten minutes.
    """

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits = tuple(limits)
        self._posts: deque[int] = deque(maxlen=max(limit.posts for limit in limits))

    def free_at(self, now_ms: int) -> int:
        """Return the first instant from `now_ms` on at which another post is allowed."""
        free = now_ms
        for posts, span_ms in self._limits:
            if len(self._posts) >= posts:
                free = max(free, self._posts[-posts] + span_ms)
        return free

    def posted(self, at_ms: int) -> None:
        """Count a post; give the time of the answer, which is later than the vendor's."""
        self._posts.append(max(at_ms, self._posts[-1]) if self._posts else at_ms)
