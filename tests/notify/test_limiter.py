"""A robot never posts more than its vendor allows, and never waits longer than it has to."""

from hypothesis import given
from hypothesis import strategies as st

from chatpulse.notify.limiter import Limit, Limiter

LIMITS = st.lists(st.builds(Limit, st.integers(1, 8), st.integers(1, 500)), min_size=1, max_size=3)
PAUSES = st.lists(st.integers(0, 120), max_size=60)


def fits(posts: list[int], at: int, limits: list[Limit]) -> bool:
    return all(sum(at - t < limit.span_ms for t in posts) < limit.posts for limit in limits)


@given(LIMITS, PAUSES)
def test_no_span_holds_more_posts_than_allowed(limits: list[Limit], pauses: list[int]) -> None:
    limiter, posts, now = Limiter(limits), list[int](), 0
    for pause in pauses:
        now = limiter.free_at(now + pause)
        posts.append(now)
        limiter.posted(now)
    for limit in limits:
        for i, at in enumerate(posts):
            assert sum(at - limit.span_ms < t <= at for t in posts[: i + 1]) <= limit.posts


@given(LIMITS, PAUSES)
def test_it_waits_exactly_as_long_as_it_has_to(limits: list[Limit], pauses: list[int]) -> None:
    limiter, posts, now = Limiter(limits), list[int](), 0
    for pause in pauses:
        asked = now + pause
        now = limiter.free_at(asked)
        assert fits(posts, now, limits)
        assert now == asked or not fits(posts, now - 1, limits)
        posts.append(now)
        limiter.posted(now)


def test_a_clock_that_jumps_back_frees_nothing_early() -> None:
    limiter = Limiter([Limit(2, 100)])
    limiter.posted(1000)
    limiter.posted(500)
    assert limiter.free_at(500) == 1100
