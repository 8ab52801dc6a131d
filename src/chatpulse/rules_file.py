"""Read the rules file (kpis.md 10), TOML or JSON, or end the command with one clear line."""

from __future__ import annotations

from pathlib import Path

from .conversations.policy import Rules, RulesError
from .failure import Failure


def load_rules(path: Path) -> Rules:
    """Return the rules in the file; raise `Failure` naming the file, the key and the reason.

    `.toml` and `.json` say what is inside; under any other name a text starting with `{` is JSON.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return Rules.parse(text, toml=_is_toml(path, text))
    except IsADirectoryError:
        raise Failure(f"rules {path}: it is a directory; name the file in it") from None
    except OSError as error:
        raise Failure(f"rules {path}: {error.strerror}; check the path") from None
    except UnicodeDecodeError as error:
        raise Failure(f"rules {path}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except RulesError as error:
        raise Failure(f"rules {path}: {error}") from None


def _is_toml(path: Path, text: str) -> bool:
    if path.suffix in {".toml", ".json"}:
        return path.suffix == ".toml"
    return not text.lstrip().startswith("{")
