"""The member code LD1: signing, reading, and every way of refusing one."""

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.programme.member_token import (
    LAYOUT,
    MemberToken,
    PublicKeyEntry,
    TokenKind,
    kind_of,
    read,
    sign,
)
from sync.programme.refusals import Reason, Refused

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "member_tokens.json").read_text())
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["seed"]))
ISSUED = datetime.fromtimestamp(1_790_000_000, UTC)
ENTRY = PublicKeyEntry(
    key_id=1,
    public_key=KEY.public_key().public_bytes_raw(),
    not_before=datetime(2025, 1, 1, tzinfo=UTC),
    not_after=None,
    kinds=frozenset(TokenKind),
)
CARD = MemberToken(
    kind=TokenKind.CARD,
    key_id=1,
    programme=4711,
    subject=0x9B41_5C6D_7E8F_9012,
    issued_at=ISSUED,
    life=0,
    sequence=1,
)
PHONE = replace(CARD, kind=TokenKind.PHONE, life=90, sequence=0xA7)


def read_at(
    text: str,
    now: datetime = ISSUED,
    entry: PublicKeyEntry = ENTRY,
    programme: int = 4711,
) -> MemberToken:
    return read(
        text,
        programme=programme,
        keys={entry.key_id: entry},
        now=now,
        skew=timedelta(seconds=60),
    )


def reason_for(
    text: str,
    now: datetime = ISSUED,
    entry: PublicKeyEntry = ENTRY,
    programme: int = 4711,
) -> Reason:
    with pytest.raises(Refused) as refusal:
        read_at(text, now, entry, programme)
    return refusal.value.reason


def forged(payload: bytes) -> str:
    """Well-formed digits over a payload that `sign` would never make."""
    return LAYOUT.to_digits(payload + KEY.sign(b"loyalty-desk/token/1\0" + payload))


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["vectors"] if "says" in v], ids=lambda v: v["name"]
)
def test_a_known_code_reads_and_signs_to_the_same_digits(vector) -> None:
    token = read_at(vector["digits"])
    says = dict(vector["says"])
    says["issued_at"] = datetime.fromtimestamp(says["issued_at"], UTC)
    assert token == MemberToken(**says)
    assert sign(token, KEY) == vector["digits"]
    assert LAYOUT.from_digits(vector["digits"])[:19].hex() == vector["payload"]


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["vectors"] if "refused" in v], ids=lambda v: v["name"]
)
def test_a_known_bad_code_is_refused_for_its_reason(vector) -> None:
    assert reason_for(vector["digits"]) == vector["refused"]


def test_the_public_key_of_the_vectors_is_the_one_that_signs() -> None:
    assert ENTRY.public_key.hex() == VECTORS["public_key"]


@pytest.mark.parametrize(
    "prefix", ["HTTPS://F.LOJA.BR/", "httpsÇ;;f.loja.br;", "https://f.loja.br/c?t="]
)
def test_a_web_address_may_stand_before_the_digits(prefix: str) -> None:
    assert read_at(f" {prefix}{sign(CARD, KEY)}\r\n") == CARD


def test_a_digit_too_many_is_an_incomplete_reading() -> None:
    with pytest.raises(Refused) as refusal:
        read_at("1" + sign(CARD, KEY))
    assert refusal.value.reason is Reason.CODE_INCOMPLETE
    assert refusal.value.facts == {"digits": 203, "expected": 202}


def test_digits_of_another_script_are_not_digits() -> None:
    assert reason_for(sign(CARD, KEY).replace("0", "٠")) is Reason.CODE_INCOMPLETE


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    number = int(sign(CARD, KEY)[:200]) + (1 << 664)
    assert number < 10**200
    check = 98 - int(f"{number}00") % 97
    assert reason_for(f"{number}{check:02d}") is Reason.CODE_VERSION_UNKNOWN


@pytest.mark.parametrize("first", [0x01, 0x10, 0x15, 0x21, 0xF1])
def test_an_unknown_version_or_kind_is_named_as_such(first: int) -> None:
    digits = forged(struct.pack(">BBHQIHB", first, 1, 4711, 1, 54_310_400, 0, 0))
    assert reason_for(digits) is Reason.CODE_VERSION_UNKNOWN


def test_a_code_of_another_programme_says_which_one() -> None:
    with pytest.raises(Refused) as refusal:
        read_at(sign(CARD, KEY), programme=12)
    assert refusal.value.reason is Reason.CODE_OTHER_PROGRAMME
    assert refusal.value.facts == {"programme": 4711}


