"""What the engine alone costs, without a broker and a worker around it: compiled, and plain Python.

Each is a process on the measured core, and seconds are those of the core.
"""

from typing import Any, Final

from bench.data import Data
from bench.engine import NAMES, PLAIN, VARIABLE, default
from bench.growth import VISITS
from bench.processes import FailedError, measure, python
from bench.workload import Workload

DEPTHS: Final = (10, 100, 1000)
"""Events of a conversation that is counted again."""


def run(events: int, rows: int) -> dict[str, Any]:
    """Fold so many events, pack about so many rows that were just in use, count some again.

    In plain Python and, where it is installed, compiled; the scorecards of both must be the same.
    """
    data = Data(Workload(events))
    many = Data(Workload(rows, buyers=rows, visits=VISITS))
    wanted = {
        "file": str(data.path),
        "many": str(many.path),
        "newest_at": data.newest_at,
        "depths": DEPTHS,
    }
    found = {}
    for engine in dict.fromkeys((default(), PLAIN)):
        one = measure(python("bench.peers.fold"), wanted, **{VARIABLE: engine})
        if one["engine"] != engine:
            raise FailedError(f"{one['engine']} was measured, not {engine}")
        found[engine] = one
        again = ", ".join(f"{us:.0f} at {depth} events" for depth, us in one["again_us"].items())
        print(
            f"  {NAMES[engine]}: {one['rate']:,.0f} events/s; {one['packed_per_s']:,.0f} rows "
            f"packed/s; microseconds to count a conversation again: {again}",
            flush=True,
        )
    if len({one["check"] for one in found.values()}) > 1:
        raise FailedError("the scorecards of the two engines differ")
    return {"events": events, "engines": found}
