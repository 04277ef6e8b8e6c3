"""Signatures: whether an Ed25519 key (RFC 8032) signed some bytes. Every check there is is here.

It is libsodium that checks: that takes half of what OpenSSL needs, on both sides of every request
the greatest single cost. It also takes no key and no signature of small order for good.
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
