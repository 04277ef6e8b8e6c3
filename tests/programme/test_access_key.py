"""The access key of a fiscal receipt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.programme.access_key import (
    AccessKey,
    check_digit,
    find_access_key,
    looks_misread,
    parse_access_key,
)
from sync.programme.refusals import Reason, Refused
from tests.programme.receipt_builder import make_key, make_sat_key

KEY = make_key(series=7, number=98765, emission=9)
LETTERS = make_key(cnpj="12ABC34501DE35")


def in_blocks(key: str) -> str:
    return " ".join(key[i : i + 4] for i in range(0, 44, 4))


def reason_for(text: str) -> Reason:
    with pytest.raises(Refused) as refusal:
        parse_access_key(text)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("3526080941866800098565110000141974159886021", "8"),
        ("4120032328508900018565001000001305181782249", "6"),
        ("3515070872321800018659900004019000021513340", "8"),
        ("35260712ABC34501DE3565001000000001100000001", "7"),
        ("0" * 43, "0"),
    ],
)
def test_the_check_digit_is_the_known_one(body: str, digit: str) -> None:
    assert check_digit(body) == digit


def test_a_key_says_who_issued_what() -> None:
    key = parse_access_key(KEY)
    assert (key.state, key.year, key.month) == ("35", 2026, 8)
    assert (key.cnpj, key.model) == ("11222333000181", "65")
    assert (key.series, key.number, key.emission) == (7, 98765, 9)


def test_a_sat_key_has_its_own_layout() -> None:
    key = parse_access_key(make_sat_key())
    assert (key.model, key.series, key.number, key.emission) == ("59", 900004019, 21, None)


@pytest.mark.parametrize("text", [LETTERS, LETTERS.lower(), in_blocks(LETTERS), f"\t{LETTERS}\n"])
def test_a_key_with_letters_is_read_as_printed_and_as_typed(text: str) -> None:
    assert parse_access_key(text).cnpj == "12ABC34501DE35"


@pytest.mark.parametrize(
    "text",
    ["", KEY[:-1], KEY + "0", "18" + KEY[2:], KEY[:4] + "13" + KEY[6:], KEY[:4] + "00" + KEY[6:]],
)
def test_what_has_not_the_shape_of_a_key_is_refused(text: str) -> None:
    assert reason_for(text) is Reason.RECEIPT_KEY_INVALID


def test_a_wrong_check_digit_is_a_reading_error() -> None:
    assert reason_for(KEY[:-1] + str((int(KEY[-1]) + 1) % 10)) is Reason.RECEIPT_CHECK_FAILED


def test_a_transport_document_is_a_model_we_do_not_read() -> None:
    assert reason_for(make_key(model="57")) is Reason.RECEIPT_MODEL_UNSUPPORTED
    assert find_access_key(make_key(model="57")) is None


@pytest.mark.parametrize(
    "text",
    [
        "https://www.sefaz.rs.gov.br/NFCE/NFCE-COM.aspx?p={}|3|1",
        "httpsÇ;;www.sefaz.rs.gov.br;NFCE;NFCE-COM.aspx:p={}}}3}}1",
        "http://x/qrcode?p={}%7C2%7C1%7C1%7CB4C4",
        "http://x/consultaNFCe?chNFe={}&nVersao=100",
        'Id="NFe{}"',
        "CFe{}",
        "chave: {}.",
    ],
)
def test_a_key_is_found_inside_another_text(text: str) -> None:
    assert find_access_key(text.format(KEY)) == AccessKey(KEY)
    assert find_access_key(text.format(LETTERS).swapcase()) == AccessKey(LETTERS)


def test_a_key_in_blocks_of_four_is_found() -> None:
    assert find_access_key(f"Chave de acesso {in_blocks(LETTERS)} emitida") == AccessKey(LETTERS)


@pytest.mark.parametrize("text", ["1{}", "{}1", "{}A", "{}|1"[:-4]])
def test_part_of_a_longer_number_is_no_key(text: str) -> None:
    assert find_access_key(text.format(KEY)) is None


def test_a_boleto_is_no_key() -> None:
    assert find_access_key("00190500954014481606906809350314337370000000100") is None
    assert find_access_key("00193373700000001000500940144816060680935031") is None


def test_blocks_that_cannot_be_a_key_are_passed_over() -> None:
    assert find_access_key("1234 " + " ".join(["ABCD"] * 10)) is None


def test_a_misread_key_is_told_from_no_key() -> None:
    wrong = KEY[:-1] + str((int(KEY[-1]) + 1) % 10)
    assert looks_misread(f"p={wrong}|3|1")
    assert not looks_misread(f"p={KEY}|3|1")
    assert not looks_misread("no key at all")


@given(st.integers(0, 43), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_found_out_or_changes_the_remainder_to_zero(
    place: int, digit: str
) -> None:
    # Modulus 11 writes remainders 0 and 1 alike, the only changes it cannot see.
    changed = KEY[:place] + digit + KEY[place + 1 :]
    if changed != KEY and check_digit(changed[:43]) == changed[43]:
        assert changed[43] == "0"


@given(st.text() | st.from_regex(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}", fullmatch=True))
@settings(max_examples=300)
def test_any_text_is_a_key_or_refused(text: str) -> None:
    found = find_access_key(text)
    try:
        key = parse_access_key(text)
    except Refused:
        return
    assert found == key
