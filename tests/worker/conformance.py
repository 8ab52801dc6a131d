"""All conformance cases for one worker: every case gets shops, and so rules, of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from chatpulse.contract.codec import Rejected, decode
from chatpulse.contract.events import Event
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Outcome, Partition
from tests.conformance_cases import Case, Scorecard, cases, check
from tests.worker.exactness import now_ms


@dataclass(frozen=True)
class Hosted:
    """A case whose shops bear its name; `lines` are those that are events."""

    name: str
    lines: list[bytes]
    rules: dict[str, dict[str, Any]]
    expect: list[Scorecard]

    @property
    def shops(self) -> set[str]:
        return {json.loads(line)["shop_id"] for line in self.lines}


def hosted() -> list[Hosted]:
    """Return the cases that say the same to a worker, whose `now` is the wall clock.

    Left out are those about rules files, about an instant between the newest event and now, and
    about evidence that comes when its day is closed: a worker may read that before.
    """
    return [_host(case) for case in cases() if not case.refused and _same_for_a_worker(case)]


def _same_for_a_worker(case: Case) -> bool:
    return all(_holds(case, closing=closing) for closing in (True, False))


def _holds(case: Case, *, closing: bool) -> bool:
    partition = Partition(Rules.parse(json.dumps(case.rules or {}), toml=False), live=False)
    if not closing:
        partition.close_limit = 0
    outcomes = {partition.apply(event) for event in _events(case)}
    partition.finish(now_ms())
    cards = [json.loads(msgspec.json.encode(card)) for card in partition.closed]
    return Outcome.AFTER_CLOSE not in outcomes and not check(case.expect, cards)


def _host(case: Case) -> Hosted:
    def rename(shop_id: str) -> str:
        return f"{case.name}/{shop_id}"

    lines, shops = [], set()
    for line in case.lines:
        if isinstance(decode(line, now_ms=now_ms()), Rejected):
            continue
        event = json.loads(line)
        shops.add(event["shop_id"])
        lines.append(_json({**event, "shop_id": rename(event["shop_id"])}))
    rules = dict(case.rules or {})
    overrides = rules.pop("shops", {})
    return Hosted(
        case.name,
        lines,
        {rename(shop): {**rules, **overrides.get(shop, {})} for shop in shops},
        [{**card, "shop_id": rename(card["shop_id"])} for card in case.expect],
    )


def _events(case: Case) -> list[Event]:
    found = (decode(line, now_ms=now_ms()) for line in case.lines)
    return [event for event in found if not isinstance(event, Rejected)]


def _json(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()
