"""Bytes on the wire: JSON in zstd, with a bound on what a frame may unpack to."""

from typing import TypeVar

import msgspec
import zstandard

from sync.programme.refusals import Reason, Refused

_LEVEL = 1  # higher levels are larger on batches of events, and slower

Message = TypeVar("Message")


def pack(body: bytes) -> bytes:
    """Return `body` as one zstd frame."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(body)


def unpack(frame: bytes, *, limit: int) -> bytes:
    """Return what a zstd frame holds, up to `limit` bytes, all of it consumed.

    Raises Refused: BATCH_TOO_LARGE, BATCH_UNREADABLE.
    """
    try:
        promised = zstandard.frame_content_size(frame)
        # Room for what is promised, not for the limit: new memory costs more than unpacking.
        most = min(promised, limit) if promised >= 0 else limit
        # Reading across frames makes trailing bytes an error instead of something ignored.
        reader = zstandard.ZstdDecompressor().stream_reader(frame, read_across_frames=True)
        body: bytes = reader.read(most + 1)
    except zstandard.ZstdError as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
    if len(body) > limit:
        raise Refused(Reason.BATCH_TOO_LARGE, limit=limit)
    if promised >= 0 and len(body) != promised:
        raise Refused(Reason.BATCH_UNREADABLE)
    return body


def encode(message: msgspec.Struct) -> bytes:
    """Return a message as JSON bytes."""
    return msgspec.json.encode(message)


def decode(body: bytes, kind: type[Message]) -> Message:
    """Return the message of type `kind` in `body`; raises Refused(BATCH_UNREADABLE)."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
