"""Where the worker's settings come from: chatpulse.toml < CHATPULSE_... < flags."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..configuration import Problem, SettingsError, Source, load_settings
from .settings import Settings

__all__ = ["DEFAULT_FILE", "PREFIX", "Problem", "Settings", "SettingsError", "load"]

PREFIX: Final = "CHATPULSE_"
DEFAULT_FILE: Final = Path("chatpulse.toml")
SOURCE: Final = Source(DEFAULT_FILE, PREFIX, others=("CHATPULSE_NOTIFY_",), whole="topics")


def load(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Return the worker's settings, or raise SettingsError."""
    return load_settings(Settings, SOURCE, file, environment=environment, flags=flags)
