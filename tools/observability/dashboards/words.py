"""Text in both languages, and the editions made of it."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


class Words(NamedTuple):
    """One text: what the Chinese and what the English edition say."""

    zh: str
    en: str


def edition(tree: Any, language: Language) -> Any:
    """Return a copy of `tree` in which every text speaks one language, dictionary keys too."""
    if isinstance(tree, Words):
        return getattr(tree, language)
    if isinstance(tree, dict):
        return {edition(key, language): edition(value, language) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [edition(item, language) for item in tree]
    return tree
