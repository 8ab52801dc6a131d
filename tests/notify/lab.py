"""A relay in this very process, and what to ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from chatpulse.notify.service import Service
from chatpulse.notify.settings import load


class Client:
    """Talks to one relay."""

    def __init__(self, url: str, session: aiohttp.ClientSession, token: str | None = None) -> None:
        self.url = url
        self._session = session
        self.token = token
        """What it shows unless something else is said."""

    async def post(
        self, body: bytes, receiver: str = "", token: str | None = None
    ) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", **self._shown(token)}
        url = f"{self.url}/alertmanager" + (f"/{receiver}" if receiver else "")
        async with self._session.post(url, data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self.url + path, headers=self._shown(None)) as answer:
            return answer.status, await answer.text()

    def _shown(self, token: str | None) -> dict[str, str]:
        token = self.token if token is None else token
        return {} if token is None else {"Authorization": f"Bearer {token}"}

    async def samples(self) -> dict[tuple[str, ...], float]:
        """Return the samples by name (without prefix), receiver and the other label's value."""
        _, text = await self.get("/metrics")
        return {
            (sample.name.removeprefix("chatpulse_notify_"), *_values(sample.labels)): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def until(self, *sample: str) -> None:
        """Return when the sample is there and no longer 0."""
        while not (await self.samples()).get(sample):  # noqa: ASYNC110  # it is behind HTTP
            await asyncio.sleep(0.01)

    async def until_unready(self) -> None:
        """Return when the relay is no longer ready."""
        while (await self.get("/-/ready"))[0] == 200:  # noqa: ASYNC110  # it is behind HTTP
            await asyncio.sleep(0.01)


def _values(labels: dict[str, str]) -> list[str]:
    return [labels[name] for name in sorted(labels, key=lambda name: (name != "receiver", name))]


@asynccontextmanager
async def relay(file: Path) -> AsyncIterator[tuple[Client, Service]]:
    """Run a relay; at the end it is stopped gracefully."""
    service = Service(load(file, environment={}))
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(service.run(port.set_result))
    try:
        await asyncio.wait((port, running), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        async with aiohttp.ClientSession() as session:
            yield Client(f"http://127.0.0.1:{port.result()}", session), service
    finally:
        service.stop()
        await running
