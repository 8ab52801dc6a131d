"""How the settings want agents to be called: by id, by name, or by a digest of the id."""

from __future__ import annotations

from pathlib import Path

from ..failure import Failure
from ..telemetry.agent_labels import AgentLabels, AgentNamesError, by_digest, by_name
from .settings import Settings


def agent_labels(settings: Settings) -> AgentLabels | None:
    """Return the labels of the settings, None for ids; raise `Failure` if a file is wrong."""
    if settings.agent_names is not None:
        return load_agent_names(settings.agent_names)
    if settings.agent_label_key is not None:
        return by_digest(settings.agent_label_key.get_secret_value().encode())
    return None


def load_agent_names(path: Path) -> AgentLabels:
    """Return the labels of a file of names; raise `Failure` naming the file and the reason."""
    try:
        return by_name(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise Failure(f"agent_names {path}: {error.strerror}; check the path") from None
    except UnicodeDecodeError as error:
        raise Failure(f"agent_names {path}: not UTF-8 at byte {error.start}") from None
    except AgentNamesError as error:
        raise Failure(f"agent_names {path}: {error}") from None
