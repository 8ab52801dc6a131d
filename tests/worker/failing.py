"""`chatpulse`, whose engine fails at a transfer to the agent `nobody`, and quotes the buyer."""

from typing import Any

from chatpulse.cli import main
from chatpulse.contract.events import Transfer
from chatpulse.scoreboard.partition import Partition

_apply = Partition.apply


def apply(self: Partition, event: Any) -> Any:
    if type(event) is Transfer and event.to_agent_id == "nobody":
        return {}[event.buyer_id]
    return _apply(self, event)


Partition.apply = apply  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
