"""A scrape of the worker's `/metrics`, and the numbers of the board in it."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families

SECONDS: Final = 5.0
"""How long a request may take."""

_FIELDS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "waiting": ("waiting_buyers", {}),
    "queued": ("queued_buyers", {}),
    "since": ("oldest_wait_start_timestamp_seconds", {}),
    "mean_5m": ("response_mean_seconds", {"window": "5m"}),
    "mean_today": ("response_mean_seconds", {"window": "today"}),
    "within_30s": ("within_ratio", {"window": "today", "limit": "30"}),
    "within_180s": ("within_ratio", {"window": "today", "limit": "180"}),
    "reply_ratio": ("reply_ratio", {"window": "today"}),
    "inquiries": ("inquiries", {"span": "same_day"}),
    "converted": ("converted_inquiries", {"span": "same_day"}),
    "conversion_ratio": ("conversion_ratio", {"span": "same_day"}),
    "sales_minor": ("sales_minor", {}),
    "ads": ("excluded_buyers", {"reason": "ad"}),
}
"""Field of a row -> the metric behind it, without `chatpulse_agent_` or `chatpulse_shop_`."""

_FIELD_OF: Final = {
    (name, frozenset(labels.items())): field for field, (name, labels) in _FIELDS.items()
}
_LEVELS: Final = ("chatpulse_agent_", "chatpulse_shop_")
_EVENTS: Final = "chatpulse_events_total"
_NEWEST: Final = "chatpulse_newest_event_timestamp_seconds"
_WANTED: Final = (
    *(level + name for level in _LEVELS for name in {name for name, _ in _FIELDS.values()}),
    _EVENTS,
    _NEWEST,
)


class Row(Struct, frozen=True):
    """What the metrics say of one agent, or of a shop (`agent_id` is empty); None: not said."""

    shop_id: str
    agent_id: str
    waiting: float = 0
    queued: float = 0
    since: float | None = None  # start of the oldest wait, seconds since the epoch
    mean_5m: float | None = None  # seconds
    mean_today: float | None = None
    within_30s: float | None = None
    within_180s: float | None = None
    reply_ratio: float | None = None
    inquiries: float = 0
    converted: float = 0
    conversion_ratio: float | None = None
    sales_minor: float = 0
    ads: float = 0


class Reading(Struct, frozen=True):
    """One scrape: rows, who waits longest first; events counted; instant of the newest event."""

    shops: tuple[Row, ...]
    agents: tuple[Row, ...]
    events: float
    newest: float | None


def read(exposition: str) -> Reading:
    """Return the numbers of the board in a text exposition."""
    rows: dict[tuple[str, str], dict[str, float]] = {}
    events, newest = 0.0, None
    lines = [line for line in exposition.splitlines() if line.startswith(_WANTED)]
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for name, labels, value, *_ in family.samples:
            if name == _EVENTS:
                events += value
            elif name == _NEWEST:
                newest = value if newest is None else max(newest, value)
            else:
                _put(rows, name, labels, value)
    found = [Row(shop, agent, **fields) for (shop, agent), fields in rows.items()]
    found.sort(key=_urgency)
    return Reading(
        shops=tuple(row for row in found if not row.agent_id),
        agents=tuple(row for row in found if row.agent_id),
        events=events,
        newest=newest,
    )


def _put(
    rows: dict[tuple[str, str], dict[str, float]],
    name: str,
    labels: Mapping[str, str],
    value: float,
) -> None:
    for level in _LEVELS:
        if name.startswith(level):
            rest = frozenset(item for item in labels.items() if item[0] not in {"shop", "agent"})
            field = _FIELD_OF.get((name.removeprefix(level), rest))
            if field is not None:
                owner = labels["shop"], labels.get("agent", "")
                rows.setdefault(owner, {})[field] = value
            return


def _urgency(row: Row) -> tuple[float, float, str, str]:
    since = float("inf") if row.since is None else row.since
    return since, -(row.mean_5m or 0.0), row.shop_id, row.agent_id


class Api:
    """The worker's HTTP server, asked as anybody would ask it; keeps one connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=SECONDS)

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body; raise OSError when nobody answers."""
        try:
            self._connection.request("GET", path)
            answer = self._connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as error:
            self._connection.close()
            raise ConnectionError(str(error)) from error
        except OSError:
            self._connection.close()
            raise
