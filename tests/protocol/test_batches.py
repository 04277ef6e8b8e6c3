"""Bytes that are no batch, and signatures that are spelt otherwise: refused first of all."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme.refusals import Reason, Refused
from sync.protocol import chain, signing

KEY = Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32)
PUBLIC_KEY = KEY.public_key().public_bytes_raw()


def batch_that_names(count, bodies):
    """A batch whose header says that so many events follow."""
    raw = (1).to_bytes(8, "big") + count.to_bytes(4, "big") + bytes(32 + 32 + 64)
    return b"\n".join((base64.urlsafe_b64encode(raw).rstrip(b"="), *bodies))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"?", Reason.BATCH_UNREADABLE, id="no-header"),
        pytest.param(b"AAAA", Reason.BATCH_UNREADABLE, id="a-short-header"),
        pytest.param(batch_that_names(2, [b"{}"]), Reason.BATCH_UNREADABLE, id="half-of-it"),
        pytest.param(
            batch_that_names(501, [b"{}"] * 501), Reason.BATCH_TOO_LARGE, id="too-many-events"
        ),
    ],
)
def test_what_is_no_batch_is_not_opened(body, reason):
    with pytest.raises(Refused) as refused:
        chain.open_batch(body)

    assert refused.value.reason is reason


def test_a_signature_has_exactly_one_spelling():
    part = b"what was acknowledged"
    signature = signing.sign_ack(KEY, part)
    # 86 letters hold 516 bits, of which 512 count: the last letter is one of A, Q, g and w.
    other = signature[:-1] + chr(ord(signature[-1]) + 1)

    signing.check_ack(PUBLIC_KEY, signature=signature, part=part)
    with pytest.raises(Refused) as refused:
        signing.check_ack(PUBLIC_KEY, signature=other, part=part)

    assert refused.value.reason is Reason.SIGNATURE_INVALID
