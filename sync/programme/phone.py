"""Telephone numbers of Brazil, as a customer dictates them.

Guarantees that a `Phone` holds a two-digit area code in use and either a mobile number (nine
digits, the first a 9) or a landline (eight digits, the first 2 to 5), as in the numbering plan of
ANATEL (Resolução 749/2022). Whether anybody answers is another matter.
"""

import re
from dataclasses import dataclass

from sync.programme.refusals import Reason, Refused

_SEPARATORS = str.maketrans("", "", " ().-/\u00a0")
_AREA = "(?:[14689][1-9]|2[12478]|3[1-578]|5[1345]|7[134579])"
_NATIONAL = re.compile(rf"(?:\+55|0055|55|0)?({_AREA})(9[0-9]{{8}}|[2-5][0-9]{{7}})")


@dataclass(frozen=True, slots=True)
class Phone:
    """A checked number: area code and subscriber, `11982144417`. Made by `parse_phone`."""

    national: str

    @property
    def is_mobile(self) -> bool:
        """True when messages can reach it."""
        return len(self.national) == 11


def parse_phone(text: str) -> Phone:
    """The number typed as `text`; +55, 0, spaces and brackets may be there.

    Raises `Refused`: PHONE_INVALID.
    """
    found = _NATIONAL.fullmatch(text.strip().translate(_SEPARATORS))
    if found is None:
        raise Refused(Reason.PHONE_INVALID)
    return Phone(found[1] + found[2])


def formatted(phone: Phone) -> str:
    """The number as people write it: `(11) 98214-4417`."""
    return f"({phone.national[:2]}) {phone.national[2:-4]}-{phone.national[-4:]}"


def masked(phone: Phone) -> str:
    """The number as screens show it: `(11) 9••••-4417`, a landline `(11) ••••-4417`."""
    first = "9" if phone.is_mobile else ""
    return f"({phone.national[:2]}) {first}••••-{phone.national[-4:]}"
