"""The member code LD1: 83 signed bytes written as 202 decimal digits.

What a card, a member's phone, a voucher or a staff badge shows as a QR code. Digits alone survive
every keyboard layout, Caps Lock and lost Shift, and fill a numeric QR of version 5-M. The one thing
guaranteed here: `read` returns a token only when its signature by a key of this programme holds and
its time has come and not passed. Whether the card was lost or used before is asked elsewhere.

Layout (big-endian): version and kind 1 byte, key id 1, programme 2, subject 8, issued-at 4 (seconds
since 2025-01-01 UTC), life 2, sequence 1, Ed25519 signature 64. Two ISO 7064 MOD 97-10 digits close
the text, so a bad reading is told apart from a false code.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, unique
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme.refusals import Reason, Refused
from sync.programme.signed_digits import Layout, check_time, instant_of, seconds_since_epoch

LAYOUT = Layout(struct.Struct(">BBHQIHB"), b"loyalty-desk/token/1\0")
_VERSION = 1


@unique
class TokenKind(IntEnum):
    """What the code stands for. The number is the low half of the first byte."""

    CARD = 1
    PHONE = 2
    VOUCHER = 3
    STAFF_BADGE = 4


_KINDS = frozenset(int(kind) for kind in TokenKind)


@dataclass(frozen=True, slots=True)
class MemberToken:
    """What one code says.

    `subject` is the card, voucher or badge id: an unsigned 64-bit number, never the member's own.
    `issued_at` is aware and holds whole seconds. `life` counts seconds for a phone code and days
    for every other kind, where 0 means no end. `sequence` is the print number of a card, chance
    for a phone code.
    """

    kind: TokenKind
    key_id: int
    programme: int
    subject: int
    issued_at: datetime
    life: int
    sequence: int

    @property
    def expires_at(self) -> datetime | None:
        """The last instant of the code's life, None when it has no end."""
        if self.kind is TokenKind.PHONE:
            return self.issued_at + timedelta(seconds=self.life)
        return self.issued_at + timedelta(days=self.life) if self.life else None


@dataclass(frozen=True, slots=True)
class PublicKeyEntry:
    """One line of the programme's key list, as terminals hold it.

    The key signs codes issued from `not_before` through `not_after` (None: still in use); a code
    lives on after its key has retired. A code issued at or after `revoked_at` is not trusted.
    """

    key_id: int
    public_key: bytes
    not_before: datetime
    not_after: datetime | None
    kinds: frozenset[TokenKind]
    revoked_at: datetime | None = None

    def vouches(self, kind: TokenKind, issued_at: datetime) -> bool:
        """True when a code of this kind, issued at that time, may bear this key's signature."""
        if kind not in self.kinds or issued_at < self.not_before:
            return False
        if self.not_after is not None and issued_at > self.not_after:
            return False
        return self.revoked_at is None or issued_at < self.revoked_at


class Claim(Protocol):
    """What a code of either layout says of who made it, and when."""

    @property
    def key_id(self) -> int:
        """The key that it says it is signed with."""

    @property
    def programme(self) -> int:
        """The programme that it says it belongs to."""

    @property
    def issued_at(self) -> datetime:
        """When it says it was made, aware."""


def key_for(
    claim: Claim, kind: TokenKind, *, programme: int, keys: Mapping[int, PublicKeyEntry]
) -> PublicKeyEntry:
    """Return the key that has to have signed a code of this kind.

    Raises `Refused`: CODE_OTHER_PROGRAMME, CODE_KEY_UNKNOWN.
    """
    if claim.programme != programme:
        raise Refused(Reason.CODE_OTHER_PROGRAMME, programme=claim.programme)
    entry = keys.get(claim.key_id)
    if entry is None or not entry.vouches(kind, claim.issued_at):
        raise Refused(Reason.CODE_KEY_UNKNOWN, key_id=claim.key_id)
    return entry


def sign(token: MemberToken, private_key: Ed25519PrivateKey) -> str:
    """The 202 digits of `token`. Raises `struct.error` when a number does not fit its field."""
    fields = (
        _VERSION << 4 | token.kind,
        token.key_id,
        token.programme,
        token.subject,
        seconds_since_epoch(token.issued_at),
        token.life,
        token.sequence,
    )
    return LAYOUT.sign(fields, private_key)


def read(
    text: str,
    *,
    programme: int,
    keys: Mapping[int, PublicKeyEntry],
    now: datetime,
    skew: timedelta,
) -> MemberToken:
    """The token in `text`, whose last 202 digits count (a web address may stand before them).

    `now` is aware; `skew` is how far two clocks may differ. Raises `Refused`, in this order:
    CODE_INCOMPLETE, CODE_CHECK_FAILED, CODE_VERSION_UNKNOWN, CODE_OTHER_PROGRAMME,
    CODE_KEY_UNKNOWN, CODE_FORGED, CODE_NOT_YET_VALID, CODE_EXPIRED (the last two say by how
    many seconds).
    """
    signed = LAYOUT.from_digits(LAYOUT.digits_of(text))
    token = _unpacked(signed)
    entry = key_for(token, token.kind, programme=programme, keys=keys)
    LAYOUT.check_signature(signed, entry.public_key)
    check_time(token.issued_at, token.expires_at, now, skew)
    return token


def kind_of(digits: str) -> TokenKind:
    """The kind that 202 digits claim, before any signature is looked at.

    Raises `Refused`: CODE_VERSION_UNKNOWN.
    """
    return _unpacked(LAYOUT.from_digits(digits)).kind


def _unpacked(signed: bytes) -> MemberToken:
    first, key_id, programme, subject, issued, life, sequence = LAYOUT.fields_of(signed)
    version, kind = divmod(first, 16)
    if version != _VERSION or kind not in _KINDS:
        raise Refused(Reason.CODE_VERSION_UNKNOWN)
    issued_at = instant_of(issued)
    return MemberToken(TokenKind(kind), key_id, programme, subject, issued_at, life, sequence)
