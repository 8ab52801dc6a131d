"""What the proxy does to bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import FAIR, Proxy, Weather, proxies


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets; its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                while block := connection.recv(65_536):
                    connection.sendall(block)
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    with proxies([echo]) as [made]:
        yield made


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), 5)


def ask(connection: socket.socket, block: bytes) -> tuple[bytes, float]:
    begun, answer = time.monotonic(), b""
    connection.sendall(block)
    while len(answer) < len(block):
        answer += connection.recv(65_536)
    return answer, time.monotonic() - begun


def test_bytes_go_through_unchanged(proxy: Proxy) -> None:
    block = bytes(range(256)) * 400
    with connect(proxy) as connection:
        assert ask(connection, block)[0] == block


def test_a_delay_counts_both_ways(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        ask(connection, b"x")
        proxy.set(Weather(delay_seconds=0.15))
        assert ask(connection, b"x")[1] >= 0.3
        proxy.set(FAIR)
        assert ask(connection, b"x")[1] < 0.15


def test_a_slow_link_crawls(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        ask(connection, b"x")
        proxy.set(Weather(bytes_per_second=20_000))
        assert ask(connection, b"x" * 4_000)[1] >= 0.4


def test_a_half_open_connection_says_nothing_until_it_is_fair(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        ask(connection, b"x")
        proxy.set(Weather(silent=True))
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            ask(connection, b"y")
        connection.settimeout(5)
        proxy.set(FAIR)
        assert connection.recv(10) == b"y"


def test_a_reset_is_a_reset(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        ask(connection, b"x")
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            connection.recv(10)


def test_a_broker_that_is_down_is_a_closed_connection(proxy: Proxy, echo: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    reset = contextlib.suppress(ConnectionResetError)
    with proxies([port]) as [made], connect(made) as connection, reset:
        assert connection.recv(10) == b""
