"""The formats of Prometheus' exposition."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

Encoder = Callable[[Collector], bytes]


def choose_format(accept: str) -> tuple[Encoder, str]:
    """Return the encoder that an Accept header prefers, and its content type.

    A header that prometheus_client cannot read (`version=x.0`) prefers nothing.
    """
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        return choose_encoder("")
