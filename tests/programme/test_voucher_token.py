"""The voucher code LD2: signing, reading, and every way of refusing one."""

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import qrcode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.programme import member_token
from sync.programme.member_token import PublicKeyEntry, TokenKind
from sync.programme.refusals import Reason, Refused
from sync.programme.voucher_token import (
    LAYOUT,
    VoucherToken,
    read,
    reference,
    sign,
)

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "voucher_tokens.json").read_text())
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["seed"]))
ISSUED = datetime.fromtimestamp(1_795_226_460, UTC)
ENTRY = PublicKeyEntry(
    key_id=3,
    public_key=KEY.public_key().public_bytes_raw(),
    not_before=datetime(2025, 1, 1, tzinfo=UTC),
    not_after=None,
    kinds=frozenset({TokenKind.VOUCHER}),
)
VOUCHER = VoucherToken(
    key_id=3,
    programme=4711,
    voucher=0x9B41_5C6D_7E8F_9012,
    issued_at=ISSUED,
    minutes=10,
    member=123_456_789,
    store=1,
    reward=5,
    points=900,
)


def read_at(
    text: str, now: datetime = ISSUED, entry: PublicKeyEntry = ENTRY, programme: int = 4711
) -> VoucherToken:
    keys = {entry.key_id: entry}
    return read(text, programme=programme, keys=keys, now=now, skew=timedelta(seconds=60))


def reason_for(
    text: str, now: datetime = ISSUED, entry: PublicKeyEntry = ENTRY, programme: int = 4711
) -> Reason:
    with pytest.raises(Refused) as refusal:
        read_at(text, now, entry, programme)
    return refusal.value.reason


def forged(payload: bytes) -> str:
    """Well-formed digits over a payload that `sign` would never make."""
    return LAYOUT.to_digits(payload + KEY.sign(b"loyalty-desk/token/2\0" + payload))


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["vectors"] if "says" in v], ids=lambda v: v["name"]
)
def test_a_known_voucher_reads_and_signs_to_the_same_digits(vector) -> None:
    says = dict(vector["says"])
    says["issued_at"] = datetime.fromtimestamp(says["issued_at"], UTC)
    token = VoucherToken(**says)
    assert read_at(vector["digits"], token.issued_at) == token
    assert sign(token, KEY) == vector["digits"]
    assert LAYOUT.from_digits(vector["digits"])[:39].hex() == vector["payload"]


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["vectors"] if "refused" in v], ids=lambda v: v["name"]
)
def test_a_known_bad_voucher_is_refused_for_its_reason(vector) -> None:
    assert reason_for(vector["digits"]) == vector["refused"]


def test_the_payload_is_39_bytes_in_network_order() -> None:
    """Each field at its place, spelt out byte by byte."""
    token = replace(
        VOUCHER,
        voucher=0x0102030405060708,
        minutes=0x0A0B,
        flags=0x0C,
        member=0x1112131415161718,
        store=0x21222324,
        reward=0x31323334,
        points=0x41424344,
    )
    issued = int((ISSUED - datetime(2025, 1, 1, tzinfo=UTC)).total_seconds())
    assert LAYOUT.from_digits(sign(token, KEY))[:39] == bytes.fromhex(
        "25 03 1267 0102030405060708"
        f"{issued:08x} 0a0b 0c 1112131415161718 21222324 31323334 41424344"
    )


def test_a_voucher_fits_a_numeric_code_of_version_6() -> None:
    symbol = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    symbol.add_data(sign(VOUCHER, KEY))
    symbol.make()
    assert symbol.version == 6


@pytest.mark.parametrize("prefix", ["HTTPS://F.LOJA.BR/", "httpsÇ;;f.loja.br;"])
def test_a_web_address_may_stand_before_the_digits(prefix: str) -> None:
    assert read_at(f" {prefix}{sign(VOUCHER, KEY)}\r\n") == VOUCHER


def test_a_digit_too_many_is_an_incomplete_reading() -> None:
    with pytest.raises(Refused) as refusal:
        read_at("1" + sign(VOUCHER, KEY))
    assert refusal.value.reason is Reason.CODE_INCOMPLETE
    assert refusal.value.facts == {"digits": 252, "expected": 251}


def test_a_text_that_ends_in_no_digit_is_an_incomplete_reading() -> None:
    assert reason_for(sign(VOUCHER, KEY) + "x") is Reason.CODE_INCOMPLETE
    assert reason_for(sign(VOUCHER, KEY).replace("0", "٠")) is Reason.CODE_INCOMPLETE


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    small = 0
    for number in range(200):  # a voucher whose number leaves room for another spelling
        digits = sign(replace(VOUCHER, voucher=number), KEY)
        small = int(digits[:249]) + (1 << 824)
        if small < 10**249:
            break
    check = 98 - int(f"{small}00") % 97
    assert reason_for(f"{small}{check:02d}") is Reason.CODE_VERSION_UNKNOWN


@pytest.mark.parametrize("first", [0x15, 0x23, 0x24, 0x26, 0x35, 0x05, 0xF5])
def test_an_unknown_version_or_kind_is_named_as_such(first: int) -> None:
    payload = struct.pack(">BBHQIHBQIII", first, 3, 4711, 1, 60_000_000, 10, 0, 1, 1, 1, 1)
    assert reason_for(forged(payload)) is Reason.CODE_VERSION_UNKNOWN


