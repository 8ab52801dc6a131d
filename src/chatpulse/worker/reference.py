"""`python -m chatpulse.worker.reference` prints the page of all settings of the worker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..durations import format_duration
from .settings import Settings

_HEAD = """# Configuration of the worker

Generated from the settings (`python -m chatpulse.worker.reference > docs/configuration.md`); a test
keeps it fresh.

Settings come from a TOML file (`--config FILE`, else `chatpulse.toml` of the working directory if
there is one), over it from the environment, over that from flags. The key `a.b` is the variable
`CHATPULSE_A__B`, a top-level key `CHATPULSE_KEY`. Unknown keys and wrong values are refused at the
start, with the key and the reason; `chatpulse check` shows all of them. Durations are a number
and a unit: `500ms`, `10s`, `2m`, `1h`, `1d`. An example with comments is `deploy/chatpulse.toml`.

| key | default | meaning |
|---|---|---|
"""


def page() -> str:
    """Return the page as Markdown."""
    return _HEAD + "".join(f"{row}\n" for row in _rows(Settings, ""))


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _rows(annotation, f"{prefix}{name}.")
        else:
            yield f"| `{prefix}{name}` | {_default(field)} | {field.description} |"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, timedelta):
        return f"`{format_duration(value)}`"
    return f"`{value}`"


if __name__ == "__main__":
    print(page(), end="")
