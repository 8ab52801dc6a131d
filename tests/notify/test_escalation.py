"""Who hears of a group that stays unresolved, and when."""

from __future__ import annotations

from chatpulse.notify.escalation import Escalations, Step
from chatpulse.notify.ledger import FORGET_MS
from tests.notify.webhooks import alert, group

STEPS = {"floor": Step("lead", 600), "lead": Step("boss", 1000)}
FIRING, RESOLVED = group(alert()), group(alert(firing=False))


def due(escalations: Escalations, now: int) -> list[tuple[str, str]]:
    return [(target, watch.receiver) for target, watch in escalations.due(now)]


def test_a_group_is_escalated_once_when_its_time_is_over() -> None:
    escalations = Escalations(STEPS)
    assert escalations.heard("floor", FIRING, 100) is None
    assert (escalations.next_ms, escalations.waiting) == (700, 1)
    assert due(escalations, 699) == []
    assert due(escalations, 700) == [("lead", "floor")]
    assert due(escalations, 9999) == []
    assert (escalations.next_ms, escalations.waiting) == (None, 0)


def test_the_time_begins_with_the_first_word() -> None:
    escalations = Escalations(STEPS)
    escalations.heard("floor", FIRING, 0)
    escalations.heard("floor", group(alert(), alert(agent="b")), 500)
    ((_, watch),) = list(escalations.due(600))
    assert len(watch.group.firing) == 2


def test_a_resolved_group_is_not_escalated() -> None:
    escalations = Escalations(STEPS)
    escalations.heard("floor", FIRING, 0)
    assert escalations.heard("floor", RESOLVED, 1) is None
    assert due(escalations, 9999) == []


def test_a_group_that_fires_again_has_its_whole_time() -> None:
    escalations = Escalations(STEPS)
    escalations.heard("floor", FIRING, 0)
    escalations.heard("floor", RESOLVED, 500)
    escalations.heard("floor", FIRING, 501)
    assert due(escalations, 1100) == []
    assert due(escalations, 1101) == [("lead", "floor")]


def test_who_was_told_hears_the_rest_of_the_story() -> None:
    escalations = Escalations(STEPS)
    escalations.heard("floor", FIRING, 0)
    list(escalations.due(600))
    assert escalations.heard("floor", FIRING, 601) == "lead"
    assert escalations.heard("floor", RESOLVED, 602) == "lead"
    assert escalations.heard("floor", FIRING, 603) is None


def test_receivers_without_a_second_one_are_not_watched() -> None:
    escalations = Escalations(STEPS)
    assert escalations.heard("boss", FIRING, 0) is None
    assert escalations.dump() == []


def test_a_restart_goes_on_where_it_was() -> None:
    escalations = Escalations(STEPS)
    escalations.heard("floor", FIRING, 0)
    again = Escalations(STEPS, escalations.dump())
    assert due(again, 600) == [("lead", "floor")]
    assert due(Escalations(STEPS, again.dump()), 9999) == []
    assert Escalations({}, escalations.dump()).dump() == []


def test_groups_nobody_hears_of_are_forgotten() -> None:
    escalations = Escalations(STEPS)
    escalations.heard("floor", FIRING, 0)
    list(escalations.due(600))
    escalations.heard("floor", FIRING, 700)
    escalations.prune(FORGET_MS + 700)
    assert len(escalations.dump()) == 1
    escalations.prune(FORGET_MS + 701)
    assert escalations.dump() == []
