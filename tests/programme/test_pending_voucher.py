"""The code of a pending voucher: what goes in comes out, and one wrong character is noticed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.pending_voucher import PREFIX, PendingVoucher, code_of, read
from sync.programme.refusals import Reason, Refused
from sync.programme.scan_router import PendingVoucherCode, Unknown, is_strong, route
from sync.programme.voucher_code import ALPHABET, check_character

VOUCHER = PendingVoucher(7, 0x1234_5678_9ABC_DEF0, 900, date(2026, 12, 21))
ANY = st.builds(
    PendingVoucher,
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**32 - 1),
    st.dates(),
)


def refusal_of(text):
    with pytest.raises(Refused) as refused:
        read(text)
    return refused.value.reason


@given(voucher=ANY)
def test_what_goes_in_comes_out(voucher):
    assert read(code_of(voucher)) == voucher


def test_it_fits_the_smallest_code_that_a_till_prints():
    assert len(code_of(VOUCHER)) <= 38


@given(voucher=ANY, at=st.integers(0, 29), other=st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(voucher, at, other):
    code = code_of(voucher)
    at += len(PREFIX)
    wrong = code[:at] + other + code[at + 1 :]

    if wrong != code:
        assert refusal_of(wrong) is Reason.CODE_CHECK_FAILED


@pytest.mark.parametrize("text", ["", "LDP-", "LDP-O" + "0" * 29, code_of(VOUCHER) + "0"])
def test_another_shape_is_no_pending_voucher(text):
    assert refusal_of(text) is Reason.CODE_UNKNOWN


@pytest.mark.parametrize(
    "body",
    ["Z" * 29, "0" * 29, "0" * 4 + "Z" * 13 + "0" * 7 + "000ZZ"],
    ids=["all", "day", "member"],
)
def test_numbers_that_nobody_has_are_refused(body):
    assert refusal_of(PREFIX + body + check_character(body)) is Reason.CODE_CHECK_FAILED


def test_a_reader_brings_it_whole_or_not_at_all():
    code = code_of(VOUCHER)

    assert route(code) == PendingVoucherCode(VOUCHER)
    assert route(code.lower()) == PendingVoucherCode(VOUCHER)
    assert is_strong(code)
    assert route(code[:-1]) == Unknown(code[:-1], Reason.CODE_UNKNOWN)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert route(wrong) == Unknown(wrong, Reason.CODE_CHECK_FAILED)
