"""CPF, the taxpayer number of a person in Brazil.

Guarantees that a `Cpf` holds eleven digits whose check digits agree. The arithmetic is
python-stdnum's; numbers of one repeated digit, which pass it, are refused here as the tax office
refuses them.
"""

import re
from dataclasses import dataclass

from sync.programme.refusals import Reason, Refused

_SEPARATORS = str.maketrans("", "", " .-/")
_DIGITS = re.compile(r"[0-9]{11}")


@dataclass(frozen=True, slots=True)
class Cpf:
    """A checked CPF: eleven digits without separators. Made by `parse_cpf`."""

    digits: str


def parse_cpf(text: str) -> Cpf:
    """The CPF typed as `text`, with or without its separators. Raises `Refused`: CPF_INVALID."""
    digits = text.strip().translate(_SEPARATORS)
    if not _DIGITS.fullmatch(digits) or len(set(digits)) == 1 or not _checks(digits):
        raise Refused(Reason.CPF_INVALID)
    return Cpf(digits)


def _checks(digits: str) -> bool:
    # Loaded on first use: it brings ssl and pydoc along, which a starting desk can do without.
    from stdnum.br.cpf import is_valid

    return is_valid(digits)


def formatted(cpf: Cpf) -> str:
    """The number as people write it: `529.982.247-25`."""
    digits = cpf.digits
    return f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"


def masked(cpf: Cpf) -> str:
    """The number as screens show it: three digits of eleven, `•••.447-••`."""
    return f"•••.{cpf.digits[6:9]}-••"
