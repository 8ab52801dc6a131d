"""Series of the worker that give an alert's value any course a case asks for."""

from tests.obs.climbs import Feed
from tests.obs.lab import Line, Series, Value

NEWEST = "chatpulse_newest_event_timestamp_seconds"


def braces(who: str, **more: str) -> str:
    """Write labels as PromQL does; `who` is `shop=s agent=a`."""
    pairs = [*(pair.split("=") for pair in who.split()), *more.items()]
    return "{" + ",".join(f'{name}="{value}"' for name, value in pairs) + "}"


def age(second: int, seconds: float) -> float:
    """Return the instant that lies so many seconds back."""
    return second - seconds


def shop_of(who: str) -> str:
    """Return the shop's label alone."""
    return who.split(maxsplit=1)[0]


def waiting(level: str) -> Feed:
    """The oldest wait has lasted so many seconds."""

    def feed(line: Line, who: str, _: int) -> dict[str, Series]:
        name = f"chatpulse_{level}_oldest_wait_start_timestamp_seconds"
        return {
            name + braces(who): Series(line, age),
            "chatpulse_shop_waiting_buyers" + braces(shop_of(who)): Series({0: 1}),
        }

    return feed


def mean(level: str, window: str) -> Feed:
    """So many answers took so many seconds on average."""

    def feed(line: Line, who: str, count: int) -> dict[str, Series]:
        labels, metric = braces(who, window=window), f"chatpulse_{level}_window_response"
        counts = {t: None if value is None else count for t, value in line.items()}
        return {
            f"{metric}_seconds{labels}": Series(line, lambda _, value: value * count),
            f"{metric}s{labels}": Series(counts),
        }

    return feed


def share(above: str, below: str, **labels: str) -> Feed:
    """This share of so many is that."""

    def feed(line: Line, who: str, count: int) -> dict[str, Series]:
        hits, counts = {}, {}
        for second, value in line.items():
            hits[second], counts[second] = part(value, count)
        return {
            above + braces(who, **labels): Series(hits),
            below + braces(who, **labels): Series(counts),
        }

    return feed


def part(share: Value, count: int) -> tuple[Value, Value]:
    """Return two numbers whose quotient is exactly `share`: a case stands at a threshold.

    The second is `count` if that can be, else a multiple of it.
    """
    if share is None:
        return None, None
    for times in range(1, 20):
        hits = share * count if times == 1 else float(round(share * count * times))
        if hits / (count * times) == share:
            return hits, count * times
    return share * count, count  # beside a threshold nobody minds


def plain(metric: str, **labels: str) -> Feed:
    """The metric's own value."""

    def feed(line: Line, who: str, _: int) -> dict[str, Series]:
        return {metric + braces(who, **labels): Series(line)}

    return feed


def since(metric: str, **labels: str) -> Feed:
    """The metric is an instant that lies so many seconds back."""

    def feed(line: Line, who: str, _: int) -> dict[str, Series]:
        return {metric + braces(who, **labels): Series(line, age)}

    return feed