def test_a_voucher_of_another_programme_says_which_one() -> None:
    with pytest.raises(Refused) as refusal:
        read_at(sign(VOUCHER, KEY), programme=12)
    assert refusal.value.reason is Reason.CODE_OTHER_PROGRAMME
    assert refusal.value.facts == {"programme": 4711}


@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, key_id=2),
        replace(ENTRY, kinds=frozenset({TokenKind.CARD, TokenKind.PHONE})),
        replace(ENTRY, not_before=ISSUED + timedelta(seconds=1)),
        replace(ENTRY, not_after=ISSUED - timedelta(seconds=1)),
        replace(ENTRY, revoked_at=ISSUED),
    ],
    ids=["unknown", "kind not allowed", "not yet in use", "retired before", "revoked before"],
)
def test_a_key_that_does_not_vouch_for_vouchers_is_refused(entry: PublicKeyEntry) -> None:
    assert reason_for(sign(VOUCHER, KEY), entry=entry) is Reason.CODE_KEY_UNKNOWN


def test_another_key_under_the_same_id_means_a_forged_voucher() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert reason_for(sign(VOUCHER, stranger)) is Reason.CODE_FORGED


def test_the_signature_of_a_member_code_is_none_of_a_voucher() -> None:
    payload = LAYOUT.from_digits(sign(VOUCHER, KEY))[:39]
    digits = LAYOUT.to_digits(payload + KEY.sign(b"loyalty-desk/token/1\0" + payload))
    assert reason_for(digits) is Reason.CODE_FORGED


def test_a_voucher_is_no_member_code_and_the_other_way_round() -> None:
    with pytest.raises(Refused) as refusal:
        member_token.LAYOUT.digits_of(sign(VOUCHER, KEY))
    assert refusal.value.reason is Reason.CODE_INCOMPLETE
    assert reason_for("1" * member_token.LAYOUT.digits) is Reason.CODE_INCOMPLETE


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (timedelta(seconds=-60), None),
        (timedelta(seconds=-61), Reason.CODE_NOT_YET_VALID),
        (timedelta(seconds=660), None),
        (timedelta(seconds=661), Reason.CODE_EXPIRED),
    ],
)
def test_a_voucher_holds_exactly_within_its_life_and_the_clocks_skew(
    after: timedelta, reason: Reason | None
) -> None:
    digits = sign(VOUCHER, KEY)
    if reason is None:
        assert read_at(digits, ISSUED + after) == VOUCHER
    else:
        assert reason_for(digits, ISSUED + after) is reason


def test_an_expired_voucher_says_by_how_long() -> None:
    with pytest.raises(Refused) as refusal:
        read_at(sign(VOUCHER, KEY), ISSUED + timedelta(minutes=20))
    assert refusal.value.facts == {"seconds": 600}


def test_people_say_six_characters_of_a_voucher() -> None:
    assert reference(0) == "0000 00"
    assert reference(0xFFFF_FFFF_FFFF_FFFF) == "ZZZZ ZZ"
    assert reference(0x4000_0000 | 7 << 25 | 19 << 20 | 4 << 15 | 23 << 10 | 29 << 5 | 2) == (
        "7K4Q X2"
    )


vouchers = st.builds(
    VoucherToken,
    key_id=st.just(3),
    programme=st.just(4711),
    voucher=st.integers(0, 2**64 - 1),
    issued_at=st.integers(0, 2**32 - 1).map(lambda s: ENTRY.not_before + timedelta(seconds=s)),
    minutes=st.integers(0, 2**16 - 1),
    flags=st.integers(0, 255),
    member=st.integers(0, 2**64 - 1),
    store=st.integers(0, 2**32 - 1),
    reward=st.integers(0, 2**32 - 1),
    points=st.integers(0, 2**32 - 1),
)


@given(vouchers)
@settings(max_examples=200, deadline=None)
def test_every_signed_voucher_reads_back(token: VoucherToken) -> None:
    digits = sign(token, KEY)
    assert len(digits) == LAYOUT.digits
    assert LAYOUT.digits_of(digits) == digits
    assert read_at(digits, token.issued_at) == token


@given(vouchers, st.integers(0, LAYOUT.digits - 1), st.characters())
@settings(max_examples=500, deadline=None)
def test_no_voucher_survives_a_change_of_one_character(
    token: VoucherToken, place: int, character: str
) -> None:
    digits = sign(token, KEY)
    changed = digits[:place] + character + digits[place + 1 :]
    if changed != digits:
        assert reason_for(changed, token.issued_at) in {
            Reason.CODE_INCOMPLETE,
            Reason.CODE_CHECK_FAILED,
        }


@given(vouchers, st.integers(0, 39 * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_no_voucher_survives_a_change_of_one_bit(token: VoucherToken, bit: int) -> None:
    signed = bytearray(LAYOUT.from_digits(sign(token, KEY)))
    signed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Refused):
        read_at(LAYOUT.to_digits(bytes(signed)), token.issued_at)


@given(st.binary(min_size=103, max_size=103))
@settings(max_examples=300, deadline=None)
def test_no_bytes_without_a_signature_are_taken_for_a_voucher(signed: bytes) -> None:
    with pytest.raises(Refused):
        read_at(LAYOUT.to_digits(signed))


@given(st.text() | st.text(alphabet="0123456789", min_size=240, max_size=260))
@settings(max_examples=500, deadline=None)
def test_any_text_is_answered_with_a_refusal(text: str) -> None:
    with pytest.raises(Refused):
        read_at(text)
