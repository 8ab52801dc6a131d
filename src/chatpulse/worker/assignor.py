"""Faust's assignor, but for topics the leader of the group does not know (yet)."""

from __future__ import annotations

from typing import Any

from aiokafka.errors import TopicAuthorizationFailedError
from faust.assignor.partition_assignor import PartitionAssignor


class Assignor(PartitionAssignor):
    """Assigns all topics or none.

    Faust leaves out a topic of which it has no metadata: when a broker dies while a worker starts,
    the whole group would be given nothing, call itself ready, and stay so until the metadata are
    looked at again, minutes later.
    """

    def _assign(self, cluster: Any, member_metadata: Any) -> Any:
        subscribed = {topic for member in member_metadata.values() for topic in member.subscription}
        missing = sorted(topic for topic in subscribed if not cluster.partitions_for_topic(topic))
        if missing:
            self._look_again()
            hidden = {*missing} & {*getattr(cluster, "unauthorized_topics", ())}
            if hidden:
                app: Any = self.app
                app.denials.note(TopicAuthorizationFailedError(hidden), "Describe")
            # the watchdog consumes it, and the group joins again
            raise LookupError(f"no metadata of {', '.join(missing)}: nothing is assigned yet")
        return super()._assign(cluster, member_metadata)

    def _look_again(self) -> None:
        """Have the metadata asked for; the next assignment waits for the answer."""
        app: Any = self.app
        app.consumer._thread._consumer._client.force_metadata_update()
