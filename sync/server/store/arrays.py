"""Columns of values as PostgreSQL's binary arrays, made in one go, and values that stand alone.

A batch of rows travels as one array per column and is unfolded by `unnest`. The layout is what
PostgreSQL's `array_send` writes: number of dimensions, whether there are NULLs, the element's type,
length and lower bound, then each element behind its length (-1 for NULL), all big-endian.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from struct import Struct, error
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Dialect,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
)
from sqlalchemy.types import TypeEngine, UserDefinedType

_HEAD = Struct("!iiIii")
_NO_VALUES = Struct("!iiI")
_LENGTH = Struct("!i")
_NULL = _LENGTH.pack(-1)


class One(bytes):
    """A value, ready to be sent. `SQL` is its type in a statement, `OID` its type's number."""

    SQL = ""
    OID = 0


class _Flag(One):
    SQL, OID = "bool", 16


class _Octet(One):
    SQL, OID = "bytea", 17


class _Whole(One):
    SQL, OID = "int8", 20


class _Small(One):
    SQL, OID = "int2", 21


class _Number(One):
    SQL, OID = "int4", 23


class _Text(One):
    SQL, OID = "text", 25


class Packed(One):
    """An array, ready to be sent; `ONE` is the kind of its values."""

    ONE: type[One] = One


class _Flags(Packed):
    SQL, OID, ONE = "bool[]", 1000, _Flag


class _Octets(Packed):
    SQL, OID, ONE = "bytea[]", 1001, _Octet


class _Wholes(Packed):
    SQL, OID, ONE = "int8[]", 1016, _Whole


class _Smalls(Packed):
    SQL, OID, ONE = "int2[]", 1005, _Small


class _Numbers(Packed):
    SQL, OID, ONE = "int4[]", 1007, _Number


class _Texts(Packed):
    SQL, OID, ONE = "text[]", 1009, _Text


KINDS: tuple[type[Packed], ...] = (_Flags, _Octets, _Wholes, _Smalls, _Numbers, _Texts)

_FIXED: Mapping[type[Packed], tuple[str, int]] = {
    _Flags: ("i?", 1),
    _Wholes: ("iq", 8),
    _Smalls: ("ih", 2),
    _Numbers: ("ii", 4),
}


def kind_of(column: TypeEngine[Any]) -> type[Packed]:
    """Return which arrays hold the values of a column of this type."""
    kinds: tuple[tuple[type[TypeEngine[Any]], type[Packed]], ...] = (
        (Boolean, _Flags),
        (LargeBinary, _Octets),
        (BigInteger, _Wholes),  # before its base class
        (SmallInteger, _Smalls),
        (Integer, _Numbers),
        (String, _Texts),
    )
    return next(kind for python, kind in kinds if isinstance(column, python))


def packed(kind: type[Packed], values: Sequence[Any]) -> Packed:
    """Return `values` as an array; raises OverflowError for a number that its column cannot hold.

    None is NULL.
    """
    if not values:
        return kind(_NO_VALUES.pack(0, 0, kind.ONE.OID))
    same = is_one(values)
    has_null = None in values[: 1 if same else len(values)]
    head = _HEAD.pack(1, int(has_null), kind.ONE.OID, len(values), 1)
    try:
        if same:
            return kind(head + _element(kind, values[0]) * len(values))
        if has_null:
            return kind(head + b"".join([_element(kind, value) for value in values]))
        return kind(head + (_fixed if kind in _FIXED else _varied)(kind, values))
    except error as fault:
        raise OverflowError(kind.SQL) from fault


def one(kind: type[Packed], value: object) -> One | None:
    """Return a value as one of such an array is sent alone; raises OverflowError like `packed`."""
    if value is None:
        return None
    try:
        return kind.ONE(_element(kind, value)[_LENGTH.size :])
    except error as fault:
        raise OverflowError(kind.ONE.SQL) from fault


def is_one(values: Sequence[Any]) -> bool:
    """Say whether all of some values are the same."""
    return values[0] == values[-1] and values.count(values[0]) == len(values)


class PackedColumn(UserDefinedType[Sequence[object]]):
    """The type of a parameter that is a whole column of values."""

    cache_ok = True

    def __init__(self, kind: type[Packed]) -> None:
        self.kind = kind

    def bind_processor(self, dialect: Dialect) -> Callable[[Sequence[object] | None], object]:
        """Return what makes an array of a parameter's values."""
        return lambda values: packed(self.kind, values or ())


def _fixed(kind: type[Packed], values: Sequence[object]) -> bytes:
    layout, length = _FIXED[kind]
    flat: list[object] = [length] * (2 * len(values))
    flat[1::2] = values
    return _repeated(layout, len(values)).pack(*flat)


@lru_cache(maxsize=256)
def _repeated(layout: str, count: int) -> Struct:
    """Made once: the layout of a batch is a thousand letters long."""
    return Struct("!" + layout * count)


def _varied(kind: type[Packed], values: Sequence[Any]) -> bytes:
    found: list[bytes] = list(map(str.encode, values)) if kind is _Texts else list(values)
    lengths = set(map(len, found))
    prefixes = {length: _LENGTH.pack(length) for length in lengths}
    if len(lengths) == 1:
        (before,) = prefixes.values()
        return before + before.join(found)
    return b"".join([prefixes[len(octets)] + octets for octets in found])


def _element(kind: type[Packed], value: object) -> bytes:
    if value is None:
        return _NULL
    if kind in _FIXED:
        return _fixed(kind, (value,))
    octets = _octets(value)
    return _LENGTH.pack(len(octets)) + octets


def _octets(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    assert isinstance(value, bytes), type(value)
    return value
