"""File < environment < flags: where settings come from, and what to say when they are wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeGuard

from pydantic import BaseModel, SecretStr, ValidationError

from .settings import Settings

PREFIX: Final = "CHATPULSE_"
DEFAULT_FILE: Final = Path("chatpulse.toml")
NO_SETTINGS: Final = frozenset({"CHATPULSE_CI", "CHATPULSE_CONFIG"})
"""Variables with our prefix that are read by others."""

_Path = tuple[str, ...]


class Problem(NamedTuple):
    """One wrong setting: its `key`, the `reason`, and the `origin` (file, variable or flag)."""

    key: str
    reason: str
    origin: str

    def __str__(self) -> str:
        where = f" ({self.origin})" if self.origin else ""
        return f"setting {self.key}{where}: {self.reason}"


class SettingsError(Exception):
    """The configuration cannot be used; `str()` is one clear line, `problems` are all of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first, rest = self.problems[0], len(self.problems) - 1
        more = f" (and {rest} more: see `chatpulse check`)" if rest else ""
        super().__init__(f"{first}{more}")


def load(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Return the settings, or raise SettingsError.

    `file` must exist; None means `chatpulse.toml` if there is one. `flags` maps keys such as
    `security.protocol` to values; a flag that was not given is None.
    """
    found: dict[_Path, tuple[object, str]] = {}
    _read_file(found, file)
    _read_environment(found, environment or {})
    for key, value in (flags or {}).items():
        if value is not None:
            option = key.replace("_", "-").replace(".", "-")
            found[tuple(key.split("."))] = (value, f"--{option}")
    _read_secrets(found)
    return _validate(found)


def _read_file(found: dict[_Path, tuple[object, str]], file: Path | None) -> None:
    if file is None:
        if not DEFAULT_FILE.exists():
            return
        file = DEFAULT_FILE
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([Problem("--config", f"{file}: {error.strerror}", "")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([Problem("--config", f"{file} is no TOML: {error}", "")]) from None
    for path, value in _leaves(tree):
        found[path] = (value, str(file))


def _leaves(tree: Mapping[str, Any], prefix: _Path = ()) -> Iterable[tuple[_Path, object]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*prefix, key))
        else:
            yield (*prefix, key), value


def _read_environment(
    found: dict[_Path, tuple[object, str]], environment: Mapping[str, str]
) -> None:
    for name, value in environment.items():
        if name.startswith(PREFIX) and name not in NO_SETTINGS:
            path = tuple(name.removeprefix(PREFIX).lower().split("__"))
            found[path] = (value, f"environment variable {name}")


def _read_secrets(found: dict[_Path, tuple[object, str]]) -> None:
    """Replace `x_file` by what the file holds, for every secret `x`."""
    for path in _secrets(Settings):
        file_path = (*path[:-1], f"{path[-1]}_file")
        if file_path not in found:
            continue
        name, origin = found[file_path]
        key = ".".join(file_path)
        if path in found:
            reason = f"{'.'.join(path)} is given as well ({found[path][1]}); give one of the two"
            raise SettingsError([Problem(key, reason, origin)])
        try:
            secret = Path(str(name)).read_text(encoding="utf-8")
        except OSError as error:
            raise SettingsError([Problem(key, f"{name}: {error.strerror}", origin)]) from None
        except UnicodeDecodeError:
            raise SettingsError([Problem(key, f"{name} is no UTF-8 text", origin)]) from None
        found[path] = (secret.rstrip("\r\n"), origin)


def _secrets(model: type[BaseModel], prefix: _Path = ()) -> Iterable[_Path]:
    for name, field in model.model_fields.items():
        if _is_section(field.annotation):
            yield from _secrets(field.annotation, (*prefix, name))
        elif field.annotation == SecretStr | None:
            yield (*prefix, name)


def _validate(found: Mapping[_Path, tuple[object, str]]) -> Settings:
    tree: dict[str, Any] = {}
    for path, (value, origin) in found.items():
        section = tree
        for part in path[:-1]:
            section = section.setdefault(part, {})
            if not isinstance(section, dict):
                raise SettingsError([Problem(".".join(path), "is no section", origin)])
        section[path[-1]] = value
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        problems = [_problem(e["loc"], e["type"], e["msg"], found) for e in error.errors()]
        raise SettingsError(problems) from None


def _problem(
    loc: tuple[int | str, ...], kind: str, text: str, found: Mapping[_Path, tuple[object, str]]
) -> Problem:
    path = tuple(str(part) for part in loc)
    origin = found.get(path, (None, ""))[1]
    if kind == "extra_forbidden":
        known = ", ".join(sorted(_section(path[:-1]).model_fields))
        text = f"there is no such setting; known here: {known}"
    elif kind == "string_pattern_mismatch":
        field = _section(path[:-1]).model_fields[path[-1]]
        text = f"has the wrong form. {field.description or 'Letters, digits and . _ - are allowed'}"
    text = text.removeprefix("Value error, ").replace("Input should", "should")
    return Problem(".".join(path) or "topics", text, origin)


def _section(path: _Path) -> type[BaseModel]:
    model: type[BaseModel] = Settings
    for name in path:
        field = model.model_fields.get(name)
        if field is None or not _is_section(field.annotation):
            break
        model = field.annotation
    return model


def _is_section(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
