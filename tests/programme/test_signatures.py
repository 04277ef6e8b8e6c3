"""Signatures: what a key has signed, by RFC 8032, and nothing else."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync.programme import signatures

# RFC 8032, section 7.1, test 3.
KEY = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
SIGNED = bytes.fromhex("af82")
SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)


def test_the_standards_own_signature_holds():
    assert signatures.holds(KEY, SIGNATURE, SIGNED)


@given(secret=st.binary(min_size=32, max_size=32), signed=st.binary(max_size=300))
def test_what_a_key_signed_holds_for_its_public_key_alone(secret, signed):
    key = Ed25519PrivateKey.from_private_bytes(secret)
    signature, public = key.sign(signed), key.public_key().public_bytes_raw()

    assert signatures.holds(public, signature, signed)
    assert not signatures.holds(KEY, signature, signed)
    assert not signatures.holds(public, signature, signed + b"\0")


@given(bit=st.integers(0, 511))
def test_one_bit_of_a_signature_changed_is_no_signature(bit):
    changed = bytearray(SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8

    assert not signatures.holds(KEY, bytes(changed), SIGNED)


@pytest.mark.parametrize("key", [b"", KEY[:31], KEY + b"\0", bytes(32), b"\xff" * 32])
def test_what_is_no_key_has_signed_nothing(key):
    assert not signatures.holds(key, SIGNATURE, SIGNED)


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:63], SIGNATURE + b"\0", bytes(64)])
def test_what_is_no_signature_holds_for_nothing(signature):
    assert not signatures.holds(KEY, signature, SIGNED)


def test_a_key_of_small_order_would_sign_everything_and_has_signed_nothing():
    neutral = b"\x01" + bytes(31)

    assert not signatures.holds(neutral, neutral + bytes(32), SIGNED)
