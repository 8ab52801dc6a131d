"""One post to one vendor: the only place that touches the network and the secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import aiohttp
from yarl import URL

from .secret import SecretError, read_secret, read_url
from .settings import Receiver, Settings
from .vendors.vendor import Body, Retry, Verdict, encode

ANSWER_BYTES: Final = 65_536
"""What is read of an answer; those of the vendors are far shorter."""


class Poster:
    """Posts bodies to the robot of one receiver. Nothing it returns holds a URL or a secret."""

    def __init__(
        self,
        receiver: Receiver,
        settings: Settings,
        session: aiohttp.ClientSession,
        now_ms: Callable[[], int],
    ) -> None:
        self._receiver = receiver
        self._settings = settings
        self._session = session
        self._now_ms = now_ms

    async def post(self, body: Body) -> Verdict:
        """Sign and post the body; return what became of it, whatever happens."""
        receiver = self._receiver
        try:
            url = read_url(receiver.url_file)
            if receiver.secret_file is not None:
                secret = read_secret(receiver.secret_file)
                url, body = receiver.kind.sign(url, body, secret, self._now_ms())
        except SecretError as error:
            return Retry("secret", str(error))
        proxy = self._settings.proxy
        timeout = aiohttp.ClientTimeout(total=self._settings.request_timeout.total_seconds())
        try:
            async with self._session.post(
                URL(url, encoded=True),
                data=encode(body),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=timeout,
                allow_redirects=False,
                proxy=None if proxy is None else proxy.get_secret_value(),
            ) as answer:
                text = await _beginning(answer.content)
                return receiver.kind.judge(answer.status, answer.headers, text)
        except TimeoutError:
            return Retry("timeout", f"no answer within {timeout.total:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Retry("network", type(error).__name__)  # its text may hold the URL


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    found = b""
    async for chunk in content.iter_any():
        found += chunk
        if len(found) >= ANSWER_BYTES:
            break
    return found
