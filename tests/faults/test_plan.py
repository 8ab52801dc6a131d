"""Plans are what the seed says, and no fault is forgotten."""

from __future__ import annotations

import inspect

from tests.faults import plan
from tests.faults.brokers import CAN
from tests.faults.damage import Damager
from tests.faults.inject import Injector
from tests.faults.kinds import KINDS

EVERY = [plan.make(seed, kind, can) for kind, can in CAN.items() for seed in range(200)]


def test_the_same_seed_makes_the_same_plan() -> None:
    again = [plan.make(seed, kind, can) for kind, can in CAN.items() for seed in range(200)]
    assert again == EVERY
    assert len({str(made) for made in EVERY}) == len(EVERY)


def test_every_fault_occurs_where_it_can() -> None:
    for kind, can in CAN.items():
        planned = {fault.name for made in EVERY if made.kind == kind for fault in made.faults}
        assert planned == {fault.name for fault in KINDS if fault.needs <= can}


def test_a_campaign_features_what_it_was_asked_to() -> None:
    for seed in range(40):
        made = plan.make(seed, "three", CAN["three"], featuring="coordinator")
        assert made.faults[0].name == "group coordinator killed"
        assert plan.make(seed, "one", CAN["one"], featuring="coordinator") in EVERY


def test_every_action_is_one_of_the_injector() -> None:
    for made in EVERY:
        for fault in made.faults:
            for action in fault.actions:
                method = getattr(Damager, action.do, None) or getattr(Injector, action.do)
                assert list(inspect.signature(method).parameters) == ["self", "target", "value"]


def test_actions_are_in_order_and_campaigns_short() -> None:
    for made in EVERY:
        for fault in made.faults:
            instants = [action.at for action in fault.actions]
            assert instants == sorted(instants)
            assert 4.0 <= fault.begin <= plan.LATEST
        assert made.seconds < 40


def test_what_shakes_everything_is_alone() -> None:
    groups = {kind.name: kind.group for kind in KINDS}
    for made in EVERY:
        for one in made.faults:
            if groups[one.name] == "all":
                for other in made.faults:
                    apart = other.end <= one.begin or one.end <= other.begin
                    assert other is one or apart, (one, other)
