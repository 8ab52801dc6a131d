"""Rows in few bytes, as the compiled engine packs them; native/src/compact.rs says how.

Plain Python reads this form, in the order of the fields of `conversations.row`, and packs rows with
msgspec, which is faster here. What a field is that nothing is said about, its struct says; where it
does not, empty, zero, False or None.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, DecodeError, Struct
from msgspec.structs import fields

from ..conversations.row import Row

FORM: Final = 1
"""The first byte of every row in this form, which no row has in MessagePack."""
WINDOW: Final = 64
"""How many numbers, and how many texts, can be meant again."""
SHORT: Final = 64
"""Bytes up to which a text can be meant again."""

PLAIN, NEAR_INSTANT, AGAIN, NEAR_DAY = range(4)
_HEX, _UUID = 1, 3
_DAYS, _INSTANTS, _RANDOM = 1 << 16, 1 << 32, 1 << 48
_BIG: Final = 1 << 63

_Known = TypeVar("_Known", int, str)

_unpack: Final = msgspec.msgpack.Decoder(Row).decode


def unpack(packed: bytes) -> Row:
    """Return a row as either engine packed it; raise `DecodeError` if it is none."""
    if packed[:1] != bytes([FORM]):
        return _unpack(packed)
    source = Source(packed)
    row: Row = _ROW.read(source)
    source.end()
    return row


class Source:
    """A packed row, being read."""

    def __init__(self, packed: bytes) -> None:
        self._bytes = packed
        self._at = 1
        self._numbers: deque[int] = deque(maxlen=WINDOW)
        self._texts: deque[str] = deque(maxlen=WINDOW)
        self._instant = self._day = 0

    def end(self) -> None:
        """Raise `DecodeError` if there is anything left."""
        if self._at != len(self._bytes):
            raise DecodeError("there is more than a row")

    def _take(self, count: int) -> bytes:
        taken = self._bytes[self._at : self._at + count]
        if len(taken) != count:
            raise DecodeError("the row is cut off")
        self._at += count
        return taken

    def varint(self) -> int:
        """Read a number without sign, below 2^64."""
        value = shift = 0
        for place in range(self._at, min(self._at + 10, len(self._bytes))):
            byte = self._bytes[place]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                self._at = place + 1
                if value >> 64:
                    break
                return value
        raise DecodeError("no number where there should be one")

    def length(self) -> int:
        """Read a length that the rest of the row can hold."""
        length = self.varint()
        if length > len(self._bytes) - self._at:
            raise DecodeError("the row is cut off")
        return length

    def number(self) -> int:
        """Read a number."""
        token = self.varint()
        kind, payload = token & 3, token >> 2
        if kind == PLAIN:
            return payload
        if kind == AGAIN and payload:
            return _again(self._numbers, payload)
        if kind == AGAIN:
            value = int.from_bytes(self._take(8), "little", signed=True)
        else:
            near = self._instant if kind == NEAR_INSTANT else self._day
            value = near + (payload >> 1 ^ -(payload & 1))
            if not -_BIG <= value < _BIG:
                raise DecodeError("a number beyond 64 bits")
        self._numbers.append(value)
        if _DAYS <= value < _INSTANTS:
            self._day = value
        elif _INSTANTS <= value < _RANDOM:
            self._instant = value
        return value

    def text(self) -> str:
        """Read a text."""
        token = self.varint()
        kind, payload = token & 3, token >> 2
        if kind == AGAIN:
            return _again(self._texts, payload)
        size = payload
        if kind == PLAIN:
            try:
                taken = self._take(payload)
                text = taken.decode()
            except UnicodeDecodeError as error:
                raise DecodeError("no text") from error
        elif kind == _HEX:
            text = self._take((payload + 1) // 2).hex()[:payload]
        elif payload:
            raise DecodeError("an unknown kind of text")
        else:
            digits = self._take(16).hex()
            text = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            size = len(text)
        if 0 < size <= SHORT:
            self._texts.append(text)
        return text


def _again(known: deque[_Known], age: int) -> _Known:
    if not 0 < age <= len(known):
        raise DecodeError("something is meant again that was not there")
    return known[-age]


class _Form(NamedTuple):
    """How values of a type are read, and what a field of it is that nothing is said about.

    Flags and optional values are fields always: where one is said, it is True, or not None.
    """

    read: Callable[[Source], Any]
    unsaid: Callable[[], Any]


def _form(kind: Any) -> _Form:
    """Return the form of a type that occurs in rows."""
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        there = next(a for a in arguments if a is not NoneType)
        return _Form(_form(there).read, lambda: None)
    if origin is dict:
        return _dict(*arguments)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return _pair(*arguments)
    if origin is not None:
        return _several(origin, arguments[0])
    if issubclass(kind, Struct):
        return _record(kind)
    return _Form({int: Source.number, str: Source.text, bool: lambda _: True}[kind], kind)


def _several(collection: Callable[..., Any], kind: Any) -> _Form:
    read_one = _form(kind).read

    def read(source: Source) -> Any:
        return collection([read_one(source) for _ in range(source.length())])

    return _Form(read, collection)


def _dict(key: Any, value: Any) -> _Form:
    read_key, read_value = _form(key).read, _form(value).read

    def read(source: Source) -> dict[Any, Any]:
        return {read_key(source): read_value(source) for _ in range(source.length())}

    return _Form(read, dict)


def _pair(first: Any, second: Any) -> _Form:
    read_first, read_second = _form(first).read, _form(second).read

    def read(source: Source) -> tuple[Any, Any]:
        return read_first(source), read_second(source)

    return _Form(read, tuple)


def _record(struct: type[Struct]) -> _Form:
    hints = get_type_hints(struct)
    forms = []
    for field in fields(struct):
        form = _form(hints[field.name])
        if field.default is not NODEFAULT:
            form = form._replace(unsaid=_giver(field.default))
        elif field.default_factory is not NODEFAULT:
            form = form._replace(unsaid=field.default_factory)
        forms.append(form)

    def read(source: Source) -> Struct:
        given = source.varint()
        if given >> len(forms):
            raise DecodeError("a field that is not known")
        values = []
        for form in forms:
            values.append(form.read(source) if given & 1 else form.unsaid())
            given >>= 1
        return struct(*values)

    return _Form(read, lambda: struct(*[form.unsaid() for form in forms]))


def _giver(value: Any) -> Callable[[], Any]:
    return lambda: value


_ROW: Final = _form(Row)
