"""Keyed hashes of CPF and phone: how a terminal finds a member by a number it does not keep.

HMAC-SHA-256 over kind, NUL and digits, cut to 63 bits: a whole number on the wire, 8 bytes on disk.
The terminals' key is not the server's, so a terminal's cache tells nothing about another copy.
"""

import hashlib
import hmac
from typing import Literal


def identifier_hash(key: bytes, kind: Literal["cpf", "phone"], digits: str) -> int:
    """Return the 63-bit keyed hash of a CPF or a national phone (digits only), 0 for none."""
    if not digits:
        return 0
    mac = hmac.new(key, f"{kind}\0{digits}".encode(), hashlib.sha256).digest()
    return int.from_bytes(mac[:8], "big") >> 1 or 1
