"""The voucher code LD2: 103 signed bytes written as 251 decimal digits.

What a member's page shows for a reward that is reserved in one shop. Everything a till needs to
hand it over without a network is in it: the member, the shop, the reward and the points that the
server has set aside. The one thing guaranteed here: `read` returns a voucher only when its
signature by a voucher key of this programme holds and its time has come and not passed. Whether it
is this shop's, or was used before, is asked elsewhere.

Layout (big-endian): version and kind 1 byte, key id 1, programme 2, voucher id 8, issued-at 4
(seconds since 2025-01-01 UTC), life 2 (minutes), flags 1, member 8, store 4, reward 4, points 4,
Ed25519 signature 64. Two ISO 7064 MOD 97-10 digits close the text. Digits fill a numeric QR of
version 6-M.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme.member_token import PublicKeyEntry, TokenKind, key_for
from sync.programme.refusals import Reason, Refused
from sync.programme.signed_digits import Layout, check_time, instant_of, seconds_since_epoch

LAYOUT = Layout(struct.Struct(">BBHQIHBQIII"), b"loyalty-desk/token/2\0")
_VERSION_AND_KIND = 0x25

REFERENCE_LENGTH = 6
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherToken:
    """What one voucher says.

    `voucher` is an unsigned 64-bit number of chance: the same however often the code is renewed.
    `issued_at` is aware and holds whole seconds, `minutes` is how long from then the code is good.
    No flag has a meaning yet; a reader passes over those it does not know.
    """

    key_id: int
    programme: int
    voucher: int
    issued_at: datetime
    minutes: int
    flags: int = 0
    member: int
    store: int
    reward: int
    points: int

    @property
    def expires_at(self) -> datetime:
        """The last instant of the code's life."""
        return self.issued_at + timedelta(minutes=self.minutes)


def sign(token: VoucherToken, private_key: Ed25519PrivateKey) -> str:
    """The 251 digits of `token`. Raises `struct.error` when a number does not fit its field."""
    fields = (
        _VERSION_AND_KIND,
        token.key_id,
        token.programme,
        token.voucher,
        seconds_since_epoch(token.issued_at),
        token.minutes,
        token.flags,
        token.member,
        token.store,
        token.reward,
        token.points,
    )
    return LAYOUT.sign(fields, private_key)


def read(
    text: str,
    *,
    programme: int,
    keys: Mapping[int, PublicKeyEntry],
    now: datetime,
    skew: timedelta,
) -> VoucherToken:
    """The voucher in `text`, whose last 251 digits count (a web address may stand before them).

    `now` is aware; `skew` is how far two clocks may differ. A key that signs vouchers
    (`TokenKind.VOUCHER`) signs these too. Raises `Refused`, in this order: CODE_INCOMPLETE,
    CODE_CHECK_FAILED, CODE_VERSION_UNKNOWN, CODE_OTHER_PROGRAMME, CODE_KEY_UNKNOWN, CODE_FORGED,
    CODE_NOT_YET_VALID, CODE_EXPIRED (the last two say by how many seconds).
    """
    signed = LAYOUT.from_digits(LAYOUT.digits_of(text))
    token = _unpacked(signed)
    entry = key_for(token, TokenKind.VOUCHER, programme=programme, keys=keys)
    LAYOUT.check_signature(signed, entry.public_key)
    check_time(token.issued_at, token.expires_at, now, skew)
    return token


def reference(voucher: int) -> str:
    """What people say of a voucher: six characters, `7K4Q X2`. It opens nothing."""
    spelt = "".join(
        _ALPHABET[voucher >> 5 * place & 31] for place in reversed(range(REFERENCE_LENGTH))
    )
    return f"{spelt[:4]} {spelt[4:]}"


def _unpacked(signed: bytes) -> VoucherToken:
    fields = LAYOUT.fields_of(signed)
    first, key_id, programme, voucher, issued, minutes, flags, member, store, reward, points = (
        fields
    )
    if first != _VERSION_AND_KIND:
        raise Refused(Reason.CODE_VERSION_UNKNOWN)
    return VoucherToken(
        key_id=key_id,
        programme=programme,
        voucher=voucher,
        issued_at=instant_of(issued),
        minutes=minutes,
        flags=flags,
        member=member,
        store=store,
        reward=reward,
        points=points,
    )
