"""The access key: 44 characters that name one fiscal receipt of Brazil.

Guarantees that an `AccessKey` has a state in the table, a month, a model this programme reads and
a check digit that agrees. It proves that a receipt could exist, never that it does.

Layout of NF-e and NFC-e (models 55 and 65, Manual de Orientação do Contribuinte 7.0; letters in
the CNPJ since NT 2025.001): state 2, year and month 4, CNPJ 14, model 2, series 3, number 9,
emission type 1, random 8, check 1. Of SAT (model 59): series is the device, 9; number 6; random 6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sync.programme.refusals import Reason, Refused

SAT_MODEL = "59"
MODELS = frozenset({"55", SAT_MODEL, "65"})
OFFLINE_EMISSION = 9

# The codes of the states (IBGE), by region.
_STATES = frozenset(
    str(code)
    for region in (range(11, 18), range(21, 30), (31, 32, 33, 35), (41, 42, 43), range(50, 54))
    for code in region
)
_SHAPE = re.compile(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}")
# Letters may stand before a key ("NFe3526…"), a digit may not: it would be part of the number.
# Papers print the key in blocks of four.
_PLAIN = re.compile(r"(?<![0-9])[0-9]{6}[0-9A-Z]{12}[0-9]{26}(?![0-9A-Z])")
_IN_BLOCKS = re.compile(r"(?<![0-9])[0-9]{4}(?: [0-9A-Z]{4}){10}(?![0-9A-Z])")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A checked key, capitals and digits only. Made by `parse_access_key` and `find_access_key`."""

    text: str

    @property
    def state(self) -> str:
        """The two digits of the state (IBGE), `35` for São Paulo."""
        return self.text[:2]

    @property
    def year(self) -> int:
        """The year of issue, from 2000 to 2099."""
        return 2000 + int(self.text[2:4])

    @property
    def month(self) -> int:
        """The month of issue, 1 to 12."""
        return int(self.text[4:6])

    @property
    def cnpj(self) -> str:
        """The issuer, 14 characters; three zeros and a CPF when a person issued the receipt."""
        return self.text[6:20]

    @property
    def model(self) -> str:
        """`65` consumer receipt, `55` invoice, `59` SAT."""
        return self.text[20:22]

    @property
    def series(self) -> int:
        """The series; the number of the device for SAT."""
        return int(self.text[22:31] if self.model == SAT_MODEL else self.text[22:25])

    @property
    def number(self) -> int:
        """The number of the receipt within its series."""
        return int(self.text[31:37] if self.model == SAT_MODEL else self.text[25:34])

    @property
    def emission(self) -> int | None:
        """How it was issued: 1 on-line, 9 off-line; None for SAT, whose key does not say."""
        return None if self.model == SAT_MODEL else int(self.text[34])


def parse_access_key(text: str) -> AccessKey:
    """The key typed as `text`, in blocks or not.

    Raises `Refused`: RECEIPT_KEY_INVALID, RECEIPT_CHECK_FAILED, RECEIPT_MODEL_UNSUPPORTED.
    """
    plain = "".join(text.split()).upper()
    if not _SHAPE.fullmatch(plain) or not _is_plausible(plain):
        raise Refused(Reason.RECEIPT_KEY_INVALID)
    if plain[43] != check_digit(plain[:43]):
        raise Refused(Reason.RECEIPT_CHECK_FAILED)
    key = AccessKey(plain)
    if key.model not in MODELS:
        raise Refused(Reason.RECEIPT_MODEL_UNSUPPORTED, model=key.model)
    return key


def find_access_key(text: str) -> AccessKey | None:
    """The first key of a readable model anywhere in `text`; capitals or not, in blocks or not."""
    for plain in _candidates(text.upper()):
        right = plain[43] == check_digit(plain[:43])
        if right and plain[20:22] in MODELS and _is_plausible(plain):
            return AccessKey(plain)
    return None


def looks_misread(text: str) -> bool:
    """True when `text` holds all a key has except the right check digit."""
    return any(
        plain[20:22] in MODELS and _is_plausible(plain) and plain[43] != check_digit(plain[:43])
        for plain in _candidates(text.upper())
    )


def check_digit(body: str) -> str:
    """The last digit for the 43 characters before it: modulus 11, weights 2 to 9 from the right."""
    total = sum((ord(c) - 48) * (2 + i % 8) for i, c in enumerate(reversed(body)))
    remainder = total % 11
    return "0" if remainder < 2 else str(11 - remainder)


def _is_plausible(plain: str) -> bool:
    return plain[:2] in _STATES and "01" <= plain[4:6] <= "12"


def _candidates(text: str) -> Iterator[str]:
    for found in _PLAIN.finditer(text):
        yield found.group()
    for found in _IN_BLOCKS.finditer(text):
        plain = found.group().replace(" ", "")
        if _SHAPE.fullmatch(plain):
            yield plain
