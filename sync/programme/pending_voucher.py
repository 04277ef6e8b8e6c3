"""The pending voucher: a reward that could not be handed over now, on paper, to be asked for again.

Its code says whose it is and which reward, and no more: it proves nothing, it takes no points, and
everything is checked anew when it is brought back. So it is not signed. Guarantees that one wrong
character is noticed, and that the code fits the smallest QR a till prints (version 2: 38 capitals
and digits at level M, ISO/IEC 18004).
"""

import re
from dataclasses import dataclass
from datetime import date

from sync.programme.refusals import Reason, Refused
from sync.programme.voucher_code import ALPHABET, check_character

PREFIX = "LDP-"
# Programme, member, reward, last day (the proleptic ordinal), in characters of five bits.
_BITS = (16, 63, 32, 22)
_LENGTHS = tuple(-(-bits // 5) for bits in _BITS)
_BODY_LENGTH = sum(_LENGTHS)
_SHAPE = re.compile(rf"{PREFIX}([{ALPHABET}]{{{_BODY_LENGTH}}})([{ALPHABET}])")


@dataclass(frozen=True, slots=True)
class PendingVoucher:
    """A member's wish for a reward, good until the end of the day `until`."""

    programme: int
    member: int
    reward: int
    until: date


def code_of(voucher: PendingVoucher) -> str:
    """Return the text of the QR, 34 capitals, digits and a hyphen."""
    numbers = (voucher.programme, voucher.member, voucher.reward, voucher.until.toordinal())
    body = "".join(map(_spelt, numbers, _LENGTHS))
    return f"{PREFIX}{body}{check_character(body)}"


def read(text: str) -> PendingVoucher:
    """Return what a code says. Raises Refused: CODE_UNKNOWN (another shape), CODE_CHECK_FAILED."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise Refused(Reason.CODE_UNKNOWN)
    body, check = found.groups()
    if check_character(body) != check:
        raise Refused(Reason.CODE_CHECK_FAILED)
    numbers, at = [], 0
    for length in _LENGTHS:
        numbers.append(_number(body[at : at + length]))
        at += length
    programme, member, reward, day = numbers
    fits = all(number >> bits == 0 for number, bits in zip(numbers, _BITS, strict=True))
    if not fits or not 1 <= day <= date.max.toordinal():
        raise Refused(Reason.CODE_CHECK_FAILED)
    return PendingVoucher(programme, member, reward, date.fromordinal(day))


def _spelt(number: int, length: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))


def _number(spelt: str) -> int:
    number = 0
    for character in spelt:
        number = number << 5 | ALPHABET.index(character)
    return number
