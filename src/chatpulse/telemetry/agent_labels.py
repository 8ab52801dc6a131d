"""What agents are called where strangers look: in metrics, on the wall, and so in alerts.

Ids are the default and need nothing of this. A label stands for one agent of a shop and for no
other: numbers of two people are never added up because of what they are called.
"""

from __future__ import annotations

import hmac
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from ..contract.ids import MAX_ID_LENGTH, Id
from ..conversations.row import NOBODY
from ..scoreboard.live import OpenWait
from ..scoreboard.snapshot import Snapshot

AgentLabels: TypeAlias = Callable[[str, Collection[str]], Mapping[str, str]]
"""(shop, ids of agents) -> a label for each of them, no two alike."""

STRANGER: Final = " (id)"
"""Ends the label of an agent whose id is what another one is called."""
DIGITS: Final = 12
KEPT: Final = 100_000
"""Digests that are not computed again; more agents than this only cost time."""

_Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]


class AgentNamesError(ValueError):
    """A file of names that is refused; `str()` is the one clear line."""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    agents: dict[Id, _Name] = {}
    shops: dict[Id, dict[Id, _Name]] = {}


class _Named:
    """The labels of the agents who have a name, and of everybody else."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names` by id; raise AgentNamesError if two agents cannot be told apart by them."""
        namesakes = Counter(names.values())
        self._labels = {
            agent_id: name if namesakes[name] == 1 else f"{name} ({agent_id})"
            for agent_id, name in names.items()
        }
        self._taken: dict[str, str] = {}
        for agent_id, label in self._labels.items():
            other = self._taken.setdefault(label, agent_id)
            if other != agent_id:
                raise AgentNamesError(f"{other!r} and {agent_id!r} would both be called {label!r}")
            if label.endswith(STRANGER):
                raise AgentNamesError(f"{agent_id!r}: a name cannot end with {STRANGER.strip()!r}")

    def label(self, agent_id: str) -> str:
        """Return the name, with the id where others have it too; for who has none, the id."""
        label = self._labels.get(agent_id)
        if label is not None:
            return label
        # Also an id that ends so, else "x (id)" could be the label of "x" and of itself.
        mistakable = agent_id in self._taken or agent_id.endswith(STRANGER)
        return agent_id + STRANGER if mistakable else agent_id


def by_name(text: str) -> AgentLabels:
    """Return the labels of a TOML file of names; raise AgentNamesError if it is none.

    `[agents]` has the names by id for all shops; `[shops."ID"]` those of one shop, over them.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise AgentNamesError(str(error)) from None
    for names in (file.agents, *file.shops.values()):
        for agent_id, name in names.items():
            if not name.isprintable() or name != name.strip():
                raise AgentNamesError(
                    f"the name of {agent_id!r} has spaces around it or a character without a shape"
                )
    everywhere = _Named(file.agents)
    shops = {shop: _Named({**file.agents, **own}) for shop, own in file.shops.items()}

    def labels(shop_id: str, agent_ids: Collection[str]) -> Mapping[str, str]:
        named = shops.get(shop_id, everywhere)
        return {agent_id: named.label(agent_id) for agent_id in agent_ids}

    return labels


def by_digest(key: bytes, *, digits: int = DIGITS) -> AgentLabels:
    """Return the labels that only who has the `key` can make of ids, or find in a list of them.

    The first `digits` of HMAC-SHA-256 in hex; all 64 where two agents of a shop share those.
    """

    @lru_cache(KEPT)
    def digest(agent_id: str) -> str:
        return hmac.digest(key, agent_id.encode(), "sha256").hex()

    def labels(shop_id: str, agent_ids: Collection[str]) -> Mapping[str, str]:
        whole = {agent_id: digest(agent_id) for agent_id in agent_ids}
        shared = Counter(one[:digits] for one in whole.values())
        return {
            agent_id: one if shared[one[:digits]] > 1 else one[:digits]
            for agent_id, one in whole.items()
        }

    return labels


def labelled(seen: Snapshot, labels: AgentLabels | None) -> Snapshot:
    """Return the snapshot with labels in place of the agents' ids; None leaves the ids.

    What is made of it is in the order of the labels: that of the ids would tell something of them.
    """
    if labels is None:
        return seen
    owners = {owner for counts in seen.windows.values() for owner in counts}
    owners.update(wait.assignee for wait in seen.open_waits)
    owners.update(seen.assignees)
    owners.discard(NOBODY)
    names = {**labels(seen.shop_id, owners), NOBODY: NOBODY}
    return msgspec.structs.replace(
        seen,
        windows={
            window: {names[owner]: numbers for owner, numbers in counts.items()}
            for window, counts in seen.windows.items()
        },
        open_waits=[
            OpenWait(names[wait.assignee], wait.since, wait.agent_since) for wait in seen.open_waits
        ],
        assignees=[names[assignee] for assignee in seen.assignees],
    )
