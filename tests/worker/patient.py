"""`chatpulse`, with a leader that lets the others go first, for groups on the embedded broker.

librdkafka's mock broker refuses the SyncGroup of a follower that comes after the leader's, and then
all join again, for seconds each time. Apache Kafka has no such race.
"""

import time

from aiokafka.cluster import ClusterMetadata
from faust.assignor.partition_assignor import PartitionAssignor

from chatpulse.cli import main

_assign = PartitionAssignor.assign


def assign_patiently(self: PartitionAssignor, cluster: ClusterMetadata, members: object) -> object:
    time.sleep(0.3)
    return _assign(self, cluster, members)  # type: ignore[arg-type]


PartitionAssignor.assign = assign_patiently  # type: ignore[assignment, method-assign]

if __name__ == "__main__":
    main()
