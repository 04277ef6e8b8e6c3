"""Signed digits: the form that every code of the programme has on paper and on a screen.

A payload of fixed size and an Ed25519 signature of it, written as one decimal number and closed by
two ISO 7064 MOD 97-10 digits, so that a bad reading is told apart from a false code. Digits alone
survive every keyboard layout, Caps Lock and lost Shift. What the payload means is said by
`member_token` (LD1) and `voucher_token` (LD2); each layout signs under a context of its own.
"""

import math
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme import signatures
from sync.programme.refusals import Reason, Refused

_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_SIGNATURE_BYTES = 64
_TRAILING_DIGITS = re.compile(r"[0-9]*\Z")


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout: the fields of its payload, and the bytes that its signatures stand under."""

    payload: struct.Struct
    context: bytes

    @property
    def signed_bytes(self) -> int:
        """How many bytes a code has, its signature among them."""
        return self.payload.size + _SIGNATURE_BYTES

    @property
    def digits(self) -> int:
        """How many digits a code has, its two check digits among them."""
        return math.ceil(8 * self.signed_bytes * math.log10(2)) + 2

    def sign(self, fields: tuple[int, ...], private_key: Ed25519PrivateKey) -> str:
        """The digits of `fields`. Raises `struct.error` when a number does not fit its field."""
        payload = self.payload.pack(*fields)
        return self.to_digits(payload + private_key.sign(self.context + payload))

    def fields_of(self, signed: bytes) -> tuple[int, ...]:
        """The payload's numbers, before any signature is looked at."""
        return self.payload.unpack_from(signed)

    def check_signature(self, signed: bytes, public_key: bytes) -> None:
        """Raises `Refused`: CODE_FORGED when `public_key` did not sign these bytes."""
        payload, signature = signed[: self.payload.size], signed[self.payload.size :]
        if not signatures.holds(public_key, signature, self.context + payload):
            raise Refused(Reason.CODE_FORGED)

    def digits_of(self, text: str) -> str:
        """The digits of a code that close `text` (a web address may stand before them).

        Raises `Refused`: CODE_INCOMPLETE when `text` closes with another count of digits,
        CODE_CHECK_FAILED when ISO 7064 MOD 97-10 does not hold.
        """
        found = _TRAILING_DIGITS.search(text.strip())
        digits = found.group() if found else ""
        if len(digits) != self.digits:
            raise Refused(Reason.CODE_INCOMPLETE, digits=len(digits), expected=self.digits)
        if int(digits) % 97 != 1:
            raise Refused(Reason.CODE_CHECK_FAILED)
        return digits

    def to_digits(self, signed: bytes) -> str:
        """The digits of a code's bytes, check digits included."""
        body = str(int.from_bytes(signed, "big")).zfill(self.digits - 2)
        return f"{body}{98 - int(body + '00') % 97:02d}"

    def from_digits(self, digits: str) -> bytes:
        """The bytes of a code's digits.

        Raises `Refused`: CODE_VERSION_UNKNOWN for a number that so many bytes cannot hold, since
        every code has exactly one spelling.
        """
        number = int(digits[:-2])
        if number >= 1 << 8 * self.signed_bytes:
            raise Refused(Reason.CODE_VERSION_UNKNOWN)
        return number.to_bytes(self.signed_bytes, "big")


def seconds_since_epoch(instant: datetime) -> int:
    """Whole seconds from 2025-01-01 UTC, as a payload holds them."""
    return (instant - _EPOCH) // timedelta(seconds=1)


def instant_of(seconds: int) -> datetime:
    """The aware time that `seconds_since_epoch` made into a number."""
    return _EPOCH + timedelta(seconds=seconds)


def check_time(
    issued_at: datetime, expires_at: datetime | None, now: datetime, skew: timedelta
) -> None:
    """Raises `Refused`: CODE_NOT_YET_VALID, CODE_EXPIRED, each with the seconds missed by.

    `skew` is how far two clocks may differ; a code without an end never expires.
    """
    early = issued_at - now
    if early > skew:
        raise Refused(Reason.CODE_NOT_YET_VALID, seconds=early // timedelta(seconds=1))
    if expires_at is not None and now - expires_at > skew:
        raise Refused(Reason.CODE_EXPIRED, seconds=(now - expires_at) // timedelta(seconds=1))
