"""The compact form of rows written in plain Python, and rows of all kinds to write.

The compiled engine is the one that packs rows so; here it is once more, for its bytes and for the
plain reader to be held against.
"""

from __future__ import annotations

import re
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from chatpulse.conversations.row import Row

WINDOW = SHORT = 64
HEX = re.compile("[0-9a-f]{8,}")
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pack(row: Row) -> bytes:
    """Return a row in the compact form."""
    writer = Writer()
    writer.value(Row, row)
    return bytes([1, *writer.out])


class Writer:
    """Bytes of a row, and what was written so far."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.numbers: list[int] = []
        self.texts: list[str] = []

    def varint(self, value: int) -> None:
        while value > 0x7F:
            self.out.append(value & 0x7F | 0x80)
            value >>= 7
        self.out.append(value)

    def token(self, kind: int, payload: int) -> None:
        self.varint(payload << 2 | kind)

    def number(self, value: int) -> None:
        if 0 <= value < 2**16:
            return self.token(0, value)
        if value in self.numbers[-WINDOW:]:
            return self.token(2, self.numbers[::-1].index(value) + 1)
        if 2**16 <= value < 2**32:
            self.token(3, self._zigzag(value, 2**16, 2**32))
        elif 2**32 <= value < 2**48:
            self.token(1, self._zigzag(value, 2**32, 2**48))
        else:
            self.token(2, 0)
            self.out += value.to_bytes(8, "little", signed=True)
        self.numbers.append(value)
        return None

    def _zigzag(self, value: int, least: int, end: int) -> int:
        before = next((n for n in reversed(self.numbers) if least <= n < end), 0)
        return 2 * (value - before) if value >= before else 2 * (before - value) - 1

    def text(self, text: str) -> None:
        encoded = text.encode()
        if text in self.texts[-WINDOW:]:
            return self.token(2, self.texts[::-1].index(text) + 1)
        if HEX.fullmatch(text):
            self.token(1, len(text))
            self.out += bytes.fromhex(text + "0" * (len(text) % 2))
        elif UUID.fullmatch(text):
            self.token(3, 0)
            self.out += bytes.fromhex(text.replace("-", ""))
        else:
            self.token(0, len(encoded))
            self.out += encoded
        if 0 < len(encoded) <= SHORT:
            self.texts.append(text)
        return None

    def value(self, kind: Any, value: Any) -> None:
        """Write a value of a type that occurs in rows."""
        arguments = get_args(kind)
        origin = get_origin(kind)
        if kind is int:
            self.number(value)
        elif kind is str:
            self.text(value)
        elif origin is dict:
            self.varint(len(value))
            for item in value.items():
                self.value(tuple[arguments], item)
        elif origin is tuple and arguments[-1] is not Ellipsis:
            for one, part in zip(arguments, value, strict=True):
                self.value(one, part)
        elif origin is not None:
            self.varint(len(value))
            for part in sorted(value) if origin is set else value:
                self.value(arguments[0], part)
        else:
            self.record(value)

    def record(self, struct: Struct) -> None:
        hints = get_type_hints(type(struct))
        values = [(hints[name], getattr(struct, name)) for name in struct.__struct_fields__]
        said = [
            value != default for (_, value), default in zip(values, defaults(struct), strict=True)
        ]
        self.varint(sum(is_said << place for place, is_said in enumerate(said)))
        for (kind, value), is_said in zip(values, said, strict=True):
            if is_said and kind is not bool:
                self.value(_present(kind), value)


def _present(kind: Any) -> Any:
    """Return the type of a value that is there."""
    if get_origin(kind) in (Union, UnionType):
        return next(a for a in get_args(kind) if a is not NoneType)
    return kind


def defaults(struct: Struct | type[Struct]) -> list[Any]:
    """Return what the fields of a struct are if nothing is said about them."""
    kind = struct if isinstance(struct, type) else type(struct)
    hints = get_type_hints(kind)
    found: list[Any] = []
    for field in fields(kind):
        if field.default is not NODEFAULT:
            found.append(field.default)
        elif field.default_factory is not NODEFAULT:
            found.append(field.default_factory())
        else:
            found.append(_empty(hints[field.name]))
    return found


def _empty(kind: Any) -> Any:
    if _present(kind) is not kind:
        return None
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind(*defaults(kind))
    return (get_origin(kind) or kind)()


# ---- rows -----------------------------------------------------------------------------------

EDGES = [
    *(edge + by for edge in (2**16, 2**32, 2**48) for by in (-1, 0, 1)),
    *(0, 1, 31, 32, 2**63 - 1, -(2**63), -1, -120_000, 739_000, 8 * 86_400_000),
]
NUMBERS = st.one_of(
    st.sampled_from(EDGES),
    st.integers(1_764_000_000_000, 1_764_000_100_000),
    st.integers(0, 200),
    st.integers(-(2**63), 2**63 - 1),
)
TEXTS = st.one_of(
    st.sampled_from(
        ["", "a1", "a2", "亲", "0" * 7, "0" * 8, "09af" * 4, "12345678901", "ABCDEF0123"]
    ),
    st.sampled_from(["x" * 64, "x" * 65, "0" * 64, "0" * 65, "亲" * 21, "亲" * 22]),
    st.uuids().map(str),
    st.uuids().map(lambda uuid: str(uuid).upper()),
    st.text(max_size=5),
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of a type that occurs in rows."""
    if _present(kind) is not kind:
        return st.one_of(st.none(), values(_present(kind)))
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin is dict:
        return st.dictionaries(*map(values, arguments), max_size=3)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*map(values, arguments))
    if origin is not None:
        return st.lists(values(arguments[0]), max_size=3).map(origin)
    if issubclass(kind, Struct):
        hints = get_type_hints(kind)
        parts = [values(hints[field.name]) for field in fields(kind)]
        chosen = [st.one_of(st.just(d), v) for d, v in zip(defaults(kind), parts, strict=True)]
        return st.builds(kind, *chosen)
    return {int: NUMBERS, str: TEXTS, bool: st.booleans()}[kind]


ROWS: st.SearchStrategy[Row] = values(Row)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """Return a packed row with a few bytes changed, put in, cut out, or cut off."""
    packed = bytearray(pack(draw(ROWS)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(packed)))
        removed = draw(st.sampled_from([0, 1, 1, 1, 2, len(packed)]))
        packed[place : place + removed] = draw(st.binary(max_size=3))
    return bytes([1, *packed[1:]])
