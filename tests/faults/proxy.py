"""A TCP proxy in front of a broker: connections that are cut, go silent, crawl or lag."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CHUNK_BYTES = 16_384


@dataclass(frozen=True)
class Weather:
    """What happens to bytes on their way."""

    delay_seconds: float = 0.0
    bytes_per_second: int | None = None
    silent: bool = False
    """Nothing goes through, nobody is told: a half-open connection."""


FAIR = Weather()


class Proxy:
    """Forwards a port of its own to the port of a broker, as the weather allows."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._weather = FAIR
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._listening = threading.Event()
        self.port = 0
        self.connections = 0
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        self._listening.wait()

    def set(self, weather: Weather) -> None:
        """Let the weather be so from now on, for open connections too."""
        self._loop.call_soon_threadsafe(self._set, weather)

    def reset(self) -> None:
        """Cut all connections with a TCP reset."""
        self._loop.call_soon_threadsafe(self._reset)

    def close(self) -> None:
        """Stop listening and forwarding."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _set(self, weather: Weather) -> None:
        self._weather = weather
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _reset(self) -> None:
        for writer in list(self._writers):
            connection: socket.socket = writer.get_extra_info("socket")
            linger = struct.pack("ii", 1, 0)  # close() then sends RST instead of FIN
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        try:
            self._loop.run_forever()
        finally:
            assert self._server is not None
            self._server.close()
            self._reset()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    self._loop.run_until_complete(task)
            self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._listening.set()

    async def _connected(self, up: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(back)
        try:
            down, forth = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(forth)
            try:
                pumps = [self._pump(up, forth), self._pump(down, back)]
                tasks = [asyncio.ensure_future(pump) for pump in pumps]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            finally:
                self._writers.discard(forth)
                forth.transport.abort()
        except OSError:  # the broker is down: the client is told by a closed connection
            pass
        finally:
            self._writers.discard(back)
            back.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await source.read(CHUNK_BYTES):
                await self._travel(len(block))
                sink.write(block)
                await sink.drain()

    async def _travel(self, size: int) -> None:
        while self._weather.silent:
            await self._changed.wait()
        weather = self._weather
        seconds = weather.delay_seconds
        if weather.bytes_per_second is not None:
            seconds += size / weather.bytes_per_second
        if seconds:
            with contextlib.suppress(TimeoutError):  # better weather ends the wait
                await asyncio.wait_for(self._changed.wait(), seconds)


@contextmanager
def proxies(targets: list[int]) -> Iterator[list[Proxy]]:
    """Put a proxy in front of each port for the duration of the block."""
    made = [Proxy(target) for target in targets]
    try:
        yield made
    finally:
        for proxy in made:
            proxy.close()