@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, key_id=2),
        replace(ENTRY, kinds=frozenset({TokenKind.PHONE})),
        replace(ENTRY, not_before=ISSUED + timedelta(seconds=1)),
        replace(ENTRY, not_after=ISSUED - timedelta(seconds=1)),
        replace(ENTRY, revoked_at=ISSUED),
    ],
    ids=["unknown", "kind not allowed", "not yet in use", "retired before", "revoked before"],
)
def test_a_key_that_does_not_vouch_for_the_code_is_refused(entry: PublicKeyEntry) -> None:
    assert reason_for(sign(CARD, KEY), entry=entry) is Reason.CODE_KEY_UNKNOWN


@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, not_before=ISSUED, not_after=ISSUED),
        replace(ENTRY, revoked_at=ISSUED + timedelta(seconds=1)),
    ],
    ids=["retired since", "revoked since"],
)
def test_a_code_outlives_the_key_that_signed_it(entry: PublicKeyEntry) -> None:
    assert read_at(sign(CARD, KEY), ISSUED + timedelta(days=900), entry) == CARD


def test_another_key_under_the_same_id_means_a_forged_code() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert reason_for(sign(CARD, stranger)) is Reason.CODE_FORGED


@pytest.mark.parametrize(
    ("token", "after", "reason"),
    [
        (PHONE, timedelta(seconds=-60), None),
        (PHONE, timedelta(seconds=-61), Reason.CODE_NOT_YET_VALID),
        (PHONE, timedelta(seconds=150), None),
        (PHONE, timedelta(seconds=151), Reason.CODE_EXPIRED),
        (CARD, timedelta(days=36500), None),
        (replace(CARD, life=30), timedelta(days=30, seconds=60), None),
        (replace(CARD, life=30), timedelta(days=30, seconds=61), Reason.CODE_EXPIRED),
        (replace(PHONE, life=0), timedelta(seconds=61), Reason.CODE_EXPIRED),
    ],
)
def test_a_code_holds_exactly_within_its_life_and_the_clocks_skew(
    token: MemberToken, after: timedelta, reason: Reason | None
) -> None:
    digits = sign(token, KEY)
    if reason is None:
        assert read_at(digits, ISSUED + after) == token
    else:
        assert reason_for(digits, ISSUED + after) is reason


def test_an_expired_code_says_by_how_long() -> None:
    with pytest.raises(Refused) as refusal:
        read_at(sign(PHONE, KEY), ISSUED + timedelta(seconds=400))
    assert refusal.value.facts == {"seconds": 310}


def test_the_kind_shows_before_the_signature_is_checked() -> None:
    badge = replace(CARD, kind=TokenKind.STAFF_BADGE)
    assert kind_of(LAYOUT.digits_of(sign(badge, KEY))) is TokenKind.STAFF_BADGE


tokens = st.builds(
    MemberToken,
    kind=st.sampled_from(TokenKind),
    key_id=st.just(1),
    programme=st.just(4711),
    subject=st.integers(0, 2**64 - 1),
    issued_at=st.integers(0, 2**32 - 1).map(lambda s: ENTRY.not_before + timedelta(seconds=s)),
    life=st.integers(0, 2**16 - 1),
    sequence=st.integers(0, 255),
)


@given(tokens)
@settings(max_examples=200, deadline=None)
def test_every_signed_code_reads_back(token: MemberToken) -> None:
    digits = sign(token, KEY)
    assert len(digits) == LAYOUT.digits
    assert read_at(digits, token.issued_at) == token


@given(tokens, st.integers(0, LAYOUT.digits - 1), st.characters())
@settings(max_examples=500, deadline=None)
def test_no_code_survives_a_change_of_one_character(
    token: MemberToken, place: int, character: str
) -> None:
    digits = sign(token, KEY)
    changed = digits[:place] + character + digits[place + 1 :]
    if changed != digits:
        assert reason_for(changed, token.issued_at) in {
            Reason.CODE_INCOMPLETE,
            Reason.CODE_CHECK_FAILED,
        }


@given(st.binary(min_size=83, max_size=83))
@settings(max_examples=300, deadline=None)
def test_no_bytes_without_a_signature_are_taken_for_a_code(signed: bytes) -> None:
    with pytest.raises(Refused):
        read_at(LAYOUT.to_digits(signed))


@given(st.text() | st.text(alphabet="0123456789", min_size=190, max_size=210))
@settings(max_examples=500, deadline=None)
def test_any_text_is_answered_with_a_refusal(text: str) -> None:
    with pytest.raises(Refused):
        read_at(text)
