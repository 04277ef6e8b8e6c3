"""The member code LD1: 83 signed bytes written as 202 decimal digits.

What a card, a member's phone, a voucher or a staff badge shows as a QR code. Digits alone survive
every keyboard layout, Caps Lock and lost Shift, and fill a numeric QR of version 5-M. The one thing
guaranteed here: `read` returns a token only when its signature by a key of this programme holds and
its time has come and not passed. Whether the card was lost or used before is asked elsewhere.

Layout (big-endian): version and kind 1 byte, key id 1, programme 2, subject 8, issued-at 4 (seconds
since 2025-01-01 UTC), life 2, sequence 1, Ed25519 signature 64. Two ISO 7064 MOD 97-10 digits close
the text, so a bad reading is told apart from a false code.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, unique

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.programme.refusals import Reason, Refused

TOKEN_DIGITS = 202
_BODY_DIGITS = 200
_VERSION = 1
_SIGNING_CONTEXT = b"loyalty-desk/token/1\0"
_PAYLOAD = struct.Struct(">BBHQIHB")
_TOKEN_BYTES = _PAYLOAD.size + 64
_TOO_LARGE = 1 << (8 * _TOKEN_BYTES)
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_TRAILING_DIGITS = re.compile(r"[0-9]*\Z")


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

    def vouches_for(self, token: MemberToken) -> bool:
        """True when a code of this kind, issued at that time, may bear this key's signature."""
        return self.vouches(token.kind, token.issued_at)

    def vouches(self, kind: TokenKind, issued_at: datetime) -> bool:
        """Like `vouches_for`, for what a code says of itself."""
        if kind not in self.kinds or issued_at < self.not_before:
            return False
        if self.not_after is not None and issued_at > self.not_after:
            return False
        return self.revoked_at is None or issued_at < self.revoked_at


def sign(token: MemberToken, private_key: Ed25519PrivateKey) -> str:
    """The 202 digits of `token`. Raises `struct.error` when a number does not fit its field."""
    payload = _PAYLOAD.pack(
        _VERSION << 4 | token.kind,
        token.key_id,
        token.programme,
        token.subject,
        (token.issued_at - _EPOCH) // timedelta(seconds=1),
        token.life,
        token.sequence,
    )
    return to_digits(payload + private_key.sign(_SIGNING_CONTEXT + payload))


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
    signed = from_digits(digits_of(text))
    token = _unpacked(signed)
    if token.programme != programme:
        raise Refused(Reason.CODE_OTHER_PROGRAMME, programme=token.programme)
    entry = keys.get(token.key_id)
    if entry is None or not entry.vouches_for(token):
        raise Refused(Reason.CODE_KEY_UNKNOWN, key_id=token.key_id)
    _check_signature(signed, entry.public_key)
    _check_time(token, now, skew)
    return token


def digits_of(text: str) -> str:
    """The 202 digits that close `text`.

    Raises `Refused`: CODE_INCOMPLETE when `text` closes with another count of digits,
    CODE_CHECK_FAILED when ISO 7064 MOD 97-10 does not hold.
    """
    found = _TRAILING_DIGITS.search(text.strip())
    digits = found.group() if found else ""
    if len(digits) != TOKEN_DIGITS:
        raise Refused(Reason.CODE_INCOMPLETE, digits=len(digits), expected=TOKEN_DIGITS)
    if int(digits) % 97 != 1:
        raise Refused(Reason.CODE_CHECK_FAILED)
    return digits


def kind_of(digits: str) -> TokenKind:
    """The kind that 202 digits claim, before any signature is looked at.

    Raises `Refused`: CODE_VERSION_UNKNOWN.
    """
    return _unpacked(from_digits(digits)).kind


def to_digits(signed: bytes) -> str:
    """The text of 83 bytes: 200 digits and two check digits."""
    body = str(int.from_bytes(signed, "big")).zfill(_BODY_DIGITS)
    return f"{body}{98 - int(body + '00') % 97:02d}"


def from_digits(digits: str) -> bytes:
    """The 83 bytes of 202 digits.

    Raises `Refused`: CODE_VERSION_UNKNOWN for a number that 83 bytes cannot hold, since every
    token has exactly one spelling.
    """
    number = int(digits[:_BODY_DIGITS])
    if number >= _TOO_LARGE:
        raise Refused(Reason.CODE_VERSION_UNKNOWN)
    return number.to_bytes(_TOKEN_BYTES, "big")


def _unpacked(signed: bytes) -> MemberToken:
    fields: tuple[int, ...] = _PAYLOAD.unpack_from(signed)
    first, key_id, programme, subject, issued, life, sequence = fields
    version, kind = divmod(first, 16)
    if version != _VERSION or kind not in _KINDS:
        raise Refused(Reason.CODE_VERSION_UNKNOWN)
    issued_at = _EPOCH + timedelta(seconds=issued)
    return MemberToken(TokenKind(kind), key_id, programme, subject, issued_at, life, sequence)


def _check_signature(signed: bytes, public_key: bytes) -> None:
    payload, signature = signed[: _PAYLOAD.size], signed[_PAYLOAD.size :]
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _SIGNING_CONTEXT + payload)
    except InvalidSignature:
        raise Refused(Reason.CODE_FORGED) from None


def _check_time(token: MemberToken, now: datetime, skew: timedelta) -> None:
    early = token.issued_at - now
    if early > skew:
        raise Refused(Reason.CODE_NOT_YET_VALID, seconds=early // timedelta(seconds=1))
    end = token.expires_at
    if end is not None and now - end > skew:
        raise Refused(Reason.CODE_EXPIRED, seconds=(now - end) // timedelta(seconds=1))
