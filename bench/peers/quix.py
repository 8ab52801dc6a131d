"""Peer: quixstreams, a stateful step with RocksDB and its changelog; the sums in a dict.

Its own group_by and windows would cost another topic and a third of the rate: this is its best.
"""

from collections.abc import Mapping
from typing import Any

from quixstreams import Application

from bench.meter import Meter, specification
from bench.minimal import Cells, check

wanted = specification()
events: int = wanted["events"]
app = Application(
    broker_address=wanted["broker"],
    consumer_group=wanted["run"],
    state_dir=wanted["folder"],
    auto_offset_reset="earliest",
    use_changelog_topics=True,
    loglevel="WARNING",
    consumer_extra_config={"fetch.queue.backoff.ms": 5, "queued.min.messages": 20000},
)
topic = app.topic(wanted["topic"], key_deserializer="str", value_deserializer="json")
meter = Meter(events)
cells: Cells = {}
count = 0


def step(event: Mapping[str, Any], state: Any) -> None:
    global count  # noqa: PLW0603
    meter.begin()
    buyer = event["buyer_id"]  # the state belongs to the key, the shop
    added, agent = None, None
    if event["type"] == "message" and event["sender"] == "buyer":
        state.set(f"asked:{buyer}", event["at"])
    elif event["type"] == "message" and event["sender"] == "agent":
        agent = event["agent_id"]
        state.set(f"replied:{buyer}", agent)
        since = state.get(f"asked:{buyer}")
        if since is not None:
            state.delete(f"asked:{buyer}")
            added = (1, event["at"] - since, 0, 0)
    elif event["type"] == "paid":
        agent = state.get(f"replied:{buyer}")
        if agent is not None:
            added = (0, 0, 1, event["amount_minor"])
    if added is not None:
        cell = cells.setdefault((agent, event["at"] // 60000), [0, 0, 0, 0])
        for place, number in enumerate(added):
            cell[place] += number
    count += 1
    if not count % 200 or count == events:
        meter.reached(count)
    if count == events:
        app.stop()


app.dataframe(topic).update(step, stateful=True)
app.run()  # returns after its last commit: changelog flushed, offsets committed
meter.end(check(cells))
