"""What any text that comes from a reader is taken for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import ean as stdnum_ean
from stdnum import luhn as stdnum_luhn

from sync.programme.access_key import AccessKey
from sync.programme.cpf import Cpf
from sync.programme.member_token import LAYOUT as MEMBER_LAYOUT
from sync.programme.receipt_qr import CodeLayout, ReceiptCode
from sync.programme.refusals import Reason
from sync.programme.scan_router import (
    MAX_LENGTH,
    CounterCommand,
    CpfTyped,
    MemberCode,
    PixCode,
    ProductCode,
    ReceiptScan,
    RewardVoucher,
    Scan,
    StaffBadge,
    Unknown,
    VoucherCode,
    is_product,
    is_strong,
    route,
)
from sync.programme.voucher_code import check_character, formatted
from sync.programme.voucher_token import LAYOUT as VOUCHER_LAYOUT
from tests.programme.receipt_builder import make_key
from tests.programme.wedge_bursts import TOKENS, US_TO_ABNT2

CARD, PHONE, VOUCHER = TOKENS
BADGE = MEMBER_LAYOUT.to_digits(bytes([0x14]) + bytes(82))
RESERVED = VOUCHER_LAYOUT.to_digits(bytes([0x25]) + bytes(102))
OTHER_VERSION = MEMBER_LAYOUT.to_digits(bytes([0x25]) + bytes(82))
KEY = make_key()
RECEIPT = f"https://www.nfce.fazenda.sp.gov.br/qrcode?p={KEY}|3|1"
RECEIPT_SCAN = ReceiptScan(ReceiptCode(AccessKey(KEY), CodeLayout.V3_ONLINE))
TEST_RECEIPT = RECEIPT.replace("|3|1", "|3|2")
PIX = (
    "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR"
    "5913Fulano de Tal6008BRASILIA62070503***63041D3D"
)
SHORT = "7K7M2Q9XDTA" + check_character("7K7M2Q9XDTA")
WRONG_SHORT = formatted(SHORT[:-1] + ("0" if SHORT[-1] != "0" else "1"))
CASES: list[tuple[str, Scan]] = [
    (CARD, MemberCode(CARD)),
    (PHONE, MemberCode(PHONE)),
    (f"HTTPS://F.LOJA.BR/{CARD}", MemberCode(CARD)),
    (VOUCHER, VoucherCode(VOUCHER, True)),
    (BADGE, StaffBadge(BADGE)),
    (RESERVED, RewardVoucher(RESERVED)),
    (f"HTTPS://F.LOJA.BR/{RESERVED}", RewardVoucher(RESERVED)),
    (RESERVED[:-1] + str((int(RESERVED[-1]) + 1) % 10),
     Unknown(RESERVED[:-1] + str((int(RESERVED[-1]) + 1) % 10), Reason.CODE_CHECK_FAILED)),
    (PIX, PixCode()),
    (RECEIPT, RECEIPT_SCAN),
    (" ".join(KEY[i : i + 4] for i in range(0, 44, 4)),
     ReceiptScan(ReceiptCode(AccessKey(KEY), CodeLayout.KEY_ONLY))),
    ("7891000315507", ProductCode("7891000315507")),
    ("78912939", ProductCode("78912939")),
    (SHORT, VoucherCode(SHORT, False)),
    (formatted(SHORT), VoucherCode(SHORT, False)),
    ("390.533.447-05", CpfTyped(Cpf("39053344705"))),
    ("LD!F10", CounterCommand("F10")),
    ("LD!SEM-CPF", CounterCommand("SEM-CPF")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES, ids=lambda case: str(case)[:24])
def test_each_kind_of_code_is_recognised(text: str, expected: Scan) -> None:
    assert route(text) == expected


@pytest.mark.parametrize(("text", "expected"), CASES, ids=lambda case: str(case)[:24])
def test_caps_lock_and_an_abnt2_computer_change_nothing(text: str, expected: Scan) -> None:
    assert route(text.swapcase()) == expected
    assert route(text.translate(US_TO_ABNT2)) == expected


@pytest.mark.parametrize("before", ["]Q1", "[Q1", "]C1\x1d", "  "])
@pytest.mark.parametrize("after", ["", "\r\n", "\t"])
def test_what_readers_add_around_a_code_is_taken_off(before: str, after: str) -> None:
    assert route(f"{before}{CARD}{after}") == MemberCode(CARD)


def test_of_several_meanings_the_first_that_is_known_counts() -> None:
    assert route("ld1f", "LD!F10") == CounterCommand("F10")
    assert route(CARD, "LD!F10") == MemberCode(CARD)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.CODE_UNKNOWN),
        ("maria", Reason.CODE_UNKNOWN),
        ("39053344706", Reason.CODE_UNKNOWN),
        (CARD[:-1], Reason.CODE_INCOMPLETE),
        ("1" + CARD, Reason.CODE_INCOMPLETE),
        (CARD[:-1] + str((int(CARD[-1]) + 1) % 10), Reason.CODE_CHECK_FAILED),
        (OTHER_VERSION, Reason.CODE_VERSION_UNKNOWN),
        (TEST_RECEIPT, Reason.RECEIPT_TEST_ENVIRONMENT),
        (TEST_RECEIPT.translate(US_TO_ABNT2), Reason.RECEIPT_TEST_ENVIRONMENT),
        (RECEIPT.replace(KEY, KEY[:-1] + str((int(KEY[-1]) + 1) % 10)),
         Reason.RECEIPT_CHECK_FAILED),
        (WRONG_SHORT, Reason.CODE_CHECK_FAILED),
        ("390.533.447-06", Reason.CPF_INVALID),
        ("x" * (MAX_LENGTH + 1), Reason.CODE_UNKNOWN),
    ],
)  # fmt: skip
def test_what_is_none_of_them_says_what_it_looks_like(text: str, reason: Reason) -> None:
    scan = route(text)
    assert isinstance(scan, Unknown)
    assert scan.reason is reason


def test_nothing_at_all_is_unknown() -> None:
    assert route() == Unknown("", Reason.CODE_UNKNOWN)


@pytest.mark.parametrize("number", ["4111111111111111", "378282246310005"])
def test_the_number_of_a_payment_card_is_not_kept(number: str) -> None:
    assert route(number) == Unknown("", Reason.CODE_UNKNOWN)


def test_an_unknown_text_is_kept_for_the_search() -> None:
    assert route("maria") == Unknown("maria", Reason.CODE_UNKNOWN)


def test_a_boleto_is_no_receipt_and_no_member() -> None:
    scan = route("00190500954014481606906809350314337370000000100")
    assert scan == Unknown("00190500954014481606906809350314337370000000100", Reason.CODE_UNKNOWN)


def test_only_whole_codes_are_strong() -> None:
    assert all(is_strong(text) for text in (CARD, BADGE, VOUCHER, RESERVED, RECEIPT))
    assert not any(is_strong(text) for text in (SHORT, "7891000315507", "LD!F10", PIX, CARD[1:]))


def test_a_product_code_has_thirteen_or_eight_checked_digits() -> None:
    assert is_product("7891000315507")
    assert not is_product("7891000315506")
    assert not is_product("012345678905")


@given(st.lists(st.text() | st.text(alphabet="0123456789|]}{[;:/LD!-. ", max_size=60), max_size=3))
def test_any_text_has_an_answer(texts: list[str]) -> None:
    route(*texts)


@given(st.from_regex(r"[0-9]{8}|[0-9]{13}|[0-9]{16}", fullmatch=True))
@settings(max_examples=200)
def test_check_digits_agree_with_the_library(digits: str) -> None:
    assert is_product(digits) == (len(digits) != 16 and stdnum_ean.is_valid(digits))
    scan = route(digits)
    if isinstance(scan, Unknown):
        hidden = len(digits) >= 13 and stdnum_luhn.is_valid(digits)
        assert scan.text == ("" if hidden else digits)
