"""PINs: the one derivation that server and terminal share (argon2id, RFC 9106).

The server keeps the result sealed and sends it to the terminals of a person's store; a terminal
keeps only a keyed hash of it.
"""

_TIME, _MEMORY_KIB, _LANES, _BYTES = 3, 19_456, 1, 32


def derive(pin: str, salt: bytes) -> bytes:
    """Return the 32-byte argon2id of a PIN with its salt (at least 8 bytes)."""
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        pin.encode(),
        salt,
        time_cost=_TIME,
        memory_cost=_MEMORY_KIB,
        parallelism=_LANES,
        hash_len=_BYTES,
        type=Type.ID,
    )
