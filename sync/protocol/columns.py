"""Columns: member rows by the thousand, turned round so that they pack to little more than half.

A part of a first copy is one zstd frame of a JSON array: the n-th element holds the n-th field of
every row. What is read back is what was packed; columns that this version does not know are left
out, and fields that the sender did not know have their defaults.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from types import GenericAlias

import msgspec

from sync.programme.refusals import Reason, Refused
from sync.protocol import codec
from sync.protocol.messages import MemberRow

CHUNK_BYTES_MAX = 4 * 1024 * 1024
_PLAIN_BYTES_MAX = 32 * 1024 * 1024

_FIELDS = msgspec.structs.fields(MemberRow)
_Columns = msgspec.defstruct(
    "_Columns",
    [(field.name, GenericAlias(tuple, (field.type, ...)), ()) for field in _FIELDS],
    array_like=True,
)
_decoder = msgspec.json.Decoder(_Columns)


def pack_rows(rows: Sequence[MemberRow]) -> bytes:
    """Return the rows as they travel."""
    columns = zip(*map(msgspec.structs.astuple, rows), strict=True)
    return codec.pack(msgspec.json.encode(list(columns)))


def unpack_rows(frame: bytes) -> list[MemberRow]:
    """Return the rows in `frame`; raises Refused: BATCH_TOO_LARGE, BATCH_UNREADABLE."""
    plain = codec.unpack(frame, limit=_PLAIN_BYTES_MAX)
    try:
        columns = msgspec.structs.astuple(_decoder.decode(plain))
    except (msgspec.MsgspecError, ValueError) as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
    size = len(columns[0])
    filled = [_filled(column, n, size) for n, column in enumerate(columns)]
    return list(map(MemberRow, *filled))


def _filled(column: Sequence[object], n: int, size: int) -> Iterable[object]:
    if len(column) == size:
        return column
    default = _FIELDS[n].default
    if column or default is msgspec.NODEFAULT:
        raise Refused(Reason.BATCH_UNREADABLE)
    return repeat(default, size)
