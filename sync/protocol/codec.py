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
    """Return what one whole zstd frame with nothing behind it holds, up to `limit` bytes.

    Raises Refused: BATCH_TOO_LARGE, BATCH_UNREADABLE.
    """
    try:
        promised = zstandard.frame_content_size(frame)  # below zero where it does not say
        if promised > limit or (promised < 0 and _holds_more(frame, limit)):
            raise Refused(Reason.BATCH_TOO_LARGE, limit=limit)
        unpacking = zstandard.ZstdDecompressor().decompressobj()
        body = unpacking.decompress(frame)
    except zstandard.ZstdError as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
    if not unpacking.eof or unpacking.unused_data:
        raise Refused(Reason.BATCH_UNREADABLE)
    return body


def _holds_more(frame: bytes, limit: int) -> bool:
    with zstandard.ZstdDecompressor().stream_reader(frame) as reader:
        return len(reader.read(limit + 1)) > limit


def encode(message: msgspec.Struct) -> bytes:
    """Return a message as JSON bytes."""
    return msgspec.json.encode(message)


def decode(body: bytes, kind: type[Message]) -> Message:
    """Return the message of type `kind` in `body`; raises Refused(BATCH_UNREADABLE)."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
