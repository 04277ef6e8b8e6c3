"""The chain: each event's hash covers the one before, so a lost, moved or copied event shows.

hash₀ = SHA-256(terminal id ‖ incarnation ‖ public key), both numbers as 4 bytes big-endian;
hashₙ = SHA-256("loyalty-desk/event/1\\0" ‖ hashₙ₋₁ ‖ event bytes). Hashes are not sent: a batch
sends its first sequence, the hash before it, the hash at its end, and one signature over these.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme import signatures
from sync.programme.refusals import Reason, Refused

_EVENT = b"loyalty-desk/event/1\0"
_BATCH = b"loyalty-desk/batch/1\0"
_HEADER_BYTES = 8 + 4 + 32 + 32 + 64

BATCH_EVENTS_MAX = 500
BATCH_BYTES_MAX = 8 * 1024 * 1024


def first_hash(*, terminal: int, incarnation: int, public_key: bytes) -> bytes:
    """Return the hash before a terminal's first event."""
    numbers = terminal.to_bytes(4, "big") + incarnation.to_bytes(4, "big")
    return hashlib.sha256(numbers + public_key).digest()


def next_hash(previous: bytes, body: bytes) -> bytes:
    """Return the hash of the event `body` that follows `previous`."""
    return hashlib.sha256(_EVENT + previous + body).digest()


def chain(previous: bytes, bodies: Iterable[bytes]) -> list[bytes]:
    """Return the hash of each of `bodies` in turn, starting after `previous`."""
    hashes = []
    for body in bodies:
        previous = next_hash(previous, body)
        hashes.append(previous)
    return hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events on their way: consecutive from `from_seq`, and the sealed payloads some of them need.

    `sealed` are whole lines: JSON objects of `messages.Sealed`.
    """

    from_seq: int
    previous: bytes
    head: bytes
    signature: bytes
    bodies: tuple[bytes, ...]
    sealed: tuple[bytes, ...] = ()


def signed_part(*, from_seq: int, count: int, previous: bytes, head: bytes) -> bytes:
    """Return the bytes that a terminal signs for a batch."""
    numbers = from_seq.to_bytes(8, "big") + count.to_bytes(4, "big")
    return _BATCH + previous + head + numbers


def seal_batch(
    *,
    key: Ed25519PrivateKey,
    from_seq: int,
    previous: bytes,
    head: bytes,
    bodies: tuple[bytes, ...],
    sealed: tuple[bytes, ...] = (),
) -> bytes:
    """Return the body of a push before compression: header line, events, sealed lines."""
    part = signed_part(from_seq=from_seq, count=len(bodies), previous=previous, head=head)
    header = from_seq.to_bytes(8, "big") + len(bodies).to_bytes(4, "big") + previous + head
    line = base64.urlsafe_b64encode(header + key.sign(part)).rstrip(b"=")
    return b"\n".join((line, *bodies, *sealed))


def open_batch(body: bytes) -> Batch:
    """Return the batch in `body`; signature and chain are not checked yet.

    Raises Refused: BATCH_UNREADABLE, BATCH_TOO_LARGE.
    """
    header, *lines = body.split(b"\n")
    try:
        raw = base64.b64decode(header + b"=" * (-len(header) % 4), altchars=b"-_", validate=True)
    except binascii.Error as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
    if len(raw) != _HEADER_BYTES:
        raise Refused(Reason.BATCH_UNREADABLE)
    count = int.from_bytes(raw[8:12], "big")
    if count > BATCH_EVENTS_MAX:
        raise Refused(Reason.BATCH_TOO_LARGE, limit=BATCH_EVENTS_MAX)
    if len(lines) < count:
        raise Refused(Reason.BATCH_UNREADABLE)
    return Batch(
        from_seq=int.from_bytes(raw[:8], "big"),
        previous=raw[12:44],
        head=raw[44:76],
        signature=raw[76:],
        bodies=tuple(lines[:count]),
        sealed=tuple(lines[count:]),
    )


def check_batch(batch: Batch, public_key: bytes) -> list[bytes]:
    """Return the hash of each event once the chain closes and the terminal's signature holds.

    Raises Refused: CHAIN_BROKEN, SIGNATURE_INVALID.
    """
    hashes = chain(batch.previous, batch.bodies)
    if (hashes[-1] if hashes else batch.previous) != batch.head:
        raise Refused(Reason.CHAIN_BROKEN)
    part = signed_part(
        from_seq=batch.from_seq,
        count=len(batch.bodies),
        previous=batch.previous,
        head=batch.head,
    )
    if not signatures.holds(public_key, batch.signature, part):
        raise Refused(Reason.SIGNATURE_INVALID)
    return hashes
