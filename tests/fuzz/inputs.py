"""Inputs to begin with, one file each, and how they are spoilt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

FOLDER = Path(__file__).parent / "corpus"
TIMES = (*[1] * 12, 2, 3, 100, 3000, 100_000)
"""How often a piece is put in: once, or often enough to hurt what is not linear or nests."""
RECORD = 70_000
"""Bytes to put in at once into what strangers send; no record is as large."""
FILE = 3_000
"""The same for files of one's own, which Python's TOML parser reads in quadratic time."""

ODD = (
    *(
        b"",
        b"\x00",
        b"\n",
        b"\r",
        b"\t",
        b" ",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
    ),
    *("\ufeff", "😀", "\u2028", "\u202e", "\u200b", "\x7f", "\x85", "e\u0301", "ﷺ", "İ", "\uffff"),
    *r"""" ' \ / % { } [ ] {} [] [[ = , ../ .. %00 %ff https:// \ud800 \u0000 "x": """.split(),
    *"null true NaN Infinity -0 1e999 0.1 -1 0 1 0001-01-01 9999-12-31 24:00".split(),
    *(str(2**53 - 1), str(2**53), str(2**63), str(2**64), "9" * 20, "9" * 5000),
)
"""Pieces that have broken parsers before."""
TOKEN = re.compile(rb'"[^"]*"|[\w.-]+|[^\w\s]+')


def seeds(name: str) -> list[bytes]:
    """Return the files of a corpus."""
    found = [path.read_bytes() for path in sorted((FOLDER / name).iterdir())]
    assert found, f"{FOLDER / name} is empty"
    return found


def fuzzed(
    *more: bytes, words: Iterable[str | bytes] = (), largest: int = RECORD
) -> Callable[[Any], Any]:
    """Give a property `raw`: every seed and every word as it is, then spoilt seeds.

    The seeds are the files of the corpus that is named like the property, and `more`.
    """

    def decorate(test: Any) -> Any:
        name = test.__name__.removeprefix("test_")
        found = [*seeds(name), *more]
        test = given(raw=spoilt(found, words, largest))(test)
        for raw in found:
            test = example(raw=raw)(test)
        return test

    return decorate


def spoilt(
    found: list[bytes], words: Iterable[str | bytes], largest: int
) -> st.SearchStrategy[bytes]:
    """Draw a seed, and replace parts of it by odd pieces, words, or parts of any seed."""
    given_words = [piece.encode() if isinstance(piece, str) else piece for piece in (*ODD, *words)]
    tokens = sorted({token for raw in found for token in TOKEN.findall(raw)} - set(given_words))
    pieces = [*given_words, *tokens, *found]
    often = st.sampled_from(TIMES)
    piece = st.builds(
        lambda piece, times: piece * min(times, 1 + largest // max(1, len(piece))),
        st.sampled_from(pieces),
        often,
    )
    cut = st.tuples(st.floats(0, 1), st.integers(0, 12), piece)
    return st.builds(_cut, st.sampled_from(found), st.lists(cut, max_size=6))


def _cut(raw: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    for where, length, piece in cuts:
        start = round(where * len(raw))
        raw = raw[:start] + piece + raw[start + length :]
    return raw
