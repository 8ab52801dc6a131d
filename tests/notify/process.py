"""The relay and Alertmanager as processes of their own."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.notify.lab import Client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def relay_process(
    file: Path,
) -> AsyncIterator[tuple[Client, asyncio.subprocess.Process, asyncio.Task[str]]]:
    """Run `chatpulse notify`; the task is what it logs after it listens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chatpulse", "notify", "--config", str(file)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        found = await asyncio.wait_for(_listening(process.stderr), 20)
        rest = asyncio.create_task(_read(process.stderr))
        async with aiohttp.ClientSession() as session:
            yield Client(found[1], session), process, rest
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listening(stream: asyncio.StreamReader) -> re.Match[str]:
    """Return where the line is found that tells the address; before it stand those of debug."""
    before = ""
    while line := (await stream.readline()).decode():
        if found := re.search(r"listening on (http://127\.0\.0\.1:[0-9]+)", line):
            return found
        before += line
    raise AssertionError(before)


async def _read(stream: asyncio.StreamReader) -> str:
    return (await stream.read()).decode()


@asynccontextmanager
async def alertmanager(program: str, configuration: str, storage: Path) -> AsyncIterator[str]:
    """Run a real Alertmanager without gossip; give its URL once it is ready."""
    file = _written(storage, configuration)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        program,
        f"--config.file={file}",
        f"--storage.path={storage}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as session:
            await asyncio.wait_for(_ready(session, url), 20)
        yield url
    finally:
        process.terminate()
        await process.wait()


def _written(storage: Path, configuration: str) -> Path:
    storage.mkdir()
    file = storage / "alertmanager.yml"
    file.write_text(configuration, encoding="utf-8")
    return file


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    while True:
        try:
            async with session.get(f"{url}/-/ready") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)
