"""Signatures: whether an Ed25519 key (RFC 8032) signed some bytes. Nothing else checks one.

It is libsodium that checks, in half of the time that OpenSSL needs: on both sides, that is the
greatest single cost of a request. A key of small order, with which one signature fits any bytes,
has signed nothing.
"""

from functools import lru_cache

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey


def holds(public_key: bytes, signature: bytes, signed: bytes) -> bool:
    """Say whether the owner of `public_key` (32 bytes) signed these bytes.

    Whatever is no key or no signature (64 bytes) has not signed anything.
    """
    try:
        _key(public_key).verify(signed, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


@lru_cache(maxsize=1024)
def _key(public_key: bytes) -> VerifyKey:
    return VerifyKey(public_key)
