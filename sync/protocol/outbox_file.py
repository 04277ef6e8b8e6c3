"""Outbox file: what a terminal could not send, as it would have sent it, for somebody to carry.

Text: a first line says whose it is; then for each batch one line with the life it belongs to and
the number of its lines, and the lines of the batch as `chain.seal_batch` makes them. Every batch is
signed by the terminal's key, so the way that the file takes need not be trusted with its contents;
but it holds personal data of new members.
"""

from collections.abc import Iterable, Iterator

import msgspec

from sync.programme.refusals import Reason, Refused
from sync.protocol import codec

FORMAT = "loyalty-desk/outbox/1"


class OutboxHeader(msgspec.Struct, frozen=True, kw_only=True):
    """Whose file it is, and when it was made (ms UTC)."""

    format: str
    terminal: int
    made_at: int


class OutboxPart(msgspec.Struct, frozen=True, kw_only=True):
    """The batch that follows: the life whose journal it continues, and how many lines it has."""

    incarnation: int
    lines: int


def pack_outbox(header: OutboxHeader, batches: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    """Return the pieces of the file; `batches` are (incarnation, body of a push)."""
    yield codec.encode(header) + b"\n"
    for incarnation, body in batches:
        part = OutboxPart(incarnation=incarnation, lines=body.count(b"\n") + 1)
        yield codec.encode(part) + b"\n" + body + b"\n"


def open_outbox(body: bytes) -> tuple[OutboxHeader, tuple[tuple[int, bytes], ...]]:
    """Return the header and the batches of a file; raises Refused(BATCH_UNREADABLE)."""
    first, *lines = body.split(b"\n")
    header = codec.decode(first, OutboxHeader)
    if header.format != FORMAT:
        raise Refused(Reason.BATCH_UNREADABLE)
    batches = []
    at = 0
    while at < len(lines) and lines[at]:
        part = codec.decode(lines[at], OutboxPart)
        batch = lines[at + 1 : at + 1 + part.lines]
        if part.lines < 1 or len(batch) < part.lines:
            raise Refused(Reason.BATCH_UNREADABLE)
        batches.append((part.incarnation, b"\n".join(batch)))
        at += 1 + part.lines
    return header, tuple(batches)
