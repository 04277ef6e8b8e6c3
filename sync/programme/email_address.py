"""E-mail addresses, as people type them.

Guarantees that what is given back can stand in the header of a letter: one address in ASCII, no
name beside it, no quoting, no comment, within the lengths of RFC 5321. Whether anybody reads there
is another matter.
"""

import re

_TOTAL_MAX, _LOCAL_MAX = 254, 64
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9])")


def parse_email(text: str) -> str:
    """The address typed as `text`, in lower case; "" for what is none."""
    plain = text.strip()
    found = _ADDRESS.fullmatch(plain) if len(plain) <= _TOTAL_MAX else None
    if found is None or len(found[1]) > _LOCAL_MAX:
        return ""
    return plain.lower()


def masked(address: str) -> str:
    """The address as screens show it: `m••••@example.com`, "" for none."""
    return f"{address[:1]}••••{address[address.index('@') :]}" if address else ""
