"""File < environment < flags: where settings come from, and what to say when they are wrong.

Each service describes its settings as a pydantic model and names its file and prefix in a `Source`;
this module merges, reads secrets from files, and turns what is wrong into one clear line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeGuard, TypeVar, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from .printable import printable

S = TypeVar("S", bound=BaseModel)

NO_SETTINGS: Final = frozenset({"CHATPULSE_CI", "CHATPULSE_CONFIG", "CHATPULSE_ENGINE"})
"""Variables with our prefix that are read by others."""

_Path = tuple[str, ...]
_Found = dict[_Path, tuple[object, str]]


class Source(NamedTuple):
    """Where one service's settings are looked for."""

    default_file: Path
    """Read if it exists and no file is named."""
    prefix: str
    """Variables that start with it are settings: `A__B` after it is the key `a.b`."""
    others: tuple[str, ...] = ()
    """Longer prefixes that belong to other services."""
    check: str = "chatpulse check"
    """The command that shows all problems."""
    whole: str = "settings"
    """The key of a problem that belongs to no single one."""


class Problem(NamedTuple):
    """One wrong setting: its `key`, the `reason`, and the `origin` (file, variable or flag)."""

    key: str
    reason: str
    origin: str

    def __str__(self) -> str:
        where = f" ({self.origin})" if self.origin else ""
        return printable(f"setting {self.key}{where}: {self.reason}")


class SettingsError(Exception):
    """The configuration cannot be used; `str()` is one clear line, `problems` are all of them."""

    def __init__(self, problems: Iterable[Problem], *, check: str = "chatpulse check") -> None:
        self.problems = tuple(problems)
        first, rest = self.problems[0], len(self.problems) - 1
        more = f" (and {rest} more: see `{check}`)" if rest else ""
        super().__init__(f"{first}{more}")


def load_settings(
    model: type[S],
    source: Source,
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> S:
    """Return the settings, or raise SettingsError.

    `file` must exist; None means the source's default file if there is one. `flags` maps keys such
    as `security.protocol` to values; a flag that was not given is None.
    """
    found: _Found = {}
    _read_file(found, file, source)
    _read_environment(found, environment or {}, source)
    for key, value in (flags or {}).items():
        if value is not None:
            option = key.replace("_", "-").replace(".", "-")
            found[tuple(key.split("."))] = (value, f"--{option}")
    _read_secrets(found, model)
    return _validate(found, model, source)


def _read_file(found: _Found, file: Path | None, source: Source) -> None:
    if file is None:
        if not source.default_file.exists():
            return
        file = source.default_file
    try:
        leaves = list(_leaves(tomllib.loads(file.read_text(encoding="utf-8"))))
    except OSError as error:
        raise SettingsError([Problem("config", f"{file}: {error.strerror}", "")]) from None
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, too large a number, too deep
        raise SettingsError([Problem("config", f"{file} is no TOML: {error}", "")]) from None
    for path, value in leaves:
        found[path] = (value, str(file))


def _leaves(tree: Mapping[str, Any], prefix: _Path = ()) -> Iterable[tuple[_Path, object]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*prefix, key))
        else:
            yield (*prefix, key), value


def _read_environment(found: _Found, environment: Mapping[str, str], source: Source) -> None:
    for name, value in environment.items():
        if (
            name.startswith(source.prefix)
            and not name.startswith(source.others)
            and name not in NO_SETTINGS
        ):
            path = tuple(name.removeprefix(source.prefix).lower().split("__"))
            found[path] = (value, f"environment variable {name}")


def _read_secrets(found: _Found, model: type[BaseModel]) -> None:
    """Replace `x_file` by what the file holds, for every secret `x`."""
    for path in _secrets(model):
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
        except ValueError:
            raise SettingsError([Problem(key, f"{name} is no path", origin)]) from None
        found[path] = (secret.rstrip("\r\n"), origin)


def _secrets(model: type[BaseModel], prefix: _Path = ()) -> Iterable[_Path]:
    for name, field in model.model_fields.items():
        if _is_section(field.annotation):
            yield from _secrets(field.annotation, (*prefix, name))
        elif field.annotation == SecretStr | None:
            yield (*prefix, name)


def _validate(found: _Found, model: type[S], source: Source) -> S:
    tree: dict[str, Any] = {}
    for path, (value, origin) in found.items():
        section = tree
        for part in path[:-1]:
            section = section.setdefault(part, {})
            if not isinstance(section, dict):
                raise SettingsError([Problem(".".join(path), "is no section", origin)])
        section[path[-1]] = value
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        # A key that is not known first: what is missing beside it is often the same, misspelt.
        errors = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        problems = [_problem(e["loc"], e["type"], e["msg"], found, model) for e in errors]
        named = [p if p.key else p._replace(key=source.whole) for p in problems]
        raise SettingsError(named, check=source.check) from None


def _problem(
    loc: tuple[int | str, ...], kind: str, text: str, found: _Found, model: type[BaseModel]
) -> Problem:
    path = tuple(str(part) for part in loc)
    origin = found.get(path, (None, ""))[1]
    section = _section(model, path[:-1])
    if kind == "extra_forbidden":
        known = ", ".join(sorted(section.model_fields))
        text = f"there is no such setting; known here: {known}"
    elif kind == "string_pattern_mismatch" and path[-1] in section.model_fields:
        field = section.model_fields[path[-1]]
        text = f"has the wrong form. {field.description or 'Letters, digits and . _ - are allowed'}"
    text = text.removeprefix("Value error, ").replace("Input should", "should")
    return Problem(".".join(path), text, origin)


def _section(model: type[BaseModel], path: _Path) -> type[BaseModel]:
    """Return the model of the section that `path` leads to, or of the last one on the way."""
    parts = iter(path)
    for name in parts:
        field = model.model_fields.get(name)
        if field is None:
            break
        if _is_section(field.annotation):
            model = field.annotation
        elif get_origin(field.annotation) is dict and _is_section(get_args(field.annotation)[1]):
            model = get_args(field.annotation)[1]
            next(parts, None)  # the name that the user gave to this one
        else:
            break
    return model


def _is_section(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
