"""The conformance cases as data: the same table for the oracle, replay and the worker."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "conformance"

Scorecard = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Case:
    """One file of the folder: lines of NDJSON (without their ends), rules, expected numbers."""

    name: str
    lines: list[bytes]
    rules: dict[str, Any] | None
    expect: list[Scorecard]
    refused: bool


def cases() -> list[Case]:
    """Return all cases, by name; `expect` names some fields of some scorecards."""
    return [_case(path) for path in sorted(FOLDER.glob("*.json"))]


def decided() -> list[Case]:
    """Return our own cases: sentences that can be read in two ways, and how we read them."""
    return [_case(path) for path in sorted((FOLDER / "decided").glob("*.json"))]


def _case(path: Path) -> Case:
    found = json.loads(path.read_text(encoding="utf-8"))
    return Case(
        name=path.stem,
        lines=[_line(event) for event in found["events"]],
        rules=found.get("rules"),
        expect=found.get("expect", []),
        refused=found.get("refused", False),
    )


def _line(event: dict[str, Any]) -> bytes:
    if "raw" in event:
        return str(event["raw"]).encode()
    if "raw_base64" in event:
        return base64.b64decode(event["raw_base64"])
    if "event" in event:
        padded = {**_without_comment(event["event"]), "pad": ""}
        missing = event["pad_to"] - len(_encoded(padded))
        return _encoded({**padded, "pad": "x" * missing})
    return _encoded(_without_comment(event))


def _without_comment(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "_when"}


def _encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def check(expect: list[Scorecard], cards: list[Scorecard]) -> list[str]:
    """Compare the named fields only and return the differences, one line each.

    Integers exactly, floats to 1e-9. A scorecard that is not printed counts as all zeros and nulls.
    Inside `excluded` and `orders_by_credit` a missing key is 0 and an unnamed one must be 0.
    """
    printed = {_key(card): card for card in cards}
    differences = [] if len(printed) == len(cards) else ["a scorecard is printed twice"]
    for wanted in expect:
        card = printed.get(_key(wanted))
        for field, value in wanted.items():
            if card is not None and field not in card:
                differences.append(f"{_key(wanted)} {field}: is missing")
                continue
            found = _absent(value) if card is None else card[field]
            if not _equal(value, found, strict=field in ("excluded", "orders_by_credit")):
                differences.append(f"{_key(wanted)} {field}: expected {value!r}, found {found!r}")
    return differences


_NAMES = ("shop_id", "agent_id", "day")


def _key(card: Scorecard) -> tuple[str, str, str]:
    shop_id, agent_id, day = (card[name] for name in _NAMES)
    return shop_id, agent_id, day


def _absent(value: Any) -> Any:
    """Return what a scorecard that is not printed says: zeros and nulls; names are as asked."""
    if isinstance(value, str) or value is None or isinstance(value, float):
        return value if isinstance(value, str) else None
    if isinstance(value, dict):
        return {key: _absent(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_absent(item) for item in value]
    return 0


def _equal(wanted: Any, found: Any, *, strict: bool = False) -> bool:
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return False
        keys = set(wanted) | (set(found) if strict else set())
        default = 0 if strict else None
        return all(_equal(wanted.get(key, 0), found.get(key, default)) for key in keys)
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(wanted) == len(found)
            and all(_equal(a, b) for a, b in zip(wanted, found, strict=True))
        )
    if isinstance(wanted, float) and isinstance(found, int | float):
        return math.isclose(wanted, found, rel_tol=0, abs_tol=1e-9)
    return type(wanted) is type(found) and wanted == found
