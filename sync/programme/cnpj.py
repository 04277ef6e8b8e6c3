"""CNPJ, the taxpayer number of a company in Brazil, with letters since July 2026.

Guarantees that a `Cnpj` holds twelve digits or capital letters and two check digits that agree
(Instrução Normativa RFB 2.229/2024). The arithmetic is python-stdnum's. Letters are part of the
number: nothing here may be reduced to its digits.
"""

import re
from dataclasses import dataclass

from sync.programme.refusals import Reason, Refused

_SEPARATORS = str.maketrans("", "", " .-/")
_SHAPE = re.compile(r"[0-9A-Z]{12}[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Cnpj:
    """A checked CNPJ: fourteen characters without separators. Made by `parse_cnpj`."""

    text: str


def parse_cnpj(text: str) -> Cnpj:
    """The CNPJ typed as `text`, with or without its separators. Raises `Refused`: CNPJ_INVALID."""
    plain = text.strip().translate(_SEPARATORS).upper()
    if not _SHAPE.fullmatch(plain) or len(set(plain)) == 1 or not _checks(plain):
        raise Refused(Reason.CNPJ_INVALID)
    return Cnpj(plain)


def _checks(plain: str) -> bool:
    # Loaded on first use: it brings ssl and pydoc along, which a starting desk can do without.
    from stdnum.br.cnpj import is_valid

    return is_valid(plain)


def formatted(cnpj: Cnpj) -> str:
    """The number as papers show it: `12.ABC.345/01DE-35`."""
    text = cnpj.text
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
