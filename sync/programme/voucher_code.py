"""The voucher code: twelve characters a customer can read out, the last one a check.

Guarantees that one wrong character, two swapped neighbours and two swapped with one between are
noticed. The alphabet is Crockford's base 32 (no I, L, O, U); the check is a sum in the field of 32
elements (x⁵+x²+1). Eleven characters are chance: knowing the check opens nothing.
"""

import re

from sync.programme.refusals import Reason, Refused

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BODY_LENGTH = 11
_SHAPE = re.compile(rf"[{ALPHABET}]{{{_BODY_LENGTH + 1}}}")
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def parse_voucher_code(text: str) -> str:
    """The twelve characters of `text`; hyphens, spaces, small letters, I, L and O may be there.

    Raises `Refused`: CODE_INCOMPLETE for another shape, CODE_CHECK_FAILED for a wrong character.
    """
    plain = text.strip().upper().translate(_LOOKALIKES)
    if not _SHAPE.fullmatch(plain):
        raise Refused(Reason.CODE_INCOMPLETE, digits=len(plain), expected=_BODY_LENGTH + 1)
    if check_character(plain[:-1]) != plain[-1]:
        raise Refused(Reason.CODE_CHECK_FAILED)
    return plain


def check_character(body: str) -> str:
    """The character that closes `body`, which is spelt in the alphabet."""
    total = 0
    for character in body:
        total = _doubled(total ^ ALPHABET.index(character))
    return ALPHABET[total]


def formatted(code: str) -> str:
    """The code as it is printed: `XXXX-XXXX-XXXX`."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def _doubled(element: int) -> int:
    return element << 1 ^ (0b100101 if element & 0b10000 else 0)
