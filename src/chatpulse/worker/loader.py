"""Where a partition starts from: its best checkpoint and the input that still exists."""

from __future__ import annotations

import logging
import time

from ..conversations.policy import Rules
from ..scoreboard.partition import Partition
from .broker import Broker, Tp
from .checkpoints import Checkpoints
from .counters import Counters
from .errors import RefusedError
from .outbox import Outbox
from .owned import Owned
from .settings import Settings

log = logging.getLogger(__name__)


class Loader:
    """Makes the state of a partition that was assigned to this worker."""

    def __init__(
        self,
        broker: Broker,
        checkpoints: Checkpoints,
        counters: Counters,
        settings: Settings,
        rules: Rules,
    ) -> None:
        self._broker = broker
        self._checkpoints = checkpoints
        self._counters = counters
        self._settings = settings
        self._rules = rules

    async def load(self, number: int) -> Owned:
        """Return partition `number` as its best checkpoint has it, if that is safe."""
        begun = time.monotonic()
        topics = self._settings.topics
        tps = [Tp(topic, number) for topic in topics.inputs]
        async with self._broker.lock:
            loaded = await self._checkpoints.load(number)
            begins = await self._broker.begins(tps)
            ends = await self._broker.ends(tps)
        self._counters.damaged_checkpoints += loaded.damaged
        found = loaded.checkpoint
        positions = dict(found.manifest.positions) if found else {}
        positions = {tp.topic: positions.get(tp.topic, begins[tp]) for tp in tps}
        for tp in tps:
            if ends[tp] < positions[tp.topic]:
                raise RefusedError(
                    f"{tp.topic} partition {number} ends at {ends[tp]}, but {positions[tp.topic]} "
                    f"records of it are counted: it was created anew; create "
                    f"{topics.checkpoints} anew as well, or name new topics"
                )
            if begins[tp] > positions[tp.topic]:
                self.gap(tp, positions[tp.topic], begins[tp])
                positions[tp.topic] = begins[tp]
        if found is not None:
            self._check_rules(found.manifest.rules, number)
        owned = Owned(
            number,
            Partition.load(self._rules, found.records) if found else Partition(self._rules),
            positions,
            ends={tp.topic: ends[tp] for tp in tps},
            outbox=Outbox(self._broker),
            topics=topics,
            counters=self._counters,
        )
        if found is not None and found.manifest.rules == self._rules.fingerprint:
            owned.saved = owned.reach
            owned.saved_at = found.manifest.written_at / 1000
            owned.saved_bytes = found.bytes
        owned.tried_at = time.monotonic()
        log.info(
            "partition %s: %s records of state at %s, loaded in %.2f s",
            number,
            len(found.records) if found else 0,
            positions,
            time.monotonic() - begun,
        )
        return owned

    def gap(self, tp: Tp, expected: int, begin: int) -> None:
        """Refuse to go on without the input between the two offsets, unless told to."""
        if not self._settings.accept_gap:
            raise RefusedError(
                f"{tp.topic} partition {tp.partition}: records {expected} to {begin - 1} were "
                "deleted before they were counted; keep input longer (retention), and start with "
                "--accept-gap to go on without them"
            )
        self._counters.gap_records[tp.topic] += begin - expected
        log.warning(
            "%s partition %s: going on without records %s to %s",
            tp.topic,
            tp.partition,
            expected,
            begin - 1,
        )

    def _check_rules(self, fingerprint: str, number: int) -> None:
        if fingerprint == self._rules.fingerprint:
            return
        if not self._settings.accept_rules:
            raise RefusedError(
                f"partition {number} was counted under other rules (fingerprint {fingerprint}, now "
                f"{self._rules.fingerprint}): restore the old rules file, or start once with "
                "--accept-rules to go on (open days then mix both), or create new checkpoint "
                "topics to count the input again"
            )
        log.warning("partition %s: going on under other rules than before", number)
