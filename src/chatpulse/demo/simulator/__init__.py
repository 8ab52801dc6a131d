"""A believable service room: events of simulated shops, seeded, in order of time.

`simulate` is pure and knows only simulated time; `disturb` makes its output as bad as a real feed;
`pace` (and `live`, which puts all together) releases it by the wall clock.
"""

from .disturb import Disturbance, Record, disturb
from .pace import live, pace
from .room import Room
from .stream import simulate

__all__ = ["Disturbance", "Record", "Room", "disturb", "live", "pace", "simulate"]
