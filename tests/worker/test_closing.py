"""The instant up to which days may close."""

from chatpulse.worker.closing import Horizon


def test_nothing_closes_before_every_input_was_looked_at() -> None:
    horizon = Horizon({"m": 0, "o": 0})
    horizon.read("m", 100)
    assert horizon.limit == 0


def test_an_input_read_past_an_instant_does_not_hold_it_back() -> None:
    horizon = Horizon({"m": 1, "o": 1})
    horizon.read("m", 100)
    horizon.read("o", 70)
    assert horizon.limit == 70


def test_an_input_at_its_end_does_not_hold_back_what_was_read_before_the_look() -> None:
    positions = {"m": 5, "o": 3}
    horizon = Horizon(positions)
    horizon.read("m", 100)
    horizon.look({"m": 9, "o": 3}, newest=100)
    assert horizon.limit == 100
    horizon.read("m", 200)
    assert horizon.limit == 100  # orders may have come since


def test_a_look_counts_once_its_end_is_reached() -> None:
    positions = {"m": 5, "o": 3}
    horizon = Horizon(positions)
    horizon.read("m", 100)
    horizon.look({"o": 4}, newest=100)
    assert horizon.limit == 0
    horizon.look({"o": 9}, newest=150)  # does not put the first look off
    positions["o"] = 4
    assert horizon.limit == 100


def test_instants_never_go_back() -> None:
    horizon = Horizon({"m": 1})
    horizon.read("m", 100)
    horizon.read("m", 50)
    assert (horizon.limit, horizon.newest) == (100, 100)
