"""Membership of the consumer group, where it begins."""

from __future__ import annotations

import asyncio
import socket

import pytest

from chatpulse.worker.denials import Denials
from chatpulse.worker.errors import RefusedError
from chatpulse.worker.group import Group
from chatpulse.worker.settings import Settings


def test_brokers_that_vanish_while_it_starts_are_told_in_one_line() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        brokers = f"127.0.0.1:{nobody.getsockname()[1]}"

        async def scenario() -> None:
            group = Group(Settings(brokers=brokers), url="http://127.0.0.1:1", denials=Denials())
            try:
                await group.run()
            finally:
                await group.leave()

        with pytest.raises(RefusedError) as refused:
            asyncio.run(scenario())
    line = str(refused.value)
    assert line.startswith("the consumer group client did not start: KafkaConnectionError: Unable")
    assert line.endswith("; start the worker again")
    assert "\n" not in line
