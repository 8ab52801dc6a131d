"""What must hold after every campaign. Every function returns what is wrong, in plain words."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from msgspec import to_builtins

from chatpulse.contract.codec import Rejected, decode
from chatpulse.conversations.policy import Rules
from chatpulse.scoreboard.partition import Partition
from chatpulse.worker.checkpoint import Checkpoint
from tests.faults.brokers import again
from tests.faults.feeder import Feeder, Place
from tests.faults.fleet import Fleet
from tests.faults.stream import is_event
from tests.faults.tail import Tail
from tests.faults.watch import ghosts, lag_of, shops_of
from tests.oracle.timelines import RULES
from tests.worker.lab import PARTITIONS, Lab

Card = dict[str, Any]
HEADERS = ["reason", "detail", "source-topic", "source-partition", "source-offset"]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def scorecards(fleet: Fleet, expected: list[Card]) -> list[str]:
    """Hold the scorecards of the API against the truth: nothing missing, nothing else."""
    days = sorted({card["day"] for card in expected})
    found: dict[tuple[str, str, str], Card] = {}
    for member in fleet.alive:
        answer = member.get("/api/v1/shops", 10)
        if answer is None:
            return [f"{member.name} does not answer"]
        for shop in json.loads(answer[1])["shops"]:
            for day in days:
                answer = member.get(f"/api/v1/shops/{shop}/scorecards?day={day}", 20)
                if answer is None or answer[0] != 200:
                    return [f"{member.name} does not answer for {shop}: {answer}"]
                for card in json.loads(answer[1]):
                    if key(card) in found:
                        return [f"two workers show {key(card)}"]
                    found[key(card)] = card
    return differences("the API", found, {key(card): card for card in expected})


def differences(
    where: str, found: dict[Any, Card], expected: dict[Any, Card], limit: int = 3
) -> list[str]:
    """Say which cards differ, and in which field."""
    problems = [f"{where} lacks {name}" for name in sorted(expected.keys() - found.keys())]
    problems += [f"{where} has {name} too many" for name in sorted(found.keys() - expected.keys())]
    problems += [
        f"{where}: {name} {field} is {found[name].get(field)!r}, not {value!r}"
        for name in sorted(expected.keys() & found.keys())
        for field, value in expected[name].items()
        if found[name].get(field) != value
    ]
    more = [f"{where}: {len(problems)} differences"] if len(problems) > limit else []
    return problems[:limit] + more


def key(card: Card) -> tuple[str, str, str]:
    return card["shop_id"], card["agent_id"], card["day"]


def daily(lab: Lab, expected: list[Card], *, lost: bool) -> list[str]:
    """Hold the newest record of every closed day against the truth; the topic is compacted.

    With input lost, a day may have been said before that nobody can know again, or may never close.
    """
    found: dict[tuple[str, str, str], Card] = {}
    for record in again(lambda: lab.records("daily")):
        card = json.loads(record.value() or b"")
        if (record.key() or b"").decode() != "|".join(key(card)):
            return [f"the key {record.key()!r} is not that of {key(card)}"]
        found[key(card)] = card
    if not found:
        return ["no day was closed"]
    last = max(day for _, _, day in found)
    closed = {key(card): card for card in expected if card["day"] <= last}
    if lost:
        closed = {name: card for name, card in closed.items() if name in found}
        found = {name: card for name, card in found.items() if name in closed}
    return differences("chatpulse.daily", found, closed)


def checkpoints(tail: Tail, feeder: Feeder, lab: Lab) -> tuple[int, list[str]]:
    """Hold every complete checkpoint against the fold of the input up to its positions."""
    rules = Rules.parse(json.dumps(RULES), toml=False)
    events: dict[Place, list[tuple[int, Any]]] = defaultdict(list)
    for place, lying in feeder.lying.items():
        for offset, index in sorted(lying.items()):
            event = decode(feeder.records[index].value, now_ms=now_ms())
            if index not in feeder.lost and not isinstance(event, Rejected):
                events[place].append((offset, event))
    checked, problems = 0, []
    for number in range(PARTITIONS):
        for found in tail.complete(number):
            fold = Partition(rules, live=False)
            fold.close_limit = 0
            for role in ("messages", "orders"):
                end = found.manifest.positions[lab.topic(role)]
                for offset, event in events[role, number]:
                    if offset >= end:
                        break
                    fold.apply(event)
            loaded = Partition.load(rules, found.records, live=False)
            name = f"the checkpoint of {number} at {sorted(found.manifest.positions.values())}"
            problems += differences(name, cards(loaded), cards(fold), 1)
            checked += 1
    return checked, problems


def cards(partition: Partition) -> dict[Any, Card]:
    """Return all scorecards of a partition, those of closed days included."""
    found = [card for days in partition.archive.values() for day in days.values() for card in day]
    partition.closed = []
    partition.finish(now_ms())
    return {
        (card.shop_id, card.agent_id, card.day): to_builtins(card)
        for card in found + partition.closed
    }


def last_checkpoint(tail: Tail, feeder: Feeder, lab: Lab) -> list[str]:
    """After a graceful stop the newest checkpoint covers everything: nothing is to be redone."""
    problems = []
    for number in range(PARTITIONS):
        found: list[Checkpoint] = tail.complete(number)
        for role in ("messages", "orders"):
            end = feeder.ends().get((role, number), 0)
            at = found[-1].manifest.positions[lab.topic(role)] if found else 0
            if at != end:
                problems.append(f"the last checkpoint has {role} {number} to {at} of {end}")
    return problems


def dead_letters(lab: Lab, feeder: Feeder, late: set[int]) -> list[str]:
    """Hold the dead letters against what was sent: complete, unchanged, with all headers.

    A letter may be there twice, after a crash; a record that was deleted may have one or none.
    """
    sent = {
        (role, number, offset): index
        for (role, number), lying in feeder.lying.items()
        for offset, index in lying.items()
    }
    wanted = {
        place
        for place, index in sent.items()
        if index not in feeder.lost and not is_event(feeder.records[index].value, now_ms=now_ms())
    }
    roles = {lab.topic(role): role for role in ("messages", "orders")}
    found: dict[tuple[str, int, int], str] = {}
    problems = []
    for letter in again(lambda: lab.records("dead_letters")):
        headers = dict(letter.headers() or [])
        if list(headers) != HEADERS:
            problems.append(f"a dead letter has the headers {list(headers)}")
            continue
        place = (
            roles[headers["source-topic"].decode()],
            int(headers["source-partition"]),
            int(headers["source-offset"]),
        )
        record = feeder.records[sent[place]]
        if (letter.key(), letter.value() or b"") != (record.key, record.value):
            problems.append(f"the dead letter of {place} is not what was sent")
        if sent[place] not in feeder.lost:
            found[place] = headers["reason"].decode()
    rejected = {place for place, reason in found.items() if reason != "late"}
    behind = {sent[place] for place in found.keys() - rejected}
    problems += [f"no dead letter of {place}" for place in sorted(wanted - rejected)]
    problems += [f"a dead letter of the good {place}" for place in sorted(rejected - wanted)]
    # with input lost, a letter may be there that was right when the lost had been read
    if late - behind or (behind - late and not feeder.lost):
        problems.append(f"late: {len(late - behind)} are missing, {len(behind - late)} too many")
    return problems[:4]


def counted(fleet: Fleet, lab: Lab, feeder: Feeder) -> list[str]:
    """Every worker has counted exactly the rejected records among those it has read."""
    roles = {lab.topic(role): role for role in ("messages", "orders")}
    problems = []
    for member in fleet.alive:
        answer, status = member.get("/metrics", 10), member.status()
        assert answer is not None
        assert status is not None
        shown: Counter[str] = Counter()
        for line in answer[1].splitlines():
            if line.startswith("chatpulse_rejected_total{"):
                shown[line.split('topic="')[1].split('"')[0]] += int(float(line.split()[-1]))
        read: Counter[str] = Counter()
        for load in status["loads"]:
            for topic, start in load["start"].items():
                lying = feeder.lying[roles[topic], load["number"]]
                read[topic] += sum(
                    not is_event(feeder.records[lying[offset]].value, now_ms=now_ms())
                    for offset in range(start, load["end"][topic])
                    if lying[offset] not in feeder.lost
                )
        problems += [
            f"{member.name} counted {shown[topic]} rejected records of {topic}, it read {number}"
            for topic, number in read.items()
            if shown[topic] != number
        ]
    return problems


def everything_is_there(lab: Lab, feeder: Feeder) -> list[str]:
    """What was acknowledged is in the topics, in its place, unless it was deleted on purpose."""
    problems = []
    for role in ("messages", "orders"):
        for record in again(lambda role=role: lab.records(role)):
            place, offset = (role, record.partition() or 0), record.offset() or 0
            index = feeder.lying[place].get(offset)
            if index is None or feeder.records[index].value != (record.value() or b""):
                problems.append(f"{place} offset {offset} is not what was sent")
    return problems[:3]


def exposed(fleet: Fleet) -> Iterator[str]:
    """Every shop is on exactly one page of metrics, that of its partition's owner, without lag."""
    seen: dict[str, str] = {}
    for member in fleet.alive:
        answer = member.get("/metrics", 10)
        if answer is None:
            yield f"{member.name} shows no metrics"
            continue
        yield from (f"{member.name}: {ghost}" for ghost in ghosts(answer[1]))
        for shop in sorted(shops_of(answer[1])):
            if shop in seen:
                yield f"{seen[shop]} and {member.name} both show shop {shop}"
            seen[shop] = member.name
        for number, lag in lag_of(answer[1]).items():
            if lag:
                yield f"{member.name} shows a lag of {lag} in partition {number}"
    missing = {f"s{n}" for n in range(1, 9)} - seen.keys()
    yield from (f"nobody shows shop {shop}" for shop in sorted(missing))
