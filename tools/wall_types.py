"""Writes the TypeScript types of the wall from the Python ones: `python tools/wall_types.py`."""

import re
from pathlib import Path
from typing import Any

import msgspec

from chatpulse.wall.wall import Line, Wall

TARGET = Path(__file__).resolve().parent.parent / "web" / "src" / "snapshot.ts"
HEAD = "// Made from src/chatpulse/wall/wall.py by tools/wall_types.py (`make web`); do not edit.\n"
PLAIN = {"string": "string", "integer": "number", "number": "number", "null": "null"}


def source() -> str:
    """Return the module."""
    _, components = msgspec.json.schema_components([Line, Wall], ref_template="{name}")
    return HEAD + "".join(_interface(name, components[name]) for name in sorted(components))


def _interface(name: str, schema: dict[str, Any]) -> str:
    fields = "".join(f"  {field}: {_type(kind)};\n" for field, kind in schema["properties"].items())
    text = re.sub(r"\s+", " ", schema.get("description", "")).strip()
    return f"\n/** {text} */\nexport interface {name} {{\n{fields}}}\n"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"])
    if "anyOf" in schema:
        return " | ".join(_type(option) for option in schema["anyOf"])
    if schema["type"] == "array":
        return f"{_type(schema['items'])}[]"
    return PLAIN[schema["type"]]


if __name__ == "__main__":
    TARGET.write_text(source(), encoding="utf-8")
