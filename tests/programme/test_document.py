"""One document, one byte form, one hash, one signature; and which one is in force."""

import random

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.document import (
    Category,
    Document,
    Earning,
    Limits,
    Mission,
    Permission,
    Purpose,
    Reward,
    Store,
    Tier,
    TokenKey,
    canonical,
    document_hash,
    in_force,
    open_document,
    signed_part,
)
from sync.programme.refusals import Reason, Refused
from tests.builders import a_document

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()

BODY = canonical(a_document())
SIGNATURE = KEY.sign(signed_part(BODY))


@st.composite
def documents(draw):
    """The demo's document with any one of its tables, or its earning, filled with anything."""
    field, part = draw(
        st.sampled_from(
            [
                ("categories", Category),
                ("tiers", Tier),
                ("rewards", Reward),
                ("stores", Store),
                ("missions", Mission),
                ("permissions", Permission),
                ("purposes", Purpose),
                ("token_keys", TokenKey),
                ("earning", Earning),
                ("limits", Limits),
            ]
        )
    )
    value = draw(st.from_type(part))
    single = field in ("earning", "limits")
    return a_document(name=draw(st.text()), **{field: value if single else (value,)})


def test_a_signed_document_opens_as_it_was_published():
    assert open_document(BODY, SIGNATURE, PUBLIC) == a_document()


def test_the_byte_form_has_sorted_keys_and_no_spaces():
    assert BODY.startswith(b'{"categories":[{"codes":["CAFE"],"eans":[')
    assert b": " not in BODY


def test_two_documents_that_differ_in_one_fact_have_two_hashes():
    other = canonical(a_document(version=2))

    assert len(document_hash(BODY)) == 32
    assert document_hash(BODY) != document_hash(other)


@given(document=documents())
def test_a_document_read_from_its_bytes_is_the_same_and_gives_the_same_bytes(document):
    body = canonical(document)
    read = msgspec.json.decode(body, type=Document)

    assert read == document
    assert canonical(read) == body


@pytest.mark.parametrize(
    ("body", "signature", "key"),
    [
        pytest.param(BODY, OTHER_KEY.sign(signed_part(BODY)), PUBLIC, id="signed-by-another-key"),
        pytest.param(BODY.replace(b"2", b"9"), SIGNATURE, PUBLIC, id="changed-after-signing"),
        pytest.param(BODY + b" ", SIGNATURE, PUBLIC, id="a-space-added"),
        pytest.param(BODY, KEY.sign(document_hash(BODY)), PUBLIC, id="signed-for-another-purpose"),
        pytest.param(BODY, SIGNATURE[:-1], PUBLIC, id="signature-cut"),
        pytest.param(BODY, b"", PUBLIC, id="no-signature"),
        pytest.param(BODY, SIGNATURE, PUBLIC[:-1], id="no-key"),
        pytest.param(b"{}", KEY.sign(signed_part(b"{}")), PUBLIC, id="signed-but-no-document"),
        pytest.param(b"\xff", KEY.sign(signed_part(b"\xff")), PUBLIC, id="signed-but-no-text"),
    ],
)
def test_what_the_configuration_key_did_not_sign_is_no_document(body, signature, key):
    with pytest.raises(Refused) as refused:
        open_document(body, signature, key)

    assert refused.value.reason is Reason.DOCUMENT_FORGED


@given(bit=st.integers(0, 64 * 8 - 1), at=st.integers(0, len(BODY) * 8 - 1), in_body=st.booleans())
def test_no_single_bit_of_body_or_signature_can_be_turned(bit, at, in_body):
    body, signature = bytearray(BODY), bytearray(SIGNATURE)
    target, place = (body, at) if in_body else (signature, bit)
    target[place // 8] ^= 1 << place % 8

    with pytest.raises(Refused):
        open_document(bytes(body), bytes(signature), PUBLIC)


MARCH = a_document(version=1, valid_from=100)
APRIL = a_document(version=2, valid_from=200)
APRIL_CORRECTED = a_document(version=3, valid_from=200)
MAY = a_document(version=4, valid_from=300)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(100, MARCH, id="from-its-first-instant"),
        pytest.param(199, MARCH, id="to-the-last-before-the-next"),
        pytest.param(200, APRIL_CORRECTED, id="of-two-of-one-time-the-higher-version"),
        pytest.param(299, APRIL_CORRECTED, id="sent-ahead-is-not-in-force"),
        pytest.param(10**15, MAY, id="the-newest-for-ever"),
    ],
)
def test_the_newest_document_that_has_begun_is_in_force(at, expected):
    assert in_force((MAY, APRIL_CORRECTED, MARCH, APRIL), at) == expected


@pytest.mark.parametrize(
    ("held", "at"),
    [pytest.param((), 100, id="none-held"), pytest.param((MARCH,), 99, id="none-begun")],
)
def test_without_a_document_in_force_nothing_is_decided(held, at):
    with pytest.raises(Refused) as refused:
        in_force(held, at)

    assert refused.value.reason is Reason.RULES_UNKNOWN


@given(
    begins=st.lists(st.integers(0, 50), min_size=1, max_size=8),
    at=st.integers(0, 60),
    seed=st.integers(0, 99),
)
def test_the_order_in_which_documents_are_held_means_nothing(begins, at, seed):
    held = tuple(
        a_document(version=version, valid_from=start) for version, start in enumerate(begins, 1)
    )
    shuffled = tuple(random.Random(seed).sample(held, len(held)))

    if min(begins) > at:
        with pytest.raises(Refused):
            in_force(shuffled, at)
    else:
        assert in_force(shuffled, at) == in_force(held, at)
