"""JSON Schema of every input topic, generated from the structs of `events`.

`python -m chatpulse.contract.schema DIRECTORY` writes them; a test checks that the committed ones
are fresh.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Union

import msgspec

from .topics import TOPIC_TYPES


def schema(topic: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the records of a default topic."""
    types = TOPIC_TYPES[topic]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Records of {topic}",
        "description": "One event per record, UTF-8, at most 64 KiB, keyed by shop_id.",
        **msgspec.json.schema(Union[types]),
    }


def write(directory: Path) -> None:
    """Write one `<topic>.schema.json` per topic."""
    directory.mkdir(parents=True, exist_ok=True)
    for topic in TOPIC_TYPES:
        text = msgspec.json.format(msgspec.json.encode(schema(topic)), indent=2).decode()
        (directory / f"{topic}.schema.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
