"""`chatpulse`, whose first look at the metadata of the group finds no topics."""

from typing import Any

from aiokafka.cluster import ClusterMetadata
from faust.assignor.partition_assignor import PartitionAssignor

from chatpulse.cli import main

_assign = PartitionAssignor.assign
times = 0


def assign(self: PartitionAssignor, cluster: ClusterMetadata, members: Any) -> Any:
    global times
    times += 1
    return _assign(self, ClusterMetadata() if times == 1 else cluster, members)


PartitionAssignor.assign = assign  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
