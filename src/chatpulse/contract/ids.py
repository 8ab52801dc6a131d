"""The words every other module is written in: ids, instants and amounts.

Instants are integer milliseconds since the Unix epoch (UTC) and spans are integer milliseconds;
amounts are integers in the currency's minor unit (fen). There are no floats before a scorecard.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

MAX_ID_LENGTH: Final = 128
MAX_INTEGER: Final = 2**53 - 1

Id: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=MAX_ID_LENGTH, description="A non-empty id.")
]
Millis: TypeAlias = Annotated[
    int, Meta(ge=0, le=MAX_INTEGER, description="Milliseconds since the Unix epoch (UTC).")
]
Minor: TypeAlias = Annotated[
    int, Meta(ge=0, le=MAX_INTEGER, description="An amount in minor units (fen).")
]
Items: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_INTEGER, description="A number of items.")]

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
